"""secrets.py and the keys of a running gateway: made once, found again, replaced."""

import stat
import uuid
from pathlib import Path

import httpx

from db.connection import connect
from db.secrets import KEY_FILE, Keyring, SecretPlace, is_key, new_key
from tests.gateway.cli.test_main import gateway
from tests.support.commands import enfact
from tests.support.company import Firm

OLD, NEW = new_key(), new_key()
STORE = """
insert into connected_service (company_id, id, connector, label, secret) values ($1, $2, 'PONTO', 'Ponto', $3)
"""
MALFORMED = "ENFACT_SECRET_KEYS: has to be keys"
SECRET = "zq-Hush-hush-9182-Quiet"
SIGN_UP = """
mutation { signUp(input: {companyName: "Zoé", email: "zoe@x.test", password: "quiet-otter-7", firstName: "Zoé",
  lastName: "Martin", language: FR, acceptTerms: true}) { token company { id } errors { code } } }
"""
CONNECT = """
mutation ($id: ID!, $secret: String!) {
  activateApp(input: {companyId: $id, app: PONTO}) { errors { code } }
  connectService(input: {companyId: $id, app: PONTO, label: "Bank", secret: $secret}) {
    connectedService { hasSecret secretLast4 } errors { code message }
  }
}
"""


async def _store(dsn: str, *secrets: bytes | str) -> list[SecretPlace]:
    """A company with a connection for each secret; texts are encrypted with the old key."""
    connection = await connect(dsn)
    try:
        firm = await Firm.found(connection)
        places = [SecretPlace(firm.key, uuid.uuid4()) for _ in secrets]
        for place, secret in zip(places, secrets, strict=True):
            sealed = secret if isinstance(secret, bytes) else Keyring([OLD]).seal(place, secret)
            await connection.execute(STORE, place.company, place.service, sealed)
        return places
    finally:
        await connection.close()


async def _kept(dsn: str) -> dict[uuid.UUID, bytes]:
    connection = await connect(dsn)
    try:
        return {row["id"]: row["secret"] for row in await connection.fetch("select id, secret from connected_service")}
    finally:
        await connection.close()


def cells(text: str) -> list[list[str]]:
    """The rows of a table in a pipe, without its header."""
    return [line.split("\t") for line in text.splitlines()[1:]]


async def test_rotation_as_the_help_teaches_it(fresh_dsn: str) -> None:
    one, other = await _store(fresh_dsn, SECRET, "another one")
    newest, older = Keyring([NEW, OLD]).names
    told = [enfact("secrets", DATABASE_URL=fresh_dsn, ENFACT_SECRET_KEYS=f"{NEW},{OLD}")]
    assert cells(told[-1].stdout) == [["1, the newest", newest, "0"], ["2", older, "2"], ["none of them", "", "0"]]
    told.append(enfact("secrets", "rotate", DATABASE_URL=fresh_dsn, ENFACT_SECRET_KEYS=f"{NEW},{OLD}"))
    assert told[-1].stderr.splitlines() == [
        "enfact: Encrypting the secrets …",
        "All 2 secrets are encrypted with the newest key.",
    ]
    told.append(enfact("secrets", DATABASE_URL=fresh_dsn, ENFACT_SECRET_KEYS=NEW))
    assert cells(told[-1].stdout) == [["1, the newest", newest, "2"], ["none of them", "", "0"]]
    assert [done.returncode for done in told] == [0, 0, 0]
    kept = await _kept(fresh_dsn)
    assert [Keyring([NEW]).open(place, kept[place.service]) for place in (one, other)] == [SECRET, "another one"]
    said = "".join(done.stdout + done.stderr for done in told)
    assert not any(text in said for text in (SECRET, OLD, NEW))


async def test_what_no_key_reads_is_counted_and_stays(fresh_dsn: str) -> None:
    lost, _ = await _store(fresh_dsn, b"whatever", SECRET)
    shown = enfact("secrets", DATABASE_URL=fresh_dsn, ENFACT_SECRET_KEYS=OLD)
    assert (shown.returncode, cells(shown.stdout)[-1]) == (0, ["none of them", "", "1"])
    assert cells(enfact("secrets", DATABASE_URL=fresh_dsn).stdout) == [["none of them", "", "2"]]
    rotated = enfact("secrets", "rotate", DATABASE_URL=fresh_dsn, ENFACT_SECRET_KEYS=f"{NEW},{OLD}")
    assert (rotated.returncode, "1 secrets cannot be read" in rotated.stderr) == (1, True)
    assert (await _kept(fresh_dsn))[lost.service] == b"whatever"


async def test_refusals_are_sentences(fresh_dsn: str, empty_dsn: str) -> None:
    await _store(fresh_dsn, SECRET)
    for arguments, values, words in (
        (("secrets", "rotate"), {"DATABASE_URL": fresh_dsn}, "no key"),
        (("secrets",), {"DATABASE_URL": empty_dsn}, "enfact migrate"),
        (
            ("secrets",),
            {"DATABASE_URL": fresh_dsn, "ENFACT_SECRET_KEYS": f"{OLD},nonsense"},
            MALFORMED,
        ),
        (("serve",), {"DATABASE_URL": fresh_dsn, "ENFACT_SECRET_KEYS": "nonsense"}, MALFORMED),
    ):
        refused = enfact(*arguments, **values)
        assert (refused.returncode, words in refused.stderr) == (1, True), refused.stderr
        assert "Traceback" not in refused.stderr
        assert "nonsense" not in refused.stderr
        assert OLD not in refused.stderr


def test_a_new_key_is_printed_and_help_teaches_rotation() -> None:
    printed = enfact("secrets", "new-key").stdout
    assert is_key(printed.removesuffix("\n"))
    assert enfact("secrets", "new-key").stdout != printed
    told = enfact("secrets", "--help").stdout
    assert all(word in told for word in ("new-key", "rotate", "ENFACT_SECRET_KEYS", KEY_FILE, "newest"))


def test_an_embedded_server_keeps_a_key_of_its_own_for_all_workers(data_folder: Path) -> None:
    data = str(data_folder)
    with gateway("--data", data, "--no-demo", "--workers", "2", ENFACT_LOG_LEVEL="debug") as running:
        signed_up = running.ask(SIGN_UP).json()["data"]["signUp"]
        answers = [_connect(running.url, signed_up) for _ in range(4)]
        assert answers == [{"connectedService": {"hasSecret": True, "secretLast4": "uiet"}, "errors": []}] * 4
        file = Path(data) / KEY_FILE
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        kept = file.read_text()
        shown = enfact("secrets", "--data", data)
        assert [row[2] for row in cells(shown.stdout)] == ["4", "0"]
    file.write_text(f"{NEW}\n{kept}")
    assert enfact("secrets", "--data", data, "rotate").returncode == 0
    assert [row[2] for row in cells(enfact("secrets", "--data", data).stdout)] == ["4", "0", "0"]
    file.write_text("nonsense")
    refused = enfact("serve", "--data", data, "--port", "0")
    assert (refused.returncode, KEY_FILE in refused.stderr, "Traceback" in refused.stderr) == (1, True, False)


def _connect(url: str, signed_up: dict[str, dict[str, str]]) -> object:
    headers = {"authorization": f"Bearer {signed_up['token']}"}
    body = {"query": CONNECT, "variables": {"id": signed_up["company"]["id"], "secret": SECRET}}
    return httpx.post(f"{url}/graphql", json=body, headers=headers, timeout=30).json()["data"]["connectService"]
