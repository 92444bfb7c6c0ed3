"""The switch with which an owner lets support into the company."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from resolvers.mutations.company_lock import lock_as_owner
from resolvers.mutations.context import InputValues, Mutation, MutationContext, MutationResult
from resolvers.mutations.externals import check_term
from resolvers.mutations.input_checks import InputChecks
from resolvers.mutations.steps.audit import AccessChange, grow, record
from resolvers.mutations.steps.support_accounts import hold_accounts, switch_off, switch_on

USUAL: Final = timedelta(days=7)
"""Duration of support access when the owner gives no end."""

FIND_SUPPORT_UNTIL: Final = "select support_until from company where id = $1"


async def set_support_access(write: MutationContext, given: InputValues) -> MutationResult:
    """Switch support access on or off, or change the moment of its end.

    Raises Forbidden and UserErrors (NOT_FOUND, VALIDATION of `until`).
    """
    await hold_accounts(write.connection)
    company = await lock_as_owner(write, given["companyId"])
    key, at = company["id"], company["at"]
    before: datetime | None = await write.connection.fetchval(FIND_SUPPORT_UNTIL, key)
    until: datetime | None = None
    if given["enabled"]:
        checks = InputChecks()
        check_term(checks, given, at)
        checks.refuse({"company": key})
        until = given.get("until") or at + USUAL
    if until != before:
        if until is not None:
            await switch_on(write.connection, key, at, until, actor=write.caller.account)
        else:
            await switch_off(write.connection, key, at, actor=write.caller.account)
        await record(write, AccessChange("SUPPORT_ON" if until is not None else "SUPPORT_OFF", key, at=at, until=until))
        await grow(write, key)
    return MutationResult({"company": key})


def _rows(given: InputValues) -> int:
    """One, but none where support is switched off: that is never refused for what was written before."""
    return 1 if given["enabled"] else 0


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "setSupportAccess": Mutation(set_support_access, changes_access=True, rows=_rows)
}
