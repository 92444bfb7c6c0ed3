"""A session that the operator opens for an account, for scripts and local development.

It is a session like one of a login: the account sees it among its sessions, under the name of the command, can end it,
and it ends when the password changes.
"""

from typing import Final

from db.database import Database
from db.schema_version import check_migrated
from resolvers.admin.companies import InspectionRefused
from resolvers.email_address import normal_email
from resolvers.mutations.steps.sessions import open_session

FIND_ACCOUNT: Final = "select id, confirmed from account where email = $1 for share"
USER_AGENT: Final = "enfact token (opened by the operator)"


class TokenRefused(InspectionRefused):
    """No session is opened; the message is for the operator."""


async def open_token(database: Database, email: str) -> str:
    """Open a session of the account with this address; returns its token.

    Raises TokenRefused for an address that no account has, or whose owner has not confirmed it.
    """
    async with database.transaction() as connection:
        await check_migrated(connection)
        account = await connection.fetchrow(FIND_ACCOUNT, normal_email(email))
        if account is None:
            raise TokenRefused(f"Nobody has the address {email}.")
        if not account["confirmed"]:
            raise TokenRefused(f"The address {email} is not confirmed yet, so its owner is not known to be there.")
        session = await open_session(connection, account["id"], USER_AGENT)
    return session.token
