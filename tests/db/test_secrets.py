"""secrets.py and db/stored_secrets.py: what encrypts, what reads, and what cannot be read."""

import stat
import uuid
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from db import stored_secrets
from db.connection import Connection, connect
from db.secrets import (
    KEY_FILE,
    KeyFileBroken,
    Keyring,
    NoSecretKey,
    SecretPlace,
    SecretUnreadable,
    folder_keys,
    is_key,
    new_key,
)
from tests.support.company import Firm

OLD, NEW, OTHER = new_key(), new_key(), new_key()
PLACE = SecretPlace(uuid.uuid4(), uuid.uuid4())
SECRET = "s3cret-clé-🔑"
STORE = """
insert into connected_service (company_id, id, connector, label, secret) values ($1, $2, 'PONTO', 'Ponto', $3)
"""


def test_a_secret_is_read_with_the_key_that_encrypted_it() -> None:
    kept = Keyring([OLD]).seal(PLACE, SECRET)
    assert Keyring([OLD]).open(PLACE, kept) == SECRET
    assert SECRET.encode() not in kept
    assert PLACE.mark not in kept


def test_each_time_it_is_encrypted_it_looks_different() -> None:
    ring = Keyring([OLD])
    assert ring.seal(PLACE, SECRET) != ring.seal(PLACE, SECRET)


def test_the_newest_key_encrypts_and_all_of_them_read() -> None:
    before, after = Keyring([OLD]), Keyring([NEW, OLD])
    kept = before.seal(PLACE, SECRET)
    assert (after.open(PLACE, kept), after.which(PLACE, kept)) == (SECRET, 1)
    assert after.which(PLACE, after.seal(PLACE, SECRET)) == 0
    with pytest.raises(SecretUnreadable):
        before.open(PLACE, after.seal(PLACE, SECRET))


@pytest.mark.parametrize(
    "place",
    [
        SecretPlace(uuid.uuid4(), PLACE.service),
        SecretPlace(PLACE.company, uuid.uuid4()),
        SecretPlace(PLACE.service, PLACE.company),
    ],
)
def test_a_secret_of_another_row_is_refused(place: SecretPlace) -> None:
    ring = Keyring([NEW, OLD])
    with pytest.raises(SecretUnreadable):
        ring.open(place, ring.seal(PLACE, SECRET))


@pytest.mark.parametrize("keys", [(), (OTHER,)])
def test_without_its_key_it_is_unreadable_and_the_error_tells_nothing(keys: tuple[str, ...]) -> None:
    kept = Keyring([OLD]).seal(PLACE, SECRET)
    with pytest.raises(SecretUnreadable) as error:
        Keyring(keys).open(PLACE, kept)
    assert SECRET not in repr(error.value)
    assert OLD not in repr(error.value)


def test_a_changed_byte_makes_it_unreadable() -> None:
    kept = bytearray(Keyring([OLD]).seal(PLACE, SECRET))
    kept[40] ^= 1
    with pytest.raises(SecretUnreadable):
        Keyring([OLD]).open(PLACE, bytes(kept))


def test_without_a_key_nothing_is_encrypted() -> None:
    with pytest.raises(NoSecretKey):
        Keyring().seal(PLACE, SECRET)


def test_keys_are_known_by_their_form_and_named_without_being_told() -> None:
    assert is_key(new_key())
    assert is_key(Fernet.generate_key().decode())
    assert not any(map(is_key, ("", "x", OLD[:-1], OLD + "=", f"{OLD}\n", "é" + OLD[1:])))
    ring = Keyring([OLD, NEW, OLD])
    assert len(ring) == len(set(ring.names)) == 2
    assert OLD not in repr(ring)
    assert not any(name in OLD for name in ring.names)


# --- the file


def test_a_folder_gets_a_key_once_for_its_owner_only(tmp_path: Path) -> None:
    assert folder_keys(tmp_path, make=False) == ()
    made = folder_keys(tmp_path, make=True)
    assert (len(made), is_key(made[0])) == (1, True)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert folder_keys(tmp_path, make=True) == made == folder_keys(tmp_path, make=False)
    assert [file.name for file in tmp_path.iterdir()] == [KEY_FILE]


def test_a_folder_may_have_several_keys(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text(f"{NEW}\n{OLD}\n")
    assert folder_keys(tmp_path, make=True) == (NEW, OLD)


@pytest.mark.parametrize(
    "content", ["", "nonsense", f"{OLD}\nnonsense", "é"], ids=["empty", "no key", "one key", "no ASCII"]
)
def test_a_file_that_holds_something_else_is_refused_without_being_quoted(tmp_path: Path, content: str) -> None:
    (tmp_path / KEY_FILE).write_text(content)
    with pytest.raises(KeyFileBroken, match=KEY_FILE) as error:
        folder_keys(tmp_path, make=True)
    assert "nonsense" not in str(error.value)
    assert OLD not in str(error.value)


def test_a_file_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyFileBroken, match="No such file"):
        folder_keys(tmp_path / "missing", make=True)


# --- in the database


async def _store(connection: Connection, company: uuid.UUID, secret: bytes | None, service: uuid.UUID) -> SecretPlace:
    await connection.execute(STORE, company, service, secret)
    return SecretPlace(company, service)


async def test_rotation_reaches_every_secret_and_leaves_what_it_cannot_read(
    fresh_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_secrets, "BATCH", 2)
    connection = await connect(fresh_dsn)
    try:
        firms = [await Firm.found(connection) for _ in range(2)]
        places = [SecretPlace(firm.key, uuid.uuid4()) for firm in firms for _ in range(3)]
        for number, place in enumerate(places):
            await _store(connection, place.company, Keyring([OLD]).seal(place, f"secret {number}"), place.service)
        lost = await _store(connection, firms[0].key, b"whatever", uuid.uuid4())
        await _store(connection, firms[0].key, None, uuid.uuid4())
        ring = Keyring([NEW, OLD])
        batches = [batch async for batch in stored_secrets.reseal_all(connection, ring)]
        assert sum(batch.seen for batch in batches) == await stored_secrets.count_secrets(connection) == 7
        assert sum(batch.unreadable for batch in batches) == 1
        assert len(batches) == 4
        kept = {place: secret async for place, secret in stored_secrets.secrets_of(connection)}
        assert [Keyring([NEW]).open(place, kept[place]) for place in places] == [f"secret {n}" for n in range(6)]
        assert kept[lost] == b"whatever"
        again = [batch async for batch in stored_secrets.reseal_all(connection, ring)]
        assert {place: secret async for place, secret in stored_secrets.secrets_of(connection)} == kept
        assert sum(batch.unreadable for batch in again) == 1
    finally:
        await connection.close()


async def test_a_secret_that_is_replaced_meanwhile_stays_as_its_owner_wrote_it(fresh_dsn: str) -> None:
    connection, other = await connect(fresh_dsn), await connect(fresh_dsn)
    try:
        firm = await Firm.found(connection)
        place = SecretPlace(firm.key, uuid.uuid4())
        await _store(connection, firm.key, Keyring([OLD]).seal(place, "before"), place.service)
        newer = Keyring([OLD]).seal(place, "after")
        ring = Keyring([NEW, OLD])
        [(_, seen)] = [one async for one in stored_secrets.secrets_of(connection)]
        await other.execute("update connected_service set secret = $1 where id = $2", newer, place.service)
        row = ([place.company], [place.service], [seen], [ring.seal(place, "before")])
        await connection.execute(stored_secrets.WRITE_SECRETS, *row)
        assert ring.open(place, await connection.fetchval("select secret from connected_service")) == "after"
    finally:
        await other.close()
        await connection.close()
