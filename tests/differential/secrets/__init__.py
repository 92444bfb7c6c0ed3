"""Secrets, listed by hand and not derived from the schema: columns and rows, with the gate that shows them.

Only the names of apps come from the declarations. Each module of this package has `COLUMNS` (secret columns), `LEADS`
(the selection on company A that reads a table's columns, by table) and `WORDS` (names that are frequent in operations
that may show a secret, beside its columns; by group of secrets, which is a table).
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final

from db.tables import metadata
from schema.apps import App
from schema.declarations.gates import Gate
from schema.roles import Role
from tests.differential.data.dataset import everything_but, key
from tests.differential.secrets.rewriting import MOMENT, SPOKEN, SURE_COUNT, SURE_MOMENT, Column

COMPANY: Final = key("company A")
HERE: Final = f"company_id = '{COMPANY}'"


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that only viewers who hold `gate` may notice.

    `changes` are SQL statements that change it, `shown` is the selection of company A that reads it, and `group` names
    the operations in which it may show.
    """

    name: str
    gate: Gate
    changes: tuple[str, ...]
    shown: str
    group: str

    @property
    def stranger(self) -> str:
        """The name of the viewer who holds everything except the gate."""
        return everything_but(self.gate) if isinstance(self.gate, App) else "Full"

    def __str__(self) -> str:
        return self.name


_MODULES: Final[list[Any]] = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
COLUMNS: Final[tuple[Column, ...]] = tuple(column for module in _MODULES for column in getattr(module, "COLUMNS", ()))
LEADS: Final[dict[str, str]] = {
    table: lead for module in _MODULES for table, lead in getattr(module, "LEADS", {}).items()
}
WORDS: Final[defaultdict[str, tuple[str, ...]]] = defaultdict(tuple)
for _module in _MODULES:
    for _group, _words in getattr(_module, "WORDS", {}).items():
        WORDS[_group] += _words

KINDS: Final = (
    ("QUOTE", App.QUOTES, "quotes"),
    ("INVOICE", App.INVOICES, "invoices"),
    ("CREDIT_NOTE", App.CREDIT_NOTES, "creditNotes"),
    ("ORDER_CONFIRMATION", App.ORDER_CONFIRMATIONS, "orderConfirmations"),
    ("DELIVERY_NOTE", App.DELIVERY_NOTES, "deliveryNotes"),
    ("PAYMENT_REQUEST", App.PAYMENT_REQUESTS, "paymentRequests"),
    ("CASH_TICKET", App.CASH_TICKETS, "cashTickets"),
    ("PURCHASE_SLIP", App.SELF_BILLING, "purchaseSlips"),
    ("PURCHASE_ORDER", App.PURCHASE_ORDERS, "purchaseOrders"),
    ("PURCHASE", App.PURCHASES, "purchases"),
)


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
    """All secrets."""
    for table, column, gate, how in COLUMNS:
        lead = LEADS.get(f"{table}.{column}") or LEADS[table]
        shown = lead.format(_camel(column))
        yield Secret(f"{table}.{column}", gate, (rewrite(table, column, how),), shown, table)
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
    until = rewrite("company", "support_until", MOMENT)
    yield Secret("company.support_until", Role.OWNER, (until,), "supportUntil", "membership")
    yield Secret("company.plan", Role.OWNER, (rewrite("company", "plan", "'FREE'"),), "plan", "membership")
    trial = rewrite("company", "trial_ends_at", MOMENT)
    yield Secret("company.trial_ends_at", Role.OWNER, (trial,), "trialEndsAt", "membership")
    version = rewrite("company", "access_version", SURE_COUNT)
    yield Secret("company.access_version", Role.OWNER, (version,), "permissionMatrix { version }", "membership")
    own = f"select id from membership where account_id = '{key('account Full')}'"
    theirs = f"(membership_id is null or membership_id not in ({own}))"
    gone = f"delete from access_change where {HERE} and kind <> 'TOGGLE' and {theirs}"
    yield Secret("access_change", Role.OWNER, (gone,), "accessChanges { totalCount }", "membership")
    external = f"update membership set removed_at = now() where {HERE} and external"
    yield Secret("external users", Role.OWNER, (external,), "externalUsers { id }", "membership")


def rewrite(table: str, column: str, how: str, which: str = "true") -> str:
    """The statement that changes the values of a column in company A's rows."""
    if "id" not in metadata.tables[table].columns:
        return f'update {table} t set "{column}" = {how.format(f"t.{column}")} from (select 1 n) x where t.{HERE}'
    mine = f"id = '{COMPANY}'" if table == "company" else HERE
    numbered = f"select id, row_number() over (order by id) n from {table} where {mine} and {which}"
    same = "true" if table == "company" else f"t.{HERE}"
    value = how.format(f"t.{column}")
    return f'update {table} t set "{column}" = {value} from ({numbered}) x where t.id = x.id and {same}'


def _delete(kind: str) -> Iterator[str]:
    """Statements that delete two documents of a kind, and the references to them.

    Invoices with a collection case are left out: the case has an app of its own, and legitimately reveals its invoice.
    """
    free = f"id not in (select invoice_id from collection_case where {HERE})"
    some = f"select id from document where {HERE} and kind = '{kind}' and {free} order by number limit 2"
    for table in metadata.tables.values():
        for reference in table.foreign_keys:
            if reference.target == "document":
                column = next(name for name in reference.columns if name != "company_id")
                where = f"where {HERE} and {column} in ({some})"
                null = table.columns[column].nullable
                yield (
                    f"update {table.name} set {column} = null {where}" if null else f"delete from {table.name} {where}"
                )
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
