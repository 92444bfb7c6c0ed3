"""The stored secrets: counts and reads their ciphertexts, and encrypts them anew with the newest key."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from db.connection import Connection
from db.secrets import Keyring, SecretPlace, SecretUnreadable

BATCH: Final = 500
"""Maximum number of secrets that are read and written at once."""

COUNT_SECRETS: Final = "select count(*) from connected_service where secret is not null"
FIND_NEXT_SECRETS: Final = """
select company_id, id, secret from connected_service
where secret is not null and (company_id, id) > ($1, $2) order by company_id, id limit $3
"""
WRITE_SECRETS: Final = """
update connected_service s set secret = n.after
from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[]) n(company_id, id, before, after)
where s.company_id = n.company_id and s.id = n.id and s.secret = n.before
"""
"""Leaves a secret that its owner has replaced meanwhile."""

FIRST: Final = SecretPlace(UUID(int=0), UUID(int=0))


@dataclass(frozen=True, slots=True)
class SecretBatch:
    """The result of one batch: number of secrets read, and number of those that no key can decrypt."""

    seen: int
    unreadable: int


async def count_secrets(connection: Connection) -> int:
    """The number of stored secrets."""
    return await connection.fetchval(COUNT_SECRETS)


async def secrets_of(connection: Connection) -> AsyncGenerator[tuple[SecretPlace, bytes]]:
    """Every stored secret: its place and its ciphertext."""
    async for batch in _batches(connection):
        for one in batch:
            yield one


async def reseal_all(connection: Connection, keyring: Keyring) -> AsyncGenerator[SecretBatch]:
    """Encrypt every secret with the newest key, batch by batch; a secret that cannot be read stays as it is."""
    async for batch in _batches(connection):
        written: list[tuple[UUID, UUID, bytes, bytes]] = []
        unreadable = 0
        for place, sealed in batch:
            try:
                if keyring.which(place, sealed) > 0:
                    again = keyring.seal(place, keyring.open(place, sealed))
                    written.append((place.company, place.service, sealed, again))
            except SecretUnreadable:
                unreadable += 1
        if written:
            await connection.execute(WRITE_SECRETS, *(list(column) for column in zip(*written, strict=True)))
        yield SecretBatch(len(batch), unreadable)


async def _batches(connection: Connection) -> AsyncGenerator[list[tuple[SecretPlace, bytes]]]:
    last = FIRST
    while rows := await connection.fetch(FIND_NEXT_SECRETS, last.company, last.service, BATCH):
        batch = [(SecretPlace(row["company_id"], row["id"]), bytes(row["secret"])) for row in rows]
        last = batch[-1][0]
        yield batch
