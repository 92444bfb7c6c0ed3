"""The work of `enfact support add`."""

from db.database import Database
from db.schema_version import check_migrated
from resolvers.mutations.passwords import hash_password
from resolvers.mutations.steps.support_accounts import SupportAccount, make_account


async def add_support(database: Database, account: SupportAccount, password: str) -> int:
    """Create a support account; returns the number of companies it can enter, because their owners let support in.

    Raises SupportRefused for an address in use or a weak password.
    """
    hashed = await hash_password(account.check_password(password))
    async with database.transaction() as connection:
        await check_migrated(connection)
        return await make_account(connection, account, hashed)
