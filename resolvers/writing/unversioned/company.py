"""`updateCompany`: the data of a company, which its owners write.

Nothing is written when access has changed since it was judged, or while another transaction has the company's row.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from db.sql import Sql, join, rows, sql
from db.tables.core.identity import company, membership
from resolvers.compilation.company_scope import VIEWER, CompanyScope, enterable
from resolvers.compilation.context import StatementContext
from resolvers.forms.registry import formed
from resolvers.global_ids import Key
from resolvers.writing.judging import REFUSED, ROW, SPENT, VALUES
from resolvers.writing.unversioned.reading import Member, UnversionedIntent, read_members
from resolvers.writing.unversioned.waiting import LOCK_COMPANY
from resolvers.writing.value_reading import NO_ROW, Wrong
from schema.declarations.forms import Form
from schema.declarations.writing import choice, form, line
from schema.errors import TOO_MANY
from schema.errors import ValidationReason as Reason

COMPANY: Final = Key(("com",))
MOST: Final = 20
"""Maximum number of further bank accounts."""


def _ibans(values: list[str] | None) -> object:
    """Each account in its stored form, once; one problem for all that are invalid or blank."""
    if len(values or ()) > MOST:
        return Wrong(Reason.TOO_LONG, {"most": MOST}, text=TOO_MANY)
    stored = [formed(Form.IBAN, value) for value in values or ()]
    texts = [text for text in stored if isinstance(text, str)]
    if len(texts) < len(stored):
        are_numbers = not {None, Reason.FORMAT, Reason.TOO_LONG} & {*stored}
        return Wrong(Reason.CHECK_DIGITS if are_numbers else Reason.FORMAT)
    return list(dict.fromkeys(texts))


MEMBERS: Final = (
    Member.of("name", company.columns["name"], line(100, required=True)),
    Member.of("vatNumber", company.columns["vat_number"], form(Form.VAT_NUMBER)),
    Member.of("enterpriseNumber", company.columns["enterprise_number"], form(Form.ENTERPRISE_NUMBER)),
    Member.of("legalForm", company.columns["legal_form"], line()),
    Member.of("street", company.columns["street"], line()),
    Member.of("streetNumber", company.columns["street_number"], line()),
    Member.of("postcode", company.columns["postcode"], line()),
    Member.of("city", company.columns["city"], line()),
    Member.of("country", company.columns["country"], form(Form.COUNTRY, required=True)),
    Member.of("phone", company.columns["phone"], form(Form.PHONE)),
    Member.of("email", company.columns["email"], form(Form.EMAIL)),
    Member.of("website", company.columns["website"], form(Form.WEBSITE)),
    Member.of("iban", company.columns["iban"], form(Form.IBAN)),
    Member("furtherIbans", "further_ibans", _ibans, empty=()),
    Member.of("language", company.columns["language"], choice(required=True)),
)
JUDGE_CALLER: Final = """
select {0}.account_id, {0}.confirmed, {0}.language, x.*, case
  when {0}.read_only then 'FORBIDDEN' when x.company_id is null then 'NOT_FOUND'
  when x.role is distinct from 'OWNER' then 'FORBIDDEN'
  when x.company_id = any({1}) or {0}.account_id = any({1}) then 'RATE_LIMITED' when {2} then 'PROBLEMS' end outcome
from viewer {0} left join lateral (
  select c.id company_id, c.access_version, m.role from {3} where {4}
) x on true
"""
"""The caller in the company, and the `outcome` that refuses the write; null: none."""

UPDATE_COMPANY: Final = """
update company c set ({}) = (select {} from jsonb_populate_record(c, {}) n) from free where c.id = free.id and c.id = {}
returning c.id
"""
"""A column that the JSON does not name keeps its value; a column that is null there becomes null."""

FIND_OUTCOME: Final = """
select j.company_id, j.confirmed, j.language, null::text[] problems, array[j.company_id] busy,
  case when j.outcome is not null then j.outcome when w.id is null then 'RACED' end outcome
from judged j left join written w on true
"""


def add_write(ctx: StatementContext) -> Sql:
    """Add the write to a statement. Returns the select of the outcome, whose columns `Outcome` names."""
    named = ctx.written(ROW, "uuid")
    member = rows(membership, sql("m"), company=named)
    source, conditions = enterable(CompanyScope(0, rows(company, sql("c")), member, ctx.kind, named=named))
    spent, refused = ctx.written(SPENT, "uuid[]"), ctx.written(REFUSED, "bool")
    columns = [Sql(member.column) for member in MEMBERS]
    new = [sql("n.{}", column) for column in columns]
    judged = sql(JUDGE_CALLER, VIEWER, spent, refused, source, conditions)
    written = sql(UPDATE_COMPANY, join(", ", columns), join(", ", new), ctx.written(VALUES, "jsonb"), named)
    ctx.commons += [
        sql(", judged as materialized ({})", judged),
        sql(", free as materialized ({})", sql(LOCK_COMPANY, named, sql("j.outcome is null"))),
        sql(", written as materialized ({})", written),
    ]
    return sql(FIND_OUTCOME)


def read_input(given: Mapping[str, Any]) -> UnversionedIntent:
    """Read an input. A member that is left out keeps its value; null removes it."""
    values, problems = read_members(MEMBERS, given)
    bound = {ROW: COMPANY(given["companyId"]) or NO_ROW, VALUES: orjson.dumps(values).decode()}
    return UnversionedIntent(bound, problems)
