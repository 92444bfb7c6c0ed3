"""Leaving a company, by external users, employees, and owners who are not the last one; declining an invitation.

An accountant who stands in for the first owner takes back the invitations by leaving. No other user could do that
afterwards, and the reader of an e-mail to a wrong address would own the company.
"""

from collections.abc import Mapping
from typing import Final

from asyncpg import Record

from resolvers.membership import present
from resolvers.mutations.company_lock import lock_to_leave
from resolvers.mutations.context import (
    InputValues,
    Mutation,
    MutationContext,
    MutationResult,
    UserErrors,
    key_of,
    no_rows,
)
from resolvers.mutations.externals import end
from resolvers.mutations.steps.audit import grow
from resolvers.mutations.steps.company_closing import close_ownerless
from resolvers.mutations.users import remove
from resolvers.user_problems import UserProblem
from schema.errors import OTHER_OWNER_FIRST, UserErrorCode

COUNT_OWNERS: Final = (
    f"select count(*) from membership m where m.company_id = $1 and m.role = 'OWNER' and {present('m')}"
)
FIND_INVITED: Final = """
select id, account_id, role from membership
where company_id = $1 and not external and accepted_at is null and removed_at is null
"""
FIND_OWN_INVITATION: Final = """
select m.company_id, m.id, m.account_id, m.role, clock_timestamp() at
from membership m join account a on a.id = m.account_id
where m.id = $1 and m.account_id = $2 and a.confirmed and not m.external
  and m.accepted_at is null and m.removed_at is null
"""
LOCK_INVITING_COMPANY: Final = f"""
select true from company c where c.id = (select company_id from ({FIND_OWN_INVITATION}) invitation)
for no key update
"""


async def leave_company(write: MutationContext, given: InputValues) -> MutationResult:
    """End the caller's access to a company. Raises UserErrors (NOT_FOUND, LAST_OWNER)."""
    company = await lock_to_leave(write, given["companyId"])
    if company["role"] is None:
        await _leave_outside(write, company)
    else:
        await _leave_inside(write, company)
    await grow(write, company["id"])
    return MutationResult()


async def _leave_outside(write: MutationContext, company: Record) -> None:
    await end(write, company["id"], company["member"], company["at"])
    if company["stands_in"]:
        for user in await write.connection.fetch(FIND_INVITED, company["id"]):
            await remove(write, company, user)
        await close_ownerless(write.connection, [company["id"]], company["at"])


async def _leave_inside(write: MutationContext, company: Record) -> None:
    if company["role"] == "OWNER" and await write.connection.fetchval(COUNT_OWNERS, company["id"]) == 1:
        raise UserErrors(UserProblem(UserErrorCode.LAST_OWNER, ("companyId",), text=OTHER_OWNER_FIRST))
    own = {"id": company["member"], "account_id": write.caller.account, "role": company["role"]}
    await remove(write, company, own)


async def decline_invitation(write: MutationContext, given: InputValues) -> MutationResult:
    """Decline an invitation to the caller's own login, whose address is confirmed. Raises UserErrors (NOT_FOUND)."""
    mine = key_of(given["invitationId"], "ivt"), write.caller.account
    if await write.connection.fetchval(LOCK_INVITING_COMPANY, *mine) is not None:
        # A statement of its own: it sees the changes of the transaction that held the lock before.
        invited = await write.connection.fetchrow(FIND_OWN_INVITATION, *mine)
        if invited is not None:
            await remove(write, {"id": invited["company_id"], "at": invited["at"]}, invited)
            await grow(write, invited["company_id"])
            return MutationResult()
    raise UserErrors(UserProblem(UserErrorCode.NOT_FOUND, ("invitationId",)))


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "leaveCompany": Mutation(leave_company, changes_access=True, rows=no_rows),
    "declineInvitation": Mutation(decline_invitation, changes_access=True, rows=no_rows),
}
