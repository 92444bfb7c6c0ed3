"""The secrets that the database keeps: takes a connection and keys, reads their ciphertexts and encrypts them anew."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from db.connection import Connection
from db.secrets import Keyring, Place, SecretUnreadable

BATCH: Final = 500
"""So many secrets are read and written at once."""

COUNT: Final = "select count(*) from connected_service where secret is not null"
NEXT: Final = """
select company_id, id, secret from connected_service
where secret is not null and (company_id, id) > ($1, $2) order by company_id, id limit $3
"""
WRITE: Final = """
update connected_service s set secret = n.after
from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[]) n(company_id, id, before, after)
where s.company_id = n.company_id and s.id = n.id and s.secret = n.before
"""
"""A secret that its owner replaces at the same moment stays as the owner wrote it."""

FIRST: Final = Place(UUID(int=0), UUID(int=0))


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of some of the secrets: how many were looked at, and how many of them cannot be read."""

    seen: int
    unreadable: int


async def count_secrets(connection: Connection) -> int:
    """How many secrets there are."""
    return await connection.fetchval(COUNT)


async def secrets_of(connection: Connection) -> AsyncGenerator[tuple[Place, bytes]]:
    """Every secret as it is stored, and its place."""
    async for batch in _batches(connection):
        for one in batch:
            yield one


async def reseal_all(connection: Connection, keyring: Keyring) -> AsyncGenerator[Batch]:
    """Encrypt every secret with the newest key, batch by batch; what cannot be read stays as it is.

    Raises NoSecretKey.
    """
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
            await connection.execute(WRITE, *(list(column) for column in zip(*written, strict=True)))
        yield Batch(len(batch), unreadable)


async def _batches(connection: Connection) -> AsyncGenerator[list[tuple[Place, bytes]]]:
    last = FIRST
    while rows := await connection.fetch(NEXT, last.company, last.service, BATCH):
        batch = [(Place(row["company_id"], row["id"]), bytes(row["secret"])) for row in rows]
        last = batch[-1][0]
        yield batch
