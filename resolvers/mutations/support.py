"""The switch by which an owner lets support into the company."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from resolvers.mutations.externals import check_term
from resolvers.support import hold_accounts, switch_off, switch_on
from resolvers.trail import Change, grow, record
from resolvers.validation import Checks
from resolvers.writing import Input, Mutation, Write, Written, lock_as_owner

USUAL: Final = timedelta(days=7)
"""How long the switch stays on unless the owner says otherwise."""

SWITCHED: Final = "select support_until from company where id = $1"


async def set_support_access(write: Write, given: Input) -> Written:
    """Switch support access on until a moment, on until another one, or off. Raises Refused (VALIDATION of `until`)."""
    await hold_accounts(write.connection)
    company = await lock_as_owner(write, given["companyId"])
    key, at = company["id"], company["at"]
    before: datetime | None = await write.connection.fetchval(SWITCHED, key)
    until: datetime | None = None
    if given["enabled"]:
        checks = Checks()
        check_term(checks, given, at)
        checks.refuse({"company": key})
        until = given.get("until") or at + USUAL
    if until != before:
        if until is not None:
            await switch_on(write.connection, key, at, until)
        else:
            await switch_off(write.connection, key, at)
        await record(write, Change("SUPPORT_ON" if until is not None else "SUPPORT_OFF", key, at=at, until=until))
        await grow(write, key)
    return Written({"company": key})


MUTATIONS: Final[Mapping[str, Mutation]] = {"setSupportAccess": Mutation(set_support_access, changes_access=True)}
