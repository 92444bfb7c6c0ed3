"""Companies: creating another one under the same login, and changing a company's data."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from db.errors import DatabaseTimeout
from resolvers.forms.registry import formed
from resolvers.mutations.company_lock import enter_as_owner, hold_account
from resolvers.mutations.context import JUDGED, InputValues, Mutation, MutationContext, MutationResult, UserErrors
from resolvers.mutations.input_checks import InputChecks
from resolvers.mutations.steps.company_creation import Founder, found, rows_of_company
from resolvers.user_problems import UserProblem
from schema.declarations.forms import Form
from schema.errors import TOO_MANY, UserErrorCode
from schema.errors import ValidationReason as Reason
from schema.localization.language import Language

FOUNDED_A_DAY: Final = 20
"""Maximum number of companies that one account creates in a day."""

FIND_FOUNDER: Final = "select first_name, last_name, language from account where id = $1"
COUNT_FOUNDED_COMPANIES: Final = """
select count(*) from membership
where account_id = $1 and not external and accepted_at = created_at and created_at > now() - interval '1 day'
"""
"""A founder is in the company from its first moment; an invited user accepts later."""

COLUMNS: Final[Mapping[str, str]] = {
    "name": "name",
    "vatNumber": "vat_number",
    "enterpriseNumber": "enterprise_number",
    "legalForm": "legal_form",
    "street": "street",
    "streetNumber": "street_number",
    "postcode": "postcode",
    "city": "city",
    "country": "country",
    "phone": "phone",
    "email": "email",
    "website": "website",
    "iban": "iban",
    "furtherIbans": "further_ibans",
    "language": "language",
}
"""Member of the input -> column."""

NEVER_NULL: Final = frozenset({"name", "country", "language"})
UPDATE_COMPANY: Final = f"""
{JUDGED}
update company c set ({", ".join(COLUMNS.values())}) = (
  select {", ".join(f"n.{column}" for column in COLUMNS.values())} from jsonb_populate_record(c, $5::jsonb) n
)
from judged where c.id = judged.company and c.access_version = judged.version
returning true
"""
"""A column that the JSON does not name keeps its value; a column that is null there becomes null.

Only this statement locks the company. It writes nothing when access changed while it waited for the lock."""

TRIES: Final = 3

MOST: Final = 20

BELGIUM: Final = "BE"

FORMS: Final[Mapping[str, Form]] = {
    "vatNumber": Form.VAT_NUMBER,
    "enterpriseNumber": Form.ENTERPRISE_NUMBER,
    "country": Form.COUNTRY,
    "phone": Form.PHONE,
    "email": Form.EMAIL,
    "website": Form.WEBSITE,
    "iban": Form.IBAN,
}
"""Member of the input -> form of its text."""

LISTS: Final[Mapping[str, Form]] = {"furtherIbans": Form.IBAN}
"""As FORMS, for the members that are lists of at most `MOST` texts."""


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


async def update_company(write: MutationContext, given: InputValues) -> MutationResult:
    """Change the data of a company. A member that is left out keeps its value; null removes it.

    Raises Forbidden, RateLimited and UserErrors (NOT_FOUND, VALIDATION); DatabaseTimeout when access to the company
    changes during every try.
    """
    company = await enter_as_owner(write, given["companyId"])
    written = {"company": company["id"]}
    checks = InputChecks()
    changes = {COLUMNS[member]: _checked(checks, member, given[member]) for member in COLUMNS if member in given}
    checks.refuse(written)
    columns = orjson.dumps(changes).decode()
    for _ in range(TRIES):
        if await write.connection.fetchval(UPDATE_COMPANY, *write.right(company["id"], as_owner=True), columns):
            return MutationResult(written)
        await enter_as_owner(write, given["companyId"])
    raise DatabaseTimeout("The access to a company changed all the time.")


def _checked(checks: InputChecks, member: str, value: Any) -> object:
    """The value in its stored form; None for a blank one. Adds a problem when it is invalid."""
    if isinstance(value, Language):
        return value.name
    if member in LISTS:
        return _several(checks, member, value or ())
    if value is None:
        return checks.add(member, Reason.REQUIRED) if member in NEVER_NULL else None
    if member == "name":
        return checks.name(member, value)
    if member not in FORMS:
        return checks.line(member, value)
    return checks.form(member, FORMS[member], value, BELGIUM, required=member in NEVER_NULL)


def _several(checks: InputChecks, member: str, values: Sequence[Any]) -> list[str]:
    """Each value in its stored form, once. Adds one problem for all invalid or blank values together."""
    if len(values) > MOST:
        checks.add(member, Reason.TOO_LONG, TOO_MANY, most=MOST)
        return []
    stored = [formed(LISTS[member], value) for value in values]
    texts = [text for text in stored if isinstance(text, str)]
    if len(texts) < len(stored):
        are_numbers = not {None, Reason.FORMAT, Reason.TOO_LONG} & {*stored}
        checks.add(member, Reason.CHECK_DIGITS if are_numbers else Reason.FORMAT)
    return list(dict.fromkeys(texts))


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "createCompany": Mutation(create_company, changes_access=True, rows=rows_of_company),
    "updateCompany": Mutation(update_company, alone=True),
}
