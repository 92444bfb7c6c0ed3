"""Companies: creating another one under the same login."""

from collections.abc import Mapping
from typing import Final

from resolvers.mutations.company_lock import hold_account
from resolvers.mutations.context import InputValues, Mutation, MutationContext, MutationResult, UserErrors
from resolvers.mutations.input_checks import InputChecks
from resolvers.mutations.steps.company_creation import Founder, found, rows_of_company
from resolvers.user_problems import UserProblem
from schema.errors import UserErrorCode
from schema.localization.language import Language

FOUNDED_A_DAY: Final = 20
"""Maximum number of companies that one account creates in a day."""

FIND_FOUNDER: Final = "select first_name, last_name, language from account where id = $1"
COUNT_FOUNDED_COMPANIES: Final = """
select count(*) from membership
where account_id = $1 and not external and accepted_at = created_at and created_at > now() - interval '1 day'
"""
"""A founder is in the company from its first moment; an invited user accepts later."""


async def create_company(write: MutationContext, given: InputValues) -> MutationResult:
    """Create another company under the caller's login.

    Raises Unauthenticated and UserErrors (VALIDATION, TOO_MANY_ATTEMPTS).
    """
    account = write.caller.account
    checks = InputChecks()
    name = checks.name("name", given["name"])
    checks.refuse()
    await hold_account(write)
    who = await write.connection.fetchrow(FIND_FOUNDER, account)
    assert who is not None
    if await write.connection.fetchval(COUNT_FOUNDED_COMPANIES, account) >= FOUNDED_A_DAY:
        raise UserErrors(UserProblem(UserErrorCode.TOO_MANY_ATTEMPTS))
    founder = Founder(account, who["first_name"], who["last_name"], Language[who["language"]])
    return MutationResult({"company": await found(write, name, founder)})


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "createCompany": Mutation(create_company, changes_access=True, rows=rows_of_company),
}
