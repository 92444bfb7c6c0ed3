"""Customers: their numbers, the values that follow from the VAT number, and the values that go together."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, every, join, literal, rows, sql
from db.tables.sales.custom_fields import contact_field
from resolvers.forms.numbers import MEMBER_STATES, PREFIXES
from resolvers.writing.rules import EntityRules, NewRow, Numbering, RowRule, RowWarning
from schema.errors import LONG_TERM
from schema.errors import ValidationReason as Reason

STATES: Final = sql("array[{}]", join(", ", map(literal, sorted(MEMBER_STATES))))
OTHERS: Final = join(" ", [sql("when {} then {}", literal(of), literal(to)) for of, to in PREFIXES.items()])
"""The letters of VAT numbers in the Union, and those of countries that have others than their code."""


def kind(row: NewRow) -> Sql:
    """BUSINESS for a customer with a VAT number, else CONSUMER."""
    return sql("case when {} is null then 'CONSUMER' else 'BUSINESS' end", row["vat_number"])


def peppol_id(row: NewRow) -> Sql:
    """The enterprise number of a Belgian customer, in Peppol's scheme for it."""
    return sql("case when {0} like 'BE%' then '0208:' || substr({0}, 3) end", row["vat_number"])


def half_a_discount(row: NewRow) -> Sql:
    """A discount without its type, or a type without a discount."""
    return sql("({} is null) <> ({} is null)", row["discount"], row["discount_type"])


def too_much_discount(row: NewRow) -> Sql:
    """A discount of more than 100 percent."""
    return sql("{} = 'PERCENT' and {} > 100", row["discount_type"], row["discount"])


def half_a_settlement(row: NewRow) -> Sql:
    """A discount for prompt payment without its term, or a term without a discount."""
    return sql("({} is null) <> ({} is null)", row["settlement_discount"], row["settlement_term_days"])


def no_belgian_postcode(row: NewRow) -> Sql:
    """A postcode in Belgium that is not a number of four digits."""
    return sql("{} = 'BE' and {} !~ '^[1-9][0-9]{{3}}$'", row["country"], row["postcode"])


def vat_number_of_elsewhere(row: NewRow) -> Sql:
    """A VAT number of another country than the customer's, where one of both is in the European Union."""
    prefix = sql("left({}, 2)", row["vat_number"])
    state = sql("case {0} {1} else {0} end", row["country"], OTHERS)
    return sql("{0} <> {1} and ({0} = any({2}) or {1} = any({2}))", prefix, state, STATES)


def late_between_businesses(row: NewRow) -> Sql:
    """A term of more than 60 days for a business, which the law does not let two businesses agree on."""
    return sql("{} = 'BUSINESS' and {} > 60", row["kind"], row["payment_term_days"])


def nameless(row: NewRow) -> Sql:
    """A person without a first and a last name."""
    return sql("{} = '' and {} = ''", row["first_name"], row["last_name"])


def no_value_of_its_field(row: NewRow) -> Sql:
    """A value that is no option of its field, no yes or no, or too long for one line."""
    found = rows(contact_field, sql("f"), company=row.company)
    return sql(
        "exists (select from {} where {} and {} = {} and case {} when 'SELECT' then {} <> all({}) "
        "when 'BOOLEAN' then {} not in ('true', 'false') when 'TEXT' then {} ~ '\\n' or length({}) > 200 "
        "else false end)",
        found.source,
        every(found.where),
        found["id"],
        row["field_id"],
        found["kind"],
        row["value"],
        found["options"],
        *[row["value"]] * 3,
    )


BELGIAN_POSTCODE: Final = RowRule(no_belgian_postcode, "postcode", ("postcode", "country"), reason=Reason.FORMAT)

RULES: Final[Mapping[str, EntityRules]] = {
    "Address": EntityRules(rules=(BELGIAN_POSTCODE,)),
    "ContactFieldValue": EntityRules(
        rules=(RowRule(no_value_of_its_field, "value", ("value",), reason=Reason.NOT_ALLOWED),)
    ),
    "ContactPerson": EntityRules(
        rules=(RowRule(nameless, "lastName", ("firstName", "lastName"), reason=Reason.REQUIRED),)
    ),
    "Customer": EntityRules(
        numbering=Numbering("CUSTOMER", "C"),
        derived={"kind": kind, "peppol_id": peppol_id},
        rules=(
            RowRule(half_a_discount, "discountType", ("discount", "discountType")),
            RowRule(too_much_discount, "discount", ("discount", "discountType"), reason=Reason.RANGE),
            RowRule(half_a_settlement, "settlementTermDays", ("settlementDiscount", "settlementTermDays")),
            BELGIAN_POSTCODE,
            RowRule(vat_number_of_elsewhere, "vatNumber", ("vatNumber", "country")),
        ),
        warnings=(
            RowWarning(
                late_between_businesses, "paymentTermDays", ("paymentTermDays", "kind"), LONG_TERM, Reason.RANGE
            ),
        ),
    ),
}
