"""Known places: networks from which an account signed in before. Strangers' failed tries do not lock it out there.

Only hashes are stored.
"""

import hashlib
import uuid
from typing import Final

from db.connection import Connection
from db.database import Database
from resolvers.addresses import network

MOST: Final = 20
"""Maximum number of known places of an account."""

FIND_KNOWN_PLACES: Final = """
select u.id, array(select p.place from known_place p where p.account_id = u.id) places
from (select) one left join account u on u.email = $1
"""
INSERT_KNOWN_PLACE: Final = f"""
with here as (
  insert into known_place (account_id, place) values ($1, $2)
  on conflict (account_id, place) do update set used_at = now()
)
delete from known_place where account_id = $1 and place in (
  select place from known_place where account_id = $1 and place <> $2 order by used_at desc offset {MOST - 1}
  for update skip locked
)
"""
DELETE_KNOWN_PLACES: Final = "delete from known_place where account_id = $1"


async def is_known(database: Database, email: str | None, address: str) -> bool:
    """True when the account of an e-mail address has signed in from this address. Takes as long without an account."""
    account, places = await database.read(FIND_KNOWN_PLACES, (email,))
    return account is not None and _place(account, address) in places


async def remember(connection: Connection, account: uuid.UUID, address: str) -> None:
    """Remember that the account has signed in from this address; the oldest places beyond the maximum are forgotten."""
    await connection.execute(INSERT_KNOWN_PLACE, account, _place(account, address))


async def forget(connection: Connection, account: uuid.UUID) -> None:
    """Forget all places of an account: another person may have signed in from them."""
    await connection.execute(DELETE_KNOWN_PLACES, account)


def _place(account: uuid.UUID, address: str) -> bytes:
    return hashlib.sha256(account.bytes + network(address).encode("utf-8", "surrogatepass")).digest()
