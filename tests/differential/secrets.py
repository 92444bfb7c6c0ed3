"""What is secret to whom, by hand and not from the schema: columns and rows, the right that shows them, and where.

From the declarations it takes the names of apps only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from schema.apps import App
from schema.declarations import Gate, Role
from tests.differential.dataset import everything_but, key

COMPANY: Final = key("company A")
HERE: Final = f"company_id = '{COMPANY}'"


@dataclass(frozen=True, slots=True)
class Secret:
    """Something that only who passes `gate` may notice.

    `changes` are statements that make it otherwise, `shown` is selected of company A to see it, `group` says in what
    sort of operation it may show.
    """

    name: str
    gate: Gate
    changes: tuple[str, ...]
    shown: str
    group: str

    @property
    def stranger(self) -> str:
        """The name of the viewer who has every right but this one."""
        return everything_but(self.gate) if isinstance(self.gate, App) else "Full"

    def __str__(self) -> str:
        return self.name


# Each changes what it can and turns some values to null and nulls to values; `n` numbers the rows.
NUMBER: Final = "case when n % 3 = 0 then null else coalesce({0}, 0) + 1.75 * (n % 4 + 1) end"
SURE_NUMBER: Final = "{0} + 1.75 * (n % 4 + 1)"
COUNT: Final = "case when n % 3 = 0 then null else coalesce({0}, 0) + 7 * (n % 4 + 1) end"
SURE_COUNT: Final = "{0} * -1 + 7 * n"
TEXT: Final = "case when n % 3 = 0 then null else 'Zz' || (n % 4) || coalesce({0}, '') end"
SURE_TEXT: Final = "'Zz' || (n % 4) || {0}"
DAY: Final = "case when n % 3 = 0 then null else coalesce({0}, date '2026-01-01') - n::int end"
MOMENT: Final = "case when n % 3 = 0 then null else coalesce({0}, now()) - n * interval '1 day' end"
SURE_MOMENT: Final = "{0} - n * interval '1 day'"
SORT: Final = "case when n % 3 = 0 then null when {0} = 'AMOUNT' then 'PERCENT' else 'AMOUNT' end"
SPOKEN: Final = "case {0} when 'FR' then 'NL' when 'NL' then 'DE' else 'FR' end"
MONEY: Final = "case {0} when 'EUR' then 'CHF' else 'EUR' end"

COMPANY_TEXTS: Final = (
    "legal_form",
    "street",
    "street_number",
    "postcode",
    "city",
    "phone",
    "email",
    "website",
    "iban",
)

COLUMNS: Final[tuple[tuple[str, str, App, str], ...]] = (
    *(("company", column, App.COMPANY_INFO, TEXT) for column in COMPANY_TEXTS),
    ("company", "country", App.COMPANY_INFO, SURE_TEXT),
    ("contact", "language", App.FOREIGN_LANGUAGE_CUSTOMERS, SPOKEN),
    ("contact", "currency", App.CURRENCIES, MONEY),
    ("contact", "discount", App.DISCOUNTS, NUMBER),
    ("contact", "discount_type", App.DISCOUNTS, SORT),
    ("contact", "settlement_discount", App.DISCOUNTS, NUMBER),
    ("contact", "settlement_term_days", App.DISCOUNTS, COUNT),
    ("contact", "prospect_since", App.PROSPECTS, MOMENT),
    ("contact", "utm_source", App.PROSPECTS, TEXT),
    ("contact", "utm_medium", App.PROSPECTS, TEXT),
    ("contact", "utm_campaign", App.PROSPECTS, TEXT),
    ("contact", "channel", App.PROSPECTS, TEXT),
    ("product_group", "gl_account", App.GL_ACCOUNTS, TEXT),
    ("product_group", "profit_margin", App.PURCHASES, NUMBER),
    ("product", "purchase_price", App.PURCHASES, NUMBER),
    ("product", "profit_margin", App.PURCHASES, NUMBER),
    ("product", "currency", App.CURRENCIES, MONEY),
    ("product", "empty_goods_value", App.EMPTY_GOODS, NUMBER),
    ("product", "gl_account", App.GL_ACCOUNTS, TEXT),
    ("product", "ean", App.BARCODE_SCANNER, TEXT),
    ("product", "photo_url", App.PRODUCT_PHOTOS, TEXT),
    ("document", "sequence_number", App.NUMBERING, SURE_COUNT),
    ("document", "delivery_date", App.DELIVERY_DATE, DAY),
    ("document", "order_reference", App.ORDER_REFERENCE, TEXT),
    ("document", "language", App.FOREIGN_LANGUAGE_CUSTOMERS, SPOKEN),
    ("document", "currency", App.CURRENCIES, MONEY),
    ("document", "exchange_rate", App.CURRENCIES, SURE_NUMBER),
    ("document", "total_incl_base", App.CURRENCIES, SURE_NUMBER),
    ("document", "discount", App.DISCOUNTS, NUMBER),
    ("document", "discount_type", App.DISCOUNTS, SORT),
    ("document", "total_discount", App.DISCOUNTS, SURE_NUMBER),
    ("document", "settlement_discount", App.DISCOUNTS, NUMBER),
    ("document", "settlement_term_days", App.DISCOUNTS, COUNT),
    ("document", "top_text", App.EXTRA_TEXT_FIELDS, TEXT),
    ("document", "total_cost", App.PURCHASES, NUMBER),
    ("document", "total_profit", App.PURCHASES, NUMBER),
    ("document", "total_empty_goods", App.EMPTY_GOODS, NUMBER),
    ("document_line", "date", App.LINE_DATES, DAY),
    ("document_line", "discount", App.DISCOUNTS, NUMBER),
    ("document_line", "discount_type", App.DISCOUNTS, SORT),
    ("document_line", "purchase_price", App.PURCHASES, NUMBER),
    ("document_line", "profit_amount", App.PURCHASES, NUMBER),
    ("document_line", "empty_goods_value", App.EMPTY_GOODS, NUMBER),
    ("document_line", "gl_account", App.GL_ACCOUNTS, TEXT),
)
"""Secret columns, the app that shows them, and how to rewrite one."""

LEADS: Final = {
    "company": "{0}",
    "contact": "customers {{ nodes {{ {0} }} }}",
    "product_group": "productGroups {{ nodes {{ {0} }} }}",
    "product": "products {{ nodes {{ {0} }} }}",
    "document": "documents {{ nodes {{ ... on Invoice {{ {0} }} }} }}",
    "document_line": "documents {{ nodes {{ lines {{ {0} }} }} }}",
}
KINDS: Final = (
    ("QUOTE", App.QUOTES, "quotes"),
    ("INVOICE", App.INVOICES, "invoices"),
    ("CREDIT_NOTE", App.CREDIT_NOTES, "creditNotes"),
)

WORDS: Final = {
    "company": ("company", "companies", "node", "access", "can", "apps"),
    "contact": ("customers", "customer", "nodes", "totalCount"),
    "product_group": ("productGroups", "group", "products", "nodes"),
    "product": ("products", "product", "nodes", "totalCount"),
    "document": ("documents", "invoices", "quotes", "creditNotes", "nodes", "totalCount"),
    "document_line": ("documents", "invoices", "lines", "nodes"),
    "kind": (
        "documents",
        "invoices",
        "quotes",
        "creditNotes",
        "nodes",
        "edges",
        "node",
        "pageInfo",
        "totalCount",
        "kinds",
    ),
    "membership": (
        "users",
        "externalUsers",
        "permissionMatrix",
        "accessChanges",
        "access",
        "node",
        "nodes",
        "plan",
        "version",
    ),
}
"""Group of secrets -> names that are frequent in operations in which one may show, besides those of its columns."""


def words_of(group: str) -> tuple[str, ...]:
    """The names that are frequent in the operations of a group."""
    return (*WORDS[group], *(column for table, column, _, _ in COLUMNS if table == group))


OTHERS: Final = f"account_id <> '{key('account Full')}'"
MEMBERS: Final[tuple[tuple[str, str, str], ...]] = (
    ("language", SPOKEN, "users { nodes { language } }"),
    (
        "role",
        "case when external then role when role = 'OWNER' then 'EMPLOYEE' else 'OWNER' end",
        "users { nodes { role } }",
    ),
    ("accepted_at", MOMENT, "users { nodes { status } }"),
    ("created_at", SURE_MOMENT, "users { nodes { createdAt } }"),
    ("toggles", "~ toggles", "users { nodes { apps } }"),
    ("until", MOMENT, "externalUsers { until }"),
    ("created_by_accountant", "not created_by_accountant", "externalUsers { createdByAccountant }"),
)


def secrets() -> Iterator[Secret]:
    """Every secret."""
    for table, column, app, how in COLUMNS:
        name = _camel(column)
        yield Secret(f"{table}.{column}", app, (rewrite(table, column, how),), LEADS[table].format(name), table)
    for kind, app, list_ in KINDS:
        yield Secret(f"deleted {kind}", app, tuple(_delete(kind)), f"{list_} {{ totalCount }}", "kind")
        yield Secret(f"inserted {kind}", app, (_insert(kind),), f"{list_} {{ totalCount }}", "kind")
    yield from _secrets_of_owners()
    for app in (App.DISCOUNTS, App.INVOICES, App.COMPANY_INFO):
        yield Secret(f"activation of {app.value}", app, (_deactivate(app),), "access { apps }", "company")


def _secrets_of_owners() -> Iterator[Secret]:
    for column, how, shown in MEMBERS:
        change = rewrite("membership", column, how, OTHERS)
        yield Secret(f"membership.{column}", Role.OWNER, (change,), shown, "membership")
    others = f"id <> '{key('account Full')}'"
    statement = f"update account set email = 'zz.' || email, kind = 'ACCOUNTANT', office_name = 'Zz' where {others}"
    yield Secret("account", Role.OWNER, (statement,), "users { nodes { email } }", "membership")
    yield Secret("company.plan", Role.OWNER, (rewrite("company", "plan", "'FREE'"),), "plan", "membership")
    version = rewrite("company", "access_version", SURE_COUNT)
    yield Secret("company.access_version", Role.OWNER, (version,), "permissionMatrix { version }", "membership")
    gone = f"delete from access_change where {HERE} and kind <> 'TOGGLE'"
    yield Secret("access_change", Role.OWNER, (gone,), "accessChanges { totalCount }", "membership")
    external = f"update membership set removed_at = now() where {HERE} and external"
    yield Secret("external users", Role.OWNER, (external,), "externalUsers { id }", "membership")


def rewrite(table: str, column: str, how: str, which: str = "true") -> str:
    """The statement that gives other values to a column of company A's rows."""
    mine = f"id = '{COMPANY}'" if table == "company" else HERE
    numbered = f"select id, row_number() over (order by id) n from {table} where {mine} and {which}"
    same = "true" if table == "company" else f"t.{HERE}"
    return (
        f"update {table} t set {column} = {how.format(f't.{column}')} from ({numbered}) x where t.id = x.id and {same}"
    )


def _delete(kind: str) -> Iterator[str]:
    some = f"select id from document where {HERE} and kind = '{kind}' order by number limit 2"
    yield f"update document set source_document_id = null where {HERE} and source_document_id in ({some})"
    yield f"delete from document where {HERE} and id in ({some})"


def _insert(kind: str) -> str:
    columns = (
        "company_id, kind, sequence_number, date, due_date, status, customer_id, customer_name, total_excl, total_vat, "
        "total_incl, total_incl_base, discount, source_document_id"
    )
    other = f"select id from document o where {HERE} and o.kind <> '{kind}' and d.n % 2 = 0 limit 1"
    taken = columns.replace("source_document_id", f"({other})")
    numbered = f"select *, row_number() over (order by id) n from document where {HERE} and kind = '{kind}'"
    return f"insert into document (number, {columns}) select '0' || n, {taken} from ({numbered}) d"


def _deactivate(app: App) -> str:
    return f"update company set mask = set_bit(mask, {app.declared.position}, 0) where id = '{COMPANY}'"


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(map(str.capitalize, tail))
