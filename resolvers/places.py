"""From where an account signed in before: what others tried does not keep it out there. Only hashes are stored."""

import hashlib
import uuid
from typing import Final

from db.connection import Connection
from db.database import Database
from resolvers.addresses import network

MOST: Final = 20
"""Maximum number of places that are kept of an account."""

READ: Final = """
select u.id, array(select p.place from known_place p where p.account_id = u.id) places
from (select) one left join account u on u.email = $1
"""
REMEMBER: Final = f"""
with here as (
  insert into known_place (account_id, place) values ($1, $2)
  on conflict (account_id, place) do update set used_at = now()
)
delete from known_place where account_id = $1 and place in (
  select place from known_place where account_id = $1 and place <> $2 order by used_at desc offset {MOST - 1}
  for update skip locked
)
"""
FORGET: Final = "delete from known_place where account_id = $1"


async def is_known(database: Database, email: str | None, address: str) -> bool:
    """Whether the account of an e-mail address has signed in from there. The same work where there is no account."""
    account, places = await database.read(READ, (email,))
    return account is not None and _place(account, address) in places


async def remember(connection: Connection, account: uuid.UUID, address: str) -> None:
    """The account has signed in from there."""
    await connection.execute(REMEMBER, account, _place(account, address))


async def forget(connection: Connection, account: uuid.UUID) -> None:
    """No place is known any more: somebody else may have signed in."""
    await connection.execute(FORGET, account)


def _place(account: uuid.UUID, address: str) -> bytes:
    return hashlib.sha256(account.bytes + network(address).encode("utf-8", "surrogatepass")).digest()
