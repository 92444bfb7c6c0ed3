"""Leaving a company: an external user, an employee, or one of several owners ends the own access.

No company loses its last owner so. Who stands in for an owner that has not come takes the invitations back with the own
access: nobody could do that afterwards, and whoever reads a letter to a wrong address would own the company.
"""

from collections.abc import Mapping
from typing import Final

from asyncpg import Record

from resolvers.closing import close_ownerless
from resolvers.mutations.externals import end
from resolvers.mutations.users import remove
from resolvers.presence import present
from resolvers.trail import grow
from resolvers.writing import Input, Mutation, Problem, Refused, Write, Written, lock_to_leave, no_rows
from schema.errors import OTHER_OWNER_FIRST, UserErrorCode

OWNERS: Final = f"select count(*) from membership m where m.company_id = $1 and m.role = 'OWNER' and {present('m')}"
INVITED: Final = """
select id, account_id, role from membership
where company_id = $1 and not external and accepted_at is null and removed_at is null
"""


async def leave_company(write: Write, given: Input) -> Written:
    """End one's own access. Raises Refused (NOT_FOUND, LAST_OWNER)."""
    company = await lock_to_leave(write, given["companyId"])
    if company["role"] is None:
        await _leave_outside(write, company)
    else:
        await _leave_inside(write, company)
    await grow(write, company["id"])
    return Written()


async def _leave_outside(write: Write, company: Record) -> None:
    await end(write, company["id"], company["member"], company["at"])
    if company["stands_in"]:
        for user in await write.connection.fetch(INVITED, company["id"]):
            await remove(write, company, user)
        await close_ownerless(write.connection, [company["id"]], company["at"])


async def _leave_inside(write: Write, company: Record) -> None:
    if company["role"] == "OWNER" and await write.connection.fetchval(OWNERS, company["id"]) == 1:
        raise Refused(Problem(UserErrorCode.LAST_OWNER, ("companyId",), text=OTHER_OWNER_FIRST))
    own = {"id": company["member"], "account_id": write.caller.account, "role": company["role"]}
    await remove(write, company, own)


MUTATIONS: Final[Mapping[str, Mutation]] = {"leaveCompany": Mutation(leave_company, changes_access=True, rows=no_rows)}
