"""Companies: another one under the same login, and the data of one."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from db.belgium import is_enterprise_number, is_iban, is_vat_number
from db.errors import DatabaseTimeout
from resolvers.founding import Founder, found, rows_of_company
from resolvers.validation import Checks, normal_email
from resolvers.writing import (
    JUDGED,
    Input,
    Mutation,
    Problem,
    Refused,
    Write,
    Written,
    enter_as_owner,
    turn_of,
)
from schema.errors import UserErrorCode
from schema.language import Language

FOUNDED_A_DAY: Final = 20
"""So many companies one account founds in a day."""

FOUNDER: Final = """
select first_name, last_name, language, pg_advisory_xact_lock($2) turn from account where id = $1
"""
FOUNDED: Final = """
select count(*) from membership
where account_id = $1 and not external and accepted_at = created_at and created_at > now() - interval '1 day'
"""
"""Who founds a company is in it from its first moment; who is invited joins later."""

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
UPDATE: Final = f"""
{JUDGED}
update company c set ({", ".join(COLUMNS.values())}) = (
  select {", ".join(f"n.{column}" for column in COLUMNS.values())} from jsonb_populate_record(c, $5::jsonb) n
)
from judged where c.id = judged.company and c.access_version = judged.version
returning true
"""
"""A column that the JSON does not name keeps its value, one that is null there becomes null.

It is locked by this statement alone. Where access changed while it waited for that, it does nothing."""

TRIES: Final = 3

CODES: Final = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT
JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY
QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES: Final = frozenset(CODES.split())
"""ISO 3166-1 alpha-2."""

MOST: Final = 20

PHONE: Final = re.compile(r"\+?[0-9(][0-9 ()./-]{3,38}")
WEBSITE: Final = re.compile(r"https?://[\w-]+(?:\.[\w-]+)+(?::[0-9]{1,5})?(?:[/?#][^\s<>\"'\\]*)?", re.IGNORECASE)
FOREIGN_IBAN: Final = re.compile(r"(?!BE)[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


async def create_company(write: Write, given: Input) -> Written:
    """Found another company under the caller's login. Raises Refused (TOO_MANY_ATTEMPTS, VALIDATION)."""
    account = write.caller.account
    checks = Checks()
    name = checks.name("name", given["name"])
    checks.refuse()
    who = await write.connection.fetchrow(FOUNDER, account, turn_of("founding", account))
    assert who is not None
    if await write.connection.fetchval(FOUNDED, account) >= FOUNDED_A_DAY:
        raise Refused(Problem(UserErrorCode.TOO_MANY_ATTEMPTS))
    founder = Founder(account, who["first_name"], who["last_name"], Language[who["language"]])
    return Written({"company": await found(write, name, founder)})


async def update_company(write: Write, given: Input) -> Written:
    """Change the data of a company: a member that is left out stays, null is taken away."""
    company = await enter_as_owner(write, given["companyId"])
    written = {"company": company["id"]}
    checks = Checks()
    changes = {COLUMNS[member]: _checked(checks, member, given[member]) for member in COLUMNS if member in given}
    checks.refuse(written)
    columns = orjson.dumps(changes).decode()
    for _ in range(TRIES):
        if await write.connection.fetchval(UPDATE, *write.right(company["id"], as_owner=True), columns):
            return Written(written)
        await enter_as_owner(write, given["companyId"])
    raise DatabaseTimeout("The access to a company changed all the time.")


def _checked(checks: Checks, member: str, value: Any) -> object:
    """The value as it is stored; what is blank is nothing."""
    if isinstance(value, Language):
        return value.name
    if member in LISTS:
        return _several(checks, member, value or ())
    before = len(checks.problems)
    text = checks.name(member, value) if member == "name" and value is not None else checks.line(member, value)
    if len(checks.problems) > before:
        return None
    if text is not None and member in FORMS:
        text, wrong = FORMS[member](text), True
    else:
        wrong = member in NEVER_NULL
    if text is None and wrong:
        checks.add(member)
    return text


def _several(checks: Checks, member: str, values: Sequence[Any]) -> list[str]:
    """Each value as it is stored, once; none may be blank. Whatever is wrong with them is one problem."""
    each = Checks()
    stored = [LISTS[member](text) if (text := each.line(member, value)) else None for value in values[: MOST + 1]]
    if len(values) > MOST or None in stored:
        checks.add(member)
    return list(dict.fromkeys(text for text in stored if text is not None))


def _vat_number(text: str) -> str | None:
    number = _bare(text)
    return number if is_vat_number(number) else None


def _enterprise_number(text: str) -> str | None:
    digits = _bare(text)
    number = f"{digits[:4]}.{digits[4:7]}.{digits[7:]}"
    return number if is_enterprise_number(number) else None


def _iban(text: str) -> str | None:
    """A Belgian one with both its check digits, any other one with those that all have."""
    number = _bare(text)
    if FOREIGN_IBAN.fullmatch(number):
        digits = "".join(str(int(character, 36)) for character in number[4:] + number[:4])
        return number if int(digits) % 97 == 1 else None
    return number if is_iban(number) else None


def _bare(text: str) -> str:
    """A number without the spaces and dots that people write into it."""
    return text.replace(" ", "").replace(".", "").upper()


def _country(text: str) -> str | None:
    return text.upper() if text.upper() in COUNTRIES else None


def _phone(text: str) -> str | None:
    return text if PHONE.fullmatch(text) else None


def _website(text: str) -> str | None:
    return text if WEBSITE.fullmatch(text) else None


FORMS: Final[Mapping[str, Callable[[str], str | None]]] = {
    "vatNumber": _vat_number,
    "enterpriseNumber": _enterprise_number,
    "country": _country,
    "phone": _phone,
    "email": normal_email,
    "website": _website,
    "iban": _iban,
}
"""The stored form of a text that was written as people write it; None for what is none."""

LISTS: Final[Mapping[str, Callable[[str], str | None]]] = {"furtherIbans": _iban}
"""The same of members that are lists, at most `MOST` long."""

MUTATIONS: Final[Mapping[str, Mutation]] = {
    "createCompany": Mutation(create_company, rows=rows_of_company),
    "updateCompany": Mutation(update_company, alone=True),
}
