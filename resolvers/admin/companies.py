"""The company that an operator names to a command."""

from typing import Final

from asyncpg import Record

from db.connection import Connection
from resolvers.global_ids import Key

FIND_COMPANIES_BY_NAME: Final = """
select id, name from company where id = $1::uuid or lower(name) = lower($2) order by created_at, id limit $3
"""
MOST_LISTED: Final = 10
"""Maximum number of companies of the same name that a refusal lists."""


class InspectionRefused(Exception):
    """A report that cannot be made; the message is for the operator."""


async def find_company(connection: Connection, named: str) -> Record:
    """The key and name of the company with this id or name. Raises InspectionRefused unless there is exactly one."""
    key = Key(("com",))(named)
    found = await connection.fetch(FIND_COMPANIES_BY_NAME, key, named.replace("\0", ""), MOST_LISTED)
    if not found:
        raise InspectionRefused(f"There is no company {named}.")
    if len(found) > 1:
        ids = ", ".join(f"com_{company['id'].hex}" for company in found)
        raise InspectionRefused(f"Several companies are called {named}; say which: {ids}.")
    return found[0]
