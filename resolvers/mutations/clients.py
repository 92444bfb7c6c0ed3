"""Companies that an accountant creates for clients: the client is invited as the owner, the accountant stays outside.

A company's owner decides about it from the first moment: the accountant reads and writes its data, and nothing else.
"""

from collections.abc import Mapping
from typing import Final

from asyncpg import Record

from db.outbox import LIVES
from resolvers.founding import establish, rows_of_company
from resolvers.mutations.externals import enter
from resolvers.mutations.invitations import send
from resolvers.mutations.users import invite
from resolvers.validation import Checks
from resolvers.writing import Forbidden, Input, Mutation, Problem, Refused, Write, Written, turn_of
from schema.declarations import Role
from schema.errors import UserErrorCode
from schema.language import Language

OPEN_INVITATIONS: Final = 20
"""So many owners of companies that an accountant created have a letter that they did not answer yet."""

ACCOUNTANT: Final = """
select id, email, first_name, last_name, language, kind = 'ACCOUNTANT' and confirmed may_create
, pg_advisory_xact_lock($2) turn
from account where id = $1
"""
"""In turn, so that nobody creates two companies at once beyond the limit."""

OPEN: Final = """
select count(distinct a.company_id) from membership a
where a.account_id = $1 and a.created_by_accountant and a.created_at > now() - $2::interval
  and (a.removed_at is not null or not exists (
    select from membership u where u.company_id = a.company_id and not u.external and u.accepted_at is not null
  ))
"""
"""An invitation is open while its letter works. Whether it was accepted in a company that was left stays unknown."""


async def create_client_company(write: Write, given: Input) -> Written:
    """Create a client's company and invite its owner; answers alike for every address of an owner.

    Raises Unauthenticated, Forbidden for all but confirmed accountants, and Refused (VALIDATION, TOO_MANY_ATTEMPTS).
    """
    accountant = await _accountant(write)
    checks = Checks()
    name = checks.name("name", given["name"])
    email = checks.email("ownerEmail", given["ownerEmail"])
    names = checks.name("ownerFirstName", given["ownerFirstName"]), checks.name("ownerLastName", given["ownerLastName"])
    if email == accountant["email"]:
        checks.add("ownerEmail")
    checks.refuse()
    if await write.connection.fetchval(OPEN, accountant["id"], LIVES["INVITATION"]) >= OPEN_INVITATIONS:
        raise Refused(Problem(UserErrorCode.TOO_MANY_ATTEMPTS))
    company, at = await establish(write, name, Language[accountant["language"]], accountant["id"])
    await enter(write, company, accountant, at, created_company=True)
    invited = await invite(write, company, at, email, names, role=Role.OWNER)
    return Written({"company": company, "invitationToken": await send(write, invited)})


async def _accountant(write: Write) -> Record:
    """The caller's account; Forbidden for who is no accountant, or has not confirmed the address."""
    account = await write.connection.fetchrow(
        ACCOUNTANT, write.caller.account, turn_of("clients", write.caller.account)
    )
    if account is None or not account["may_create"]:
        raise Forbidden
    return account


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "createClientCompany": Mutation(create_client_company, rows=rows_of_company)
}
