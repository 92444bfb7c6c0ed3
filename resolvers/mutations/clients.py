"""Companies that an accountant creates for clients: the client is invited as the owner, the accountant is an external.

Decisions about the company are the owner's: the accountant only reads and writes its data. Until the owner has come,
the accountant stands in: sees the users, invites owners, and takes back invitations to a wrong address. An accountant
who leaves before that takes the invitations back (`leaving.py`).
"""

from collections.abc import Mapping
from typing import Final

from asyncpg import Record

from db.outbox import LIVES
from resolvers.mutations.company_lock import hold_account
from resolvers.mutations.context import Forbidden, InputValues, Mutation, MutationContext, MutationResult, UserErrors
from resolvers.mutations.externals import enter
from resolvers.mutations.input_checks import InputChecks
from resolvers.mutations.invitations import send
from resolvers.mutations.steps.company_creation import establish, rows_of_company
from resolvers.mutations.users import invite
from resolvers.user_problems import UserProblem
from schema.errors import CLIENTS_WAIT, UserErrorCode
from schema.errors import ValidationReason as Reason
from schema.localization.language import Language
from schema.roles import Role

OPEN_INVITATIONS: Final = 20
"""Maximum number of companies of one accountant whose owner has an unanswered invitation."""

FIND_ACCOUNTANT: Final = """
select id, email, first_name, last_name, language, kind = 'ACCOUNTANT' and confirmed may_create
from account where id = $1
"""

COUNT_OPEN_CLIENTS: Final = """
select count(distinct a.company_id) from membership a
where a.account_id = $1 and a.created_by_accountant and a.created_at > now() - $2::interval
  and (a.removed_at is not null or not exists (
    select from membership u where u.company_id = a.company_id and not u.external and u.accepted_at is not null
  ))
"""
"""An invitation is open while its token is valid. A company that the accountant left always counts, so that the count
does not reveal if its owner accepted."""


async def create_client_company(write: MutationContext, given: InputValues) -> MutationResult:
    """Create a client's company and invite its owner. The answer is the same for every owner's address.

    Raises Unauthenticated, Forbidden for all but confirmed accountants, and UserErrors (VALIDATION, LIMIT_REACHED,
    TOO_MANY_ATTEMPTS).
    """
    accountant = await _accountant(write)
    checks = InputChecks()
    name = checks.name("name", given["name"])
    email = checks.email("ownerEmail", given["ownerEmail"])
    names = checks.name("ownerFirstName", given["ownerFirstName"]), checks.name("ownerLastName", given["ownerLastName"])
    if email == accountant["email"]:
        checks.add("ownerEmail", Reason.NOT_ALLOWED)
    checks.refuse()
    if await write.connection.fetchval(COUNT_OPEN_CLIENTS, accountant["id"], LIVES["INVITATION"]) >= OPEN_INVITATIONS:
        raise UserErrors(UserProblem(UserErrorCode.LIMIT_REACHED, text=CLIENTS_WAIT))
    company, at = await establish(write, name, Language[accountant["language"]], accountant["id"])
    await enter(write, company, accountant, at, created_company=True)
    invited = await invite(write, company, at, email, names, role=Role.OWNER)
    return MutationResult({"company": company, "invitationToken": await send(write, invited)})


async def _accountant(write: MutationContext) -> Record:
    """The caller's account, locked, so that two companies created at once do not exceed the limit.

    Raises Unauthenticated; Forbidden for all but accountants with a confirmed address.
    """
    await hold_account(write)
    account = await write.connection.fetchrow(FIND_ACCOUNTANT, write.caller.account)
    if account is None or not account["may_create"]:
        raise Forbidden
    return account


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "createClientCompany": Mutation(create_client_company, changes_access=True, rows=rows_of_company)
}
