"""connectors.py: who may connect a company with a service, and that a secret never comes back."""

import asyncio
import logging
import subprocess
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import pytest

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from db.embedded.binaries import find_binaries
from db.secrets import Keyring, SecretPlace, new_key
from db.tables import metadata
from resolvers.execution.executor import Executor
from resolvers.mutations import connectors
from schema.errors import NO_SECRET_KEY
from schema.localization.language import Language
from schema.localization.translate import translate
from tests.support.company import Answer, Asker, Firm
from tests.support.databases import Databases

SECRET: Final = "zq-Hush-hush-9182-Quiet"
DOCUMENT: Final = (
    "mutation ($input: %sInput!) { %s(input: $input) { %s company { id } errors { code message field } } }"
)
LITERAL: Final = 'mutation { connectService(input: {companyId: "%s", app: PONTO, label: "x", secret: "%s"'
LITERALS: Final = (
    "",
    ", wrong: 1",
    ' "',
    ", secret: 1",
    ", secret: $x",
    ', options: "x"',
    f' "{SECRET}"',
    f", {SECRET}",
)
"""What may follow in it: nothing, or something that is no input."""

SERVICE: Final = """
connectedService {
  id connector label status externalAccount options { name value } hasSecret secretLast4 lastSyncAt lastError createdAt
  createdBy { id }
}
"""
LISTED: Final = f"""
query ($id: ID!) {{ company(id: $id) {{ {SERVICE.replace("connectedService {", "connectedServices { nodes {")} }} }} }}
"""
WRONG: Final[tuple[dict[str, Any], ...]] = (
    {"secret": [SECRET]},
    {"secret": {"a": SECRET}},
    {"label": 5, "secret": SECRET},
    {SECRET: 1},
    {"secret": SECRET * 400},
)
"""What no connection can be changed to."""

DEMOTE: Final = "update membership set role = 'EMPLOYEE' where company_id = $1 and id = $2"
WAITS: Final = "select exists (select from pg_locks where not granted)"
KEY: Final = new_key()
RING: Final = Keyring([KEY])


@dataclass(frozen=True, slots=True)
class Office:
    """A firm with PONTO and YUKI active, and how the product is asked there."""

    ask: Asker
    connection: Connection
    firm: Firm
    dsn: str
    database: Database

    async def send(self, mutation: str, by: str | None = "owner", firm: Firm | None = None, **given: Any) -> Answer:
        """The answer to a mutation in a firm."""
        firm = firm or self.firm
        selection = "" if mutation == "disconnectService" else SERVICE
        document = DOCUMENT % (mutation[0].upper() + mutation[1:], mutation, selection)
        return await self.ask(firm[by].token if by else None, document, input={"companyId": firm.id, **given})

    async def done(self, mutation: str, **given: Any) -> Any:
        """The payload of a mutation that succeeds."""
        answer = await self.send(mutation, **given)
        assert answer.errors == ()
        assert answer.data[mutation]["errors"] == []
        return answer.data[mutation]

    async def connect(self, **given: Any) -> Any:
        """A new connection."""
        wanted = {"app": "PONTO", "label": "Ponto", "secret": SECRET, **given}
        return (await self.done("connectService", **wanted))["connectedService"]

    async def refused(self, mutation: str, **given: Any) -> list[tuple[str, str]]:
        """Codes and fields of a refusal that writes nothing."""
        before = await self.rows()
        answer = await self.send(mutation, **given)
        assert answer.errors == ()
        assert await self.rows() == before
        return [(error["code"], ".".join(error["field"] or ())) for error in answer.data[mutation]["errors"]]

    async def rows(self) -> list[Any]:
        """All that these mutations may write."""
        services = "select * from connected_service order by company_id, id"
        options = "select * from connector_option order by company_id, service_id, name"
        return [await self.connection.fetch(statement) for statement in (services, options)]

    async def row(self, service: Any) -> Any:
        """A connection as it is stored."""
        return await self.connection.fetchrow("select * from connected_service where id = $1", key(service))

    async def secret(self, service: Any) -> str:
        """The secret that is stored."""
        row = await self.row(service)
        return RING.open(SecretPlace(row["company_id"], row["id"]), row["secret"])


def key(service: Any) -> uuid.UUID:
    """The key in a connection's global id."""
    return uuid.UUID(hex=service["id"].removeprefix("cns_"))


@pytest.fixture
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    dsn = await databases.clone(template)
    database, connection = await Database.open(dsn, PoolSettings(size=4, share=4)), await connect(dsn)
    firm = await Firm.found(connection, "PONTO", "YUKI")
    yield Office(Asker(Executor(database, keyring=RING)), connection, firm, dsn, database)
    await connection.close()
    await database.close()
    await databases.drop(dsn)


# --- connecting


async def test_an_owner_connects_the_company_with_a_service(office: Office) -> None:
    options = [{"name": "region", "value": "eu"}, {"name": "path", "value": "/a  b"}]
    service = await office.connect(label="  Our   bank ", externalAccount="acc 1", options=options)
    assert service.pop("id").startswith("cns_")
    assert service.pop("createdAt")
    assert service == {
        "connector": "PONTO", "label": "Our bank", "status": "PENDING", "externalAccount": "acc 1",
        "options": [options[1], options[0]], "hasSecret": True, "secretLast4": SECRET[-4:], "lastSyncAt": None,
        "lastError": None, "createdBy": {"id": office.firm["owner"].id},
    }  # fmt: skip


async def test_the_secret_is_bound_to_its_row(office: Office) -> None:
    one, other = await office.connect(), await office.connect(label="Ponto again", secret="another secret of it")
    assert await office.secret(one) == SECRET
    assert await office.secret(other) == "another secret of it"


async def test_without_a_secret_none_is_kept(office: Office) -> None:
    service = await office.connect(secret=None)
    assert (service["hasSecret"], service["secretLast4"], service["options"]) == (False, None, [])


@pytest.mark.parametrize(
    ("secret", "last4"),
    [
        ("x", None),
        ("12345678901", None),
        ("123456789012", "9012"),
        ("-----END KEY-----\n", None),
        ("é" * 4_000, "é" * 4),
    ],
)
async def test_only_a_long_secret_is_recognized_by_its_end(office: Office, secret: str, last4: str | None) -> None:
    service = await office.connect(secret=secret)
    assert (service["hasSecret"], service["secretLast4"]) == (True, last4)
    assert await office.secret(service) == secret


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"label": " "}, [("VALIDATION", "label")]),
        ({"label": "x" * 101}, [("VALIDATION", "label")]),
        ({"externalAccount": "x" * 201}, [("VALIDATION", "externalAccount")]),
        ({"secret": ""}, [("VALIDATION", "secret")]),
        ({"secret": "x" * 4_001}, [("VALIDATION", "secret")]),
        ({"secret": "a\0b"}, [("VALIDATION", "secret")]),
        ({"secret": "a\ud800b"}, [("VALIDATION", "secret")]),
        ({"options": [{"name": "x", "value": ""}] * 21}, [("VALIDATION", "options")]),
        ({"options": [{"name": "x", "value": "1"}, {"name": " x", "value": "2"}]}, [("VALIDATION", "options.1.name")]),
        ({"options": [{"name": "x" * 101, "value": "1"}]}, [("VALIDATION", "options.0.name")]),
        ({"options": [{"name": "x", "value": "1" * 1_001}]}, [("VALIDATION", "options.0.value")]),
        ({"options": [{"name": "x", "value": "\0"}]}, [("VALIDATION", "options.0.value")]),
        ({"label": "", "secret": ""}, [("VALIDATION", "label"), ("VALIDATION", "secret")]),
        ({"app": "INVOICES"}, [("VALIDATION", "app")]),
        ({"app": "TWIKEY"}, [("VALIDATION", "app")]),
        ({"app": "EXACT_ONLINE"}, [("APP_NOT_ACTIVE", "app")]),
        ({"companyId": "com_00000000000000000000000000000000"}, [("NOT_FOUND", "companyId")]),
        ({"companyId": "nonsense"}, [("NOT_FOUND", "companyId")]),
    ],
)
async def test_what_is_not_valid_is_refused(
    office: Office, given: dict[str, Any], refusal: list[tuple[str, str]]
) -> None:
    wanted = {"app": "PONTO", "label": "Ponto", "secret": SECRET, **given}
    assert await office.refused("connectService", **wanted) == refusal


async def test_a_company_has_no_more_connections_than_a_limit(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connectors, "SERVICES", 2)
    answers = await asyncio.gather(*(office.send("connectService", app="PONTO", label=f"{n}") for n in range(5)))
    codes = sorted(error["code"] for answer in answers for error in answer.data["connectService"]["errors"])
    assert codes == ["LIMIT_REACHED"] * 3
    assert len((await office.rows())[0]) == 2


# --- changing


CHANGES: Final[tuple[tuple[dict[str, Any], dict[str, Any]], ...]] = (
    ({"label": "Other"}, {"label": "Other"}),
    ({"externalAccount": None}, {"externalAccount": None}),
    ({"options": [{"name": "b", "value": "2"}]}, {"options": [{"name": "b", "value": "2"}]}),
    ({"options": []}, {"options": []}),
    ({"secret": "a new one, quite long"}, {"secretLast4": "long"}),
    ({"enabled": False}, {"status": "DISABLED"}),
    ({"label": "Still off"}, {"label": "Still off"}),
    ({"enabled": True}, {"status": "PENDING"}),
    ({"secret": None}, {"hasSecret": False, "secretLast4": None}),
)
"""One after the other: what is given, and what becomes of the connection by it."""


async def test_what_is_left_out_stays_as_it_is(office: Office) -> None:
    service = await office.connect(externalAccount="acc", options=[{"name": "a", "value": "1"}])
    of = {"connectedServiceId": service["id"]}
    for given, expected in CHANGES:
        service = {**service, **expected}
        changed = await office.done("updateConnectedService", **of, **given)
        assert changed["connectedService"] == service
        if "secret" in given and given["secret"] is not None:
            assert await office.secret(service) == given["secret"]


async def test_a_changed_connection_has_to_show_again_that_it_works(office: Office) -> None:
    service = await office.connect()
    await office.connection.execute("update connected_service set status = 'CONNECTED'")
    changed = await office.done("updateConnectedService", connectedServiceId=service["id"], label="x")
    assert changed["connectedService"]["status"] == "PENDING"
    assert await office.secret(service) == SECRET


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"label": None}, "label"), ({"label": ""}, "label"), ({"options": None}, "options"),
        ({"enabled": None}, "enabled"), ({"secret": ""}, "secret"), ({"secret": "x" * 4_001}, "secret"),
    ],
)  # fmt: skip
async def test_a_change_that_is_not_valid_is_refused(office: Office, given: dict[str, Any], field: str) -> None:
    service = await office.connect()
    of = {"connectedServiceId": service["id"]}
    assert await office.refused("updateConnectedService", **of, **given) == [("VALIDATION", field)]


@pytest.mark.parametrize("mutation", ["updateConnectedService", "disconnectService"])
async def test_a_connection_of_another_company_is_not_found(office: Office, mutation: str) -> None:
    other = await Firm.found(office.connection, "PONTO")
    answer = await office.send("connectService", firm=other, app="PONTO", label="Theirs", secret=SECRET)
    theirs = answer.data["connectService"]["connectedService"]["id"]
    for id_ in (theirs, "cns_" + "0" * 32, office.firm["owner"].id, "nonsense", ""):
        refusal = await office.refused(mutation, connectedServiceId=id_)
        assert refusal == [("NOT_FOUND", "connectedServiceId")]


async def test_a_connection_whose_app_is_not_active_can_only_be_deleted(office: Office) -> None:
    service = await office.connect()
    document = "mutation ($input: DeactivateAppInput!) { deactivateApp(input: $input) { errors { code } } }"
    await office.ask(office.firm["owner"].token, document, input={"companyId": office.firm.id, "app": "PONTO"})
    refusal = await office.refused("updateConnectedService", connectedServiceId=service["id"])
    assert refusal == [("APP_NOT_ACTIVE", "connectedServiceId")]
    assert (await office.done("disconnectService", connectedServiceId=service["id"]))["errors"] == []


async def test_a_connection_is_deleted_with_its_secret_and_an_account_stays(office: Office) -> None:
    service = await office.connect(options=[{"name": "a", "value": "1"}])
    await office.connection.execute(
        "insert into payment_account (company_id, name, kind, connection_id) values ($1, 'Current', 'BANK', $2)",
        office.firm.key,
        key(service),
    )
    assert await office.done("disconnectService", connectedServiceId=service["id"]) == {
        "company": {"id": office.firm.id},
        "errors": [],
    }
    assert await office.rows() == [[], []]
    assert await office.connection.fetch("select connection_id from payment_account") == [(None,)]


@pytest.mark.parametrize(
    "taken",
    [
        "select from connected_service where company_id = $1 for key share",
        "select from connected_service where company_id = $1 for no key update",
        "select from payment_account where name = 'Savings' and company_id = $1 for no key update",
    ],
)
async def test_a_connection_that_somebody_else_uses_is_deleted_after_that_whole(office: Office, taken: str) -> None:
    """With all of its accounts; until then nothing of it is changed."""
    service = await office.connect()
    for name in ("Current", "Savings"):
        await office.connection.execute(
            "insert into payment_account (company_id, name, kind, connection_id) values ($1, $2, 'BANK', $3)",
            office.firm.key,
            name,
            key(service),
        )
    find = "select connection_id from payment_account"
    async with waiting(office, service, taken) as ending:
        assert await office.connection.fetch(find) == [(key(service),)] * 2
    assert (await ending).data["disconnectService"]["errors"] == []
    assert (await office.rows(), await office.connection.fetch(find)) == ([[], []], [(None,)] * 2)


async def test_a_connection_stays_if_the_right_ends_while_its_end_waits(office: Office) -> None:
    service = await office.connect()
    taken = "select from connected_service where company_id = $1 for no key update"
    async with waiting(office, service, taken) as ending:
        await office.connection.execute(DEMOTE, office.firm.key, office.firm["owner"].membership)
    assert (await ending).codes == ["FORBIDDEN"]
    assert (await office.row(service))["id"] == key(service)


@asynccontextmanager
async def waiting(office: Office, service: Any, taken: str) -> AsyncGenerator[asyncio.Task[Answer]]:
    """The end of a connection, which waits for what is taken until the block ends."""
    async with asyncio.timeout(60):
        async with office.connection.transaction():
            await office.connection.execute(taken, office.firm.key)
            ending = asyncio.create_task(office.send("disconnectService", connectedServiceId=service["id"]))
            while not await office.connection.fetchval(WAITS):  # noqa: ASYNC110 (who waits tells nobody)
                await asyncio.sleep(0.01)
            yield ending
        await asyncio.wait([ending])


# --- rights


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("anna", "FORBIDDEN"), ("accountant", "FORBIDDEN"), ("pending", "NOT_FOUND"), ("gone", "NOT_FOUND"),
        ("former", "NOT_FOUND"),
    ],
)  # fmt: skip
async def test_only_owners_may(office: Office, by: str, expected: str) -> None:
    service = await office.connect()
    await office.connection.execute("update membership set toggles = ~repeat('0', 256)::bit(256) where not external")
    before = await office.rows()
    of = {"connectedServiceId": service["id"]}
    for mutation, given in (
        ("connectService", {"app": "PONTO", "label": "x", "secret": SECRET}),
        ("updateConnectedService", {**of, "label": "x"}),
        ("disconnectService", of),
    ):
        answer = await office.send(mutation, by, office.firm, **given)
        if expected == "FORBIDDEN":
            assert (answer.codes, answer.data[mutation]) == (["FORBIDDEN"], None)
        else:
            assert [error["code"] for error in answer.data[mutation]["errors"]] == [expected]
    assert await office.rows() == before


async def test_nobody_signed_in_may_not(office: Office) -> None:
    answer = await office.send("connectService", None, app="PONTO", label="x", secret=SECRET)
    assert answer.codes == ["UNAUTHENTICATED"]
    assert await office.rows() == [[], []]


# --- what becomes of a secret


@pytest.mark.parametrize("language", Language)
async def test_without_a_key_a_secret_is_refused_with_a_sentence(office: Office, language: Language) -> None:
    await office.connection.execute("update account set language = $1", language.value)
    asks = Office(Asker(Executor(office.database)), office.connection, office.firm, office.dsn, office.database)
    answer = await asks.send("connectService", app="PONTO", label="x", secret=SECRET)
    assert answer.errors == ()
    message = translate(language, "user-error", NO_SECRET_KEY)
    assert answer.data["connectService"]["errors"] == [{"code": "VALIDATION", "message": message, "field": ["secret"]}]
    assert await office.rows() == [[], []]
    assert (await asks.connect(secret=None))["hasSecret"] is False


async def test_a_lost_key_makes_secrets_unreadable_and_nothing_else(office: Office) -> None:
    service = await office.connect()
    token = office.firm["owner"].token
    before = await office.ask(token, LISTED, id=office.firm.id)
    lost = Office(
        Asker(Executor(office.database, keyring=Keyring([new_key()]))),
        office.connection, office.firm, office.dsn, office.database,
    )  # fmt: skip
    answer = await lost.ask(token, LISTED, id=office.firm.id)
    assert answer == before
    assert answer.data["company"]["connectedServices"]["nodes"] == [service]
    assert service["hasSecret"] is True
    changed = await lost.done("updateConnectedService", connectedServiceId=service["id"], label="Renamed")
    assert changed["connectedService"]["hasSecret"] is True
    assert await office.secret(service) == SECRET


async def test_no_secret_leaves_by_an_answer_a_log_or_a_dump(
    office: Office, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    token, answers = office.firm["owner"].token, list[Any]()
    service = await office.connect()
    answers.append(service)
    literal = LITERAL % (office.firm.id, SECRET) + "%s}) { errors { code message } } }"
    answers += [await office.ask(token, literal % wrong) for wrong in LITERALS]
    of = {"connectedServiceId": service["id"]}
    for given in WRONG:
        answers.append(await office.send("updateConnectedService", **of, **given))
    monkeypatch.setattr(connectors, "UPDATE_SERVICE", "update nothing set $3 $4 $5 $6 $7 where $1 = $2")
    answers.append(await office.send("updateConnectedService", connectedServiceId=service["id"], secret=SECRET))
    assert answers[-1].codes == ["INTERNAL"]
    monkeypatch.setattr(Keyring, "seal", _break)
    answers.append(await office.send("connectService", app="PONTO", label="x", secret=SECRET))
    assert answers[-1].codes == ["INTERNAL"]
    answers.append(await office.ask(token, LISTED, id=office.firm.id))
    told = repr(answers)
    assert SECRET[-4:] in told
    dumped = await _dump(office)
    assert service["label"] in dumped
    assert key(service).hex in dumped.replace("-", "")
    for text in (told, dumped, caplog.text):
        assert SECRET not in text
        assert SECRET[:-4] not in text
        assert SECRET.encode().hex() not in text
    assert "a mutation of request" in caplog.text


def _break(_ring: Keyring, _place: SecretPlace, secret: str) -> bytes:
    raise ValueError(f"nobody says {len(secret)}")


async def _dump(office: Office) -> str:
    """The whole database as text: by pg_dump, and every row by COPY's way of writing it."""
    rows = [
        str(row[0])
        for name in metadata.tables
        for row in await office.connection.fetch(f'select t::text from "{name}" t')
    ]
    program = find_binaries(None).folder / "pg_dump"
    if not program.exists():
        return "\n".join(rows)
    done = await asyncio.to_thread(
        subprocess.run, [program, f"--dbname={office.dsn}"], capture_output=True, text=True, check=True
    )
    return done.stdout + "\n".join(rows)
