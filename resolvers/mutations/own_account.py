"""Writes to what is the caller's own (account, memberships), by statements that judge the credential themselves."""

import uuid
from typing import Final

from asyncpg import Record

from db.errors import DatabaseTimeout
from resolvers.mutations.context import MutationContext, Unauthenticated

SIGNED_IN: Final = """
with signed_in as materialized (
  select k.account_id id from credential k where k.account_id = $1 and k.id = $2 and k.expires_at > now()
)
"""
"""The beginning of a statement that writes what is the caller's own, only while the credential works.

It skips a locked row instead of waiting, since it would not see a credential that ends during the wait. It returns one
row, without a credential none; its column `busy` is true where it skipped the row and wrote nothing.
"""

TRIES: Final = 10


async def write_own(write: MutationContext, statement: str, lock: str, key: uuid.UUID, *values: object) -> Record:
    """Run a `SIGNED_IN` statement, with `values` from its third parameter on, for a row that `lock` waits for by `key`.

    For mutations without a transaction: nothing stays locked. Raises Unauthenticated, and DatabaseTimeout when others
    lock the row before every try.
    """
    for _ in range(TRIES):
        row = await write.connection.fetchrow(statement, write.caller.account, write.caller.credential, *values)
        if row is None:
            raise Unauthenticated
        if not row["busy"]:
            return row
        await write.connection.execute(lock, key)
    raise DatabaseTimeout("Something of the caller's own was locked all the time.")
