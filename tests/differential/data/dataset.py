"""The fixed data set for comparing the oracle and the product: rows by table, and the viewers.

It is small and full of edge cases: nulls wherever possible, equal sort keys, names that need escaping, scales, people
whose access has not begun or has ended.
"""

import datetime
import hashlib
import itertools
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, partial
from typing import Any, Final

from asyncpg import BitString, Range

from db.connection import Connection
from db.declarations import Table
from db.tables import metadata
from schema.apps import CATALOGUE, App, AppKind
from tests.differential.data.filling import DAY, MOMENT, TEXTS, choices, filled, has_one_row, tenant_tables
from tests.differential.oracle.core import named_of
from tests.differential.oracle.gating import printed_schema

Record = dict[str, Any]

NEVER: Final = datetime.datetime(2999, 1, 1, tzinfo=datetime.UTC)
ENDLESS: Final = datetime.datetime.max.replace(tzinfo=datetime.UTC)
"""The driver's value for infinity."""

LONG_AGO: Final = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)

AMOUNTS: Final = ("0.00", "12.50", "12.50", "-3.10", "1000.00", "0.01", "99.99")

ALWAYS: Final = (App.CUSTOMERS, App.PRODUCTS)
GATES: Final = tuple(app for app in App if app not in ALWAYS)
"""The apps with gates; a test compares them with the schema."""

KEPT: Final = ("company_app", "app_grant")
"""The tables of the matrix history, which this file fills itself."""

SOME: Final = 15
"""Number of people of a company whose toggles have a history."""

DEFAULTED: Final = {
    "contact": ("name_key",),
    "membership": ("company_name", "company_name_key", "last_name_key"),
    "product": ("name_key",),
    "product_group": ("name_key",),
}
"""Columns that the database fills by itself."""

ORDER: Final = [table.name for table in metadata.sorted_tables]
BUILT_IN: Final = tuple(app for app, entry in CATALOGUE.items() if entry.kind in (AppKind.BASE, AppKind.PART))
ACTIVE: Final[dict[str, tuple[App, ...]]] = {
    "A": tuple(App),
    "B": tuple(app for app in App if app not in (App.DISCOUNTS, App.LINE_DATES, App.SHOPIFY)),
    "C": (*BUILT_IN, App.PURCHASES, App.DISCOUNTS, App.CURRENCIES, App.AGENDA),
}
"""The companies and their active apps. All are awake in A; some are above the plan, and sleep, in B and C."""


def key(name: str) -> uuid.UUID:
    """The key of the row with this name in this file."""
    return uuid.UUID(bytes=hashlib.sha256(name.encode()).digest()[:16])


def bits(apps: Iterable[App | int]) -> BitString:
    """A permission mask with the bits of these apps or positions."""
    on = {CATALOGUE[app].position if isinstance(app, App) else app for app in apps}
    text: Any = "".join("1" if place in on else "0" for place in range(256))
    return BitString(text)  # the stubs want bytes, the driver texts


@dataclass(frozen=True, slots=True)
class Viewer:
    """A viewer: a name for reports, and the token (None: anonymous)."""

    name: str
    token: str | None

    def __str__(self) -> str:
        return self.name


@dataclass(slots=True)
class DataSet:
    """Rows by table, in an order that foreign keys allow, and the viewers."""

    tables: dict[str, list[Record]] = field(default_factory=dict[str, list[Record]])
    viewers: list[Viewer] = field(default_factory=list[Viewer])

    def add(self, table: str, **columns: Any) -> Record:
        """Add a row."""
        self.tables.setdefault(table, []).append(columns)
        return columns

    def viewer(self, name: str) -> Viewer:
        """The viewer of that name."""
        return next(viewer for viewer in self.viewers if viewer.name == name)

    async def write(self, connection: Connection) -> None:
        """Copy the rows into a migrated, empty database."""
        for table, rows in sorted(self.tables.items(), key=lambda item: ORDER.index(item[0])):
            records = [tuple(row.values()) for row in rows]
            await connection.copy_records_to_table(table, records=records, columns=list(rows[0]))


@cache
def build() -> DataSet:
    """Build the data set, once: nobody changes it."""
    data = DataSet()
    for number, company in enumerate(ACTIVE):
        _company(data, company, number)
    _people(data)
    for company in ACTIVE:
        _things(data, company)
        _documents(data, company)
        _history(data, company)
        _requests(data, company)
        _periods(data, company)
    _complete(data)
    _agree(data)
    _sign(data)
    return data


def _sign(data: DataSet) -> None:
    """Name the accounts that wrote a row last, and first."""
    for table in tenant_tables():
        writers = {company: _actors(data, company) for company in ACTIVE}
        for row in data.tables[table.name] if "updated_by" in table.columns else ():
            company = next(name for name in ACTIVE if key(f"company {name}") == row["company_id"])
            row |= {"created_by": next(writers[company]), "updated_by": next(writers[company])}


def _agree(data: DataSet) -> None:
    """Set the column of rows that repeats the kind of their document."""
    kinds = {row["id"]: row["kind"] for row in data.tables["document"]}
    for rows in data.tables.values():
        for row in rows:
            if {"document_id", "document_kind"} <= row.keys():
                row["document_kind"] = kinds.get(row["document_id"])


def _complete(data: DataSet) -> None:
    """Fill the missing columns of every row, and add rows to the remaining tables of companies."""
    for table in tenant_tables():
        if table.name in KEPT:
            continue
        by_hand = data.tables.get(table.name)
        rows = by_hand or [
            {"company_id": key(f"company {company}"), **_named(table, company, n)}
            for company in ACTIVE
            for n in range(_count(table))
        ]
        counts = defaultdict[Any, int](int)
        data.tables[table.name] = [
            filled(table, _next(counts, row["company_id"]), {**dict.fromkeys(DEFAULTED.get(table.name, ())), **row},
                   partial(_keys, data, row["company_id"]))
            for row in rows
        ]  # fmt: skip


def _named(table: Table, company: str, n: int) -> Record:
    """The key of a row; in a private table every second row is the owner's, the others have no person."""
    named = {"id": key(f"{table.name} {company} {n}")} if "id" in table.columns else {}
    owner = key(f"membership {_owner(company)} {company} ") if n % 2 == 0 else None
    return {**named, table.info["private"]: owner} if table.info.get("private") else named


def _owner(company: str) -> str:
    return "Olga" if company == "A" else "Piet"


def _count(table: Table) -> int:
    """The number of rows of a table: enough for every value that its checks allow."""
    return 1 if has_one_row(table) else max(8, *map(len, choices(table).values()), 0)


def _next(counts: defaultdict[Any, int], company: Any) -> int:
    counts[company] += 1
    return counts[company] - 1


def _keys(data: DataSet, company: uuid.UUID, table: str) -> list[uuid.UUID]:
    """The keys of a table's rows in a company; all keys for a table without companies."""
    return [row["id"] for row in data.tables.get(table, ()) if row.get("company_id", company) == company]


def _text(n: int) -> str:
    return TEXTS[n % len(TEXTS)]


def _maybe(n: int, value: Any) -> Any:
    """The value, or None in a third of the rows."""
    return None if n % 3 == 1 else value


def _company(data: DataSet, name: str, n: int) -> None:
    data.add(
        "company",
        id=key(f"company {name}"),
        name=("Zeta \\ Ça", "alpha", "Zeta \\ Ça")[n],
        vat_number=(None, "BE0123", "BE0999")[n],
        enterprise_number=_maybe(n, f"0{n}"),
        legal_form=_maybe(n, "BV"),
        street=('Rue "d\'Or"', None, "Kerkstraat")[n],
        street_number=_maybe(n, "1 b"),
        postcode=_maybe(n, "1000"),
        city=_maybe(n, "Liège"),
        country="BE",
        phone=_maybe(n, "+32 2"),
        email=_maybe(n, f"{name}@example.test"),
        website=_maybe(n, "https://example.test"),
        iban=_maybe(n, "BE68"),
        further_ibans=([], ["BE43"], ["BE43", 'BE"9'])[n],
        language="FR",
        currency="EUR",
        plan=("PREMIUM", "PRO", "FREE")[n],
        trial_ends_at=(NEVER, MOMENT + datetime.timedelta(hours=1), None)[n],
        mask=bits(ACTIVE[name]),
        plan_mask=bits(()),  # a trigger knows better
        access_version=n + 3,
        created_at=MOMENT,
        support_until=(NEVER, None, MOMENT)[n],
    )


# --- people ---------------------------------------------------------------------------------------------------------


def _account(data: DataSet, name: str, *, kind: str = "MEMBER", language: str = "FR", signed_in: bool = True) -> None:
    data.add(
        "account",
        id=key(f"account {name}"),
        email=f"{name.lower().replace(' ', '.')}@example.test",
        password_hash=None,
        first_name=f"First {name}",
        last_name=f"Last {name}",
        language=language,
        kind=kind,
        office_name="Bureau & fils" if kind == "ACCOUNTANT" else None,
        confirmed=kind != "SUPPORT",
        created_at=MOMENT,
    )
    if signed_in:
        data.viewers.append(Viewer(name, f"token of {name}"))
    sessions = (f"token of {name}", NEVER), (f"second of {name}", NEVER), (f"old of {name}", LONG_AGO)
    for n, (token, expires_at) in enumerate(sessions):
        data.add(
            "credential",
            id=key(f"{token} {name}"),
            token_hash=hashlib.sha256(token.encode()).digest(),
            account_id=key(f"account {name}"),
            kind="SESSION",
            user_agent=_maybe(n, 'Agent "1"'),
            created_at=MOMENT + datetime.timedelta(days=n % 2),
            last_used_at=_maybe(n + 1, MOMENT),
            expires_at=expires_at,
            **_NO_KEY,
        )
    for n, expires_at in enumerate((ENDLESS, NEVER, LONG_AGO)):
        data.add(
            "credential",
            id=key(f"key {n} of {name}"),
            token_hash=hashlib.sha256(f"enk_{n} of {name}".encode()).digest(),
            account_id=key(f"account {name}"),
            kind="API_KEY",
            user_agent=None,
            created_at=MOMENT + datetime.timedelta(days=n),
            last_used_at=_maybe(n, MOMENT),
            expires_at=expires_at,
            label=f'Key "{n}"',
            last4=f"-{n}_é",
            hidden_fields=("NULL", "ERROR", "ABSENT")[n],
            read_only=n == 0,
            company_id=key("company A") if n == 1 else None,
            closed=[key("company B")] if n == 0 else [],
            apps=bits((*ALWAYS, App.API_ACCESS, App.QUOTES)) if n == 1 else bits(range(256)),
        )


_NO_KEY: Final[dict[str, Any]] = {
    "label": None, "last4": None, "hidden_fields": None, "read_only": False, "company_id": None, "closed": [],
    "apps": bits(range(256)),
}  # fmt: skip


_ORDINAL: Final = "membership"


def _join(data: DataSet, name: str, company: str, apps: Iterable[App] = (), **columns: Any) -> None:
    n = len(data.tables.get(_ORDINAL, ()))
    data.add(
        "membership",
        **{
            "company_id": key(f"company {company}"),
            "id": key(f"membership {name} {company} {columns.get('removed_at', '')}"),
            "account_id": key(f"account {name}"),
            "role": "EMPLOYEE",
            "external": False,
            "first_name": f"Called {name}",
            "last_name": ("Éva", "de Wit", "Same", "Same")[n % 4],
            "language": ("FR", "NL", "EN", "DE")[n % 4],
            "toggles": bits((*ALWAYS, *apps)),
            "lent": bits(()),
            "lent_until": None,
            "created_by_accountant": n % 5 == 0,
            "stands_in": False,
            "created_at": MOMENT + datetime.timedelta(hours=n // 3),
            "accepted_at": MOMENT,
            "until": None,
            "removed_at": None,
            **columns,
        },
    )


def everything_but(app: App) -> str:
    """The name of the viewer with all toggles on in company A except this one."""
    return f"All but {app.value}"


def nothing_but(app: App) -> str:
    """The name of the viewer with all toggles off in company A except this one."""
    return f"Only {app.value}"


def _people(data: DataSet) -> None:
    _account(data, "Olga")
    _account(data, "Piet", language="NL")
    for company in ACTIVE:
        _join(data, _owner(company), company, role="OWNER")
    _account(data, "Full")
    _join(data, "Full", "A", App)
    _account(data, "Two", language="EN")
    _join(data, "Two", "A", (App.INVOICES, App.DISCOUNTS, App.NUMBERING))
    _join(data, "Two", "B", (App.QUOTES, App.CREDIT_NOTES, App.DISCOUNTS, App.PURCHASES))
    _join(data, "Two", "C", role="OWNER")
    _account(data, "Compta", kind="ACCOUNTANT", language="DE")
    for company in ACTIVE:
        _join(data, "Compta", company, role=None, external=True, until=NEVER if company == "B" else None)
    _account(data, "Helper", kind="SUPPORT")
    _join(data, "Helper", "A", role=None, external=True, until=LONG_AGO)
    _account(data, "Pending", signed_in=True)
    _join(data, "Pending", "A", App, accepted_at=None)
    _join(data, "Pending", "C", role=None, external=True, accepted_at=None)
    _account(data, "Removed")
    _join(data, "Removed", "A", App, role="OWNER", removed_at=MOMENT)
    _join(data, "Removed", "A", (App.QUOTES,))
    _join(data, "Removed", "B", App, removed_at=MOMENT)
    _account(data, "Expired")
    _join(data, "Expired", "A", App, until=LONG_AGO)
    _join(data, "Expired", "B", (App.INVOICES,), until=NEVER)
    _account(data, "Lent")
    lent = {"lent": bits((App.DISCOUNTS, App.PURCHASES)), "lent_until": LONG_AGO}
    _join(data, "Lent", "A", (App.INVOICES, App.DISCOUNTS, App.PURCHASES, App.API_ACCESS), **lent)
    _join(data, "Lent", "B", (App.PURCHASES, App.CREDIT_NOTES), **{**lent, "lent_until": NEVER})
    _join(data, "Lent", "C", (App.DISCOUNTS,), role="OWNER", **lent)
    for app in GATES:
        _account(data, everything_but(app))
        _join(data, everything_but(app), "A", (other for other in App if other is not app))
        _account(data, nothing_but(app))
        _join(data, nothing_but(app), "A", (app,))
        _join(data, nothing_but(app), "B", (other for other in App if other is not app))
    _account(data, "Founder", kind="ACCOUNTANT")
    _join(data, "Founder", "B", role=None, external=True, created_by_accountant=True, stands_in=True)
    data.viewers.append(Viewer("Nobody", None))


# --- customers and products -----------------------------------------------------------------------------------------


def _things(data: DataSet, company: str) -> None:
    of = {"company_id": key(f"company {company}")}
    for n in range(9):
        data.add("contact", **of, **_contact(company, n))
    for n in range(7):
        data.add(
            "contact_person",
            **of,
            id=key(f"person {company} {n}"),
            customer_id=key(f"contact {company} {n % 3}"),
            first_name=_text(n),
            last_name=("Same", "Same", "other")[n % 3],
            email=_maybe(n, f"p{n}@example.test"),
            phone=_maybe(n + 1, "0470"),
            job_title=_maybe(n + 2, _text(n + 3)),
        )
    for n in range(6):
        customer, kind = key(f"contact {company} {n % 4}"), ("DELIVERY", "SITE")[n % 2]
        data.add("contact_address", **of, id=key(f"address {company} {n}"), customer_id=customer, kind=kind)
    for n in range(3):
        data.add(
            "product_group",
            **of,
            id=key(f"group {company} {n}"),
            name=("Bières", "bières", "Bières")[n],
            gl_account=_maybe(n, "700000"),
            profit_margin=_maybe(n + 1, Decimal("33.30")),
        )
    for n in range(8):
        data.add("product", **of, **_product(company, n))


PROSPECTS: Final = (7, 8)
"""The contacts that are neither customers nor suppliers; of them the last one is deleted."""

SUPPLIERS: Final = (0, 2, 3, 5, 6)
"""The contacts that are suppliers too; one is deleted."""


def _contact(company: str, n: int) -> Record:
    return {
        "id": key(f"contact {company} {n}"),
        "sequence_number": n + 1,
        "number": f"C{n + 1:05}",
        "name": _text(n),
        "vat_number": _maybe(n, f"BE0{n}"),
        "is_customer": n not in PROSPECTS,
        "is_supplier": n in SUPPLIERS,
        "street": _maybe(n, _text(n + 1)),
        "street_number": _maybe(n + 1, "12/3"),
        "postcode": _maybe(n + 2, ("1000", "4000")[n % 2]),
        "city": _maybe(n, ("Liège", "liège", "Gent")[n % 3 - 2]),
        "country": "BE",
        "language": ("FR", "NL", "EN", "DE")[n % 4],
        "currency": ("EUR", "USD")[n % 2],
        "phone": _maybe(n, "02"),
        "mobile": _maybe(n + 1, "0470"),
        "email": _maybe(n + 2, f"Klant{n}@Example.test"),
        "website": _maybe(n, "http://k"),
        "vat_exception": _maybe(n + 1, "45"),
        "payment_term_days": (30, 0, 60)[n % 3],
        "discount": _maybe(n, Decimal(("5.00", "0.00", "5.00", "12.50")[n % 4])),
        "discount_type": _maybe(n, ("AMOUNT", "PERCENT")[n % 2]),
        "settlement_discount": _maybe(n + 1, Decimal("2.00")),
        "settlement_term_days": _maybe(n + 2, 8),
        "prospect_since": _maybe(n, MOMENT + datetime.timedelta(microseconds=n)),
        "utm_source": _maybe(n, "src"),
        "utm_medium": _maybe(n + 1, "med"),
        "utm_campaign": _maybe(n + 2, "camp"),
        "channel": _maybe(n, ("Fair", "fair", "web")[n % 3 - 1]),
        "note": _maybe(n + 1, _text(n + 4)),
        "created_at": MOMENT + datetime.timedelta(days=n // 3),
    }


def _product(company: str, n: int) -> Record:
    return {
        "id": key(f"product {company} {n}"),
        "group_id": _maybe(n, key(f"group {company} {n % 2}")),
        "sequence_number": n + 1,
        "number": f"P{n // 2}",
        "name": _text(n + 1),
        "text": _maybe(n + 1, _text(n)),
        "price": Decimal(("10.0000", "10.0000", "0.1234", "99999.9999")[n % 4]),
        "vat_rate": Decimal(("21.00", "6.00", "0.00")[n % 3]),
        "vat_type": ("EXCL", "INCL")[n % 2],
        "purchase_price": _maybe(n, Decimal(("7.5000", "0.0000", "7.5000")[n % 3])),
        "profit_margin": _maybe(n + 1, Decimal(("30.00", "-5.00")[n % 2])),
        "currency": ("EUR", "USD")[n % 2],
        "empty_goods_value": _maybe(n + 2, Decimal("4.50")),
        "gl_account": _maybe(n, "700100"),
        "ean": _maybe(n + 1, f"541000{n}"),
        "photo_url": _maybe(n + 2, "https://x/p.jpg"),
        "note": _maybe(n, _text(n + 5)),
        "created_at": MOMENT,
    }


# --- documents ------------------------------------------------------------------------------------------------------

KINDS: Final = (
    *("QUOTE", "INVOICE", "CREDIT_NOTE", "INVOICE") * 3,
    "QUOTE",
    *("ORDER_CONFIRMATION", "DELIVERY_NOTE", "PAYMENT_REQUEST", "CASH_TICKET") * 3,
    *("PURCHASE_SLIP", "PURCHASE_ORDER", "PURCHASE", "PURCHASE_SLIP") * 3,
)
"""The kind of each document."""


TYPES: Final = ("LINE", "COST", "SECTION")
"""The types of lines, in turn; the first line of every third document is a title."""


def _statuses(kind: str) -> tuple[str, ...]:
    """The values of the enum of a kind's statuses."""
    type_ = printed_schema().type_map.get("".join(map(str.capitalize, kind.split("_"))))
    return tuple(named_of(type_.fields["status"].type).values) if type_ is not None else ("DRAFT",)


def _made_of(kind: str, n: int) -> int | None:
    """The number of the source document, None without one."""
    match kind:
        case "QUOTE" | "CASH_TICKET" | "PURCHASE_SLIP" | "PURCHASE_ORDER":
            return None
        case "INVOICE":
            return _maybe(n, n // 4 * 4)
        case _:
            return _maybe(n, n - 1)


def _documents(data: DataSet, company: str) -> None:
    of = {"company_id": key(f"company {company}")}
    places = itertools.count()
    for n in range(len(KINDS)):
        data.add("document", **of, **_document(company, n))
    for n in range(len(KINDS)):
        for position in range(n % 5):
            place = next(places)
            title = position == 0 and n % 3 == 0
            line = {**_line(company, place, position), "type": "SECTION" if title else TYPES[place % 3]}
            data.add("document_line", **of, document_id=key(f"document {company} {n}"), **line)


def _document(company: str, n: int) -> Record:
    kind, made_of = KINDS[n], _made_of(KINDS[n], n)
    customer = None if kind in ("PURCHASE_ORDER", "PURCHASE") else _maybe(n + 1, n % 4)
    return {
        "id": key(f"document {company} {n}"),
        "kind": kind,
        "number": f"{kind[0]}/{n // 2}" if n < 13 else f"{kind}/{n}",
        "sequence_number": n + 100,
        "date": DAY + datetime.timedelta(days=n // 4),
        "due_date": _maybe(n + 2, DAY + datetime.timedelta(days=30 + n % 2)) if kind == "INVOICE" else None,
        "expiration_date": _maybe(n // 4, DAY + datetime.timedelta(days=15)) if kind == "QUOTE" else None,
        "delivery_date": _maybe(n, DAY + datetime.timedelta(days=n % 3)),
        "order_reference": _maybe(n + 1, ("PO-1", "po-1", _text(n))[n % 3]),
        "status": _statuses(kind)[n // 4 % len(_statuses(kind))],
        "customer_id": None if customer is None else key(f"contact {company} {customer}"),
        "customer_name": None if customer is None else _text(customer),
        "delivery_address_id": _maybe(n // 4, key(f"address {company} {n % 3 * 2 + (n == 3)}")),
        "site_address_id": _maybe(n // 4 + 1, key(f"address {company} {n % 3 * 2 + (n != 5)}")),
        "language": ("FR", "NL", "EN", "DE")[n % 4],
        "currency": ("EUR", "USD")[n % 2],
        "exchange_rate": Decimal(("1.000000", "0.912345")[n % 2]),
        "vat_type": ("EXCL", "INCL")[n % 2],
        "discount": _maybe(n // 2, Decimal(("5.00", "10.00", "0.00")[n % 3])),
        "discount_type": _maybe(n // 2, ("PERCENT", "AMOUNT")[n % 2]),
        "settlement_discount": _maybe(n, Decimal("2.50")),
        "settlement_term_days": _maybe(n + 1, 8),
        "top_text": _maybe(n + 2, _text(n)),
        "text": _maybe(n, _text(n + 1)),
        "total_excl": Decimal(AMOUNTS[n % 7]),
        "total_vat": Decimal(AMOUNTS[(n + 1) % 7]),
        "total_incl": Decimal(AMOUNTS[(n // 2) % 7]),
        "total_incl_base": Decimal(AMOUNTS[(n + 3) % 7]),
        "total_discount": Decimal(("0.00", "1.25", "1.25")[n % 3]),
        "total_cost": _maybe(n, Decimal(AMOUNTS[(n + 4) % 7])),
        "total_profit": _maybe(n // 2, Decimal(AMOUNTS[(n + 5) % 7])),
        "total_empty_goods": _maybe(n + 2, Decimal("4.50")),
        "structured_communication": _maybe(n + 1, "+++090/9337/55493+++"),
        "locked": n % 2 == 0,
        "source_document_id": None if made_of is None else key(f"document {company} {made_of}"),
        "created_by": None,
        "created_at": MOMENT,
    }


def _line(company: str, n: int, position: int) -> Record:
    return {
        "id": key(f"line {company} {n}"),
        "position": position + 1,
        "product_id": _maybe(n, key(f"product {company} {n % 6}")),
        "name": _text(n),
        "text": _maybe(n + 1, _text(n + 2)),
        "date": _maybe(n + 2, DAY),
        "quantity": Decimal(("1.000", "2.500", "-1.000")[n % 3]),
        "price": Decimal(("10.0000", "0.0500")[n % 2]),
        "vat_rate": Decimal("21.00"),
        "discount": _maybe(n, Decimal("3.00")),
        "discount_type": _maybe(n, ("PERCENT", "AMOUNT")[n % 2]),
        "purchase_price": _maybe(n + 1, Decimal("6.6000")),
        "profit_amount": _maybe(n + 2, Decimal("3.40")),
        "empty_goods_value": _maybe(n, Decimal("0.10")),
        "gl_account": _maybe(n + 1, "700200"),
        "total_excl": Decimal("10.00"),
        "total_vat": Decimal("2.10"),
        "total_incl": Decimal("12.10"),
    }


# --- history --------------------------------------------------------------------------------------------------------

NEWER: Final = ("plan_before", "plan_after", "until_before")
CHANGES: Final[tuple[Record, ...]] = (
    {"kind": "USER_INVITED", "role_after": "EMPLOYEE"},
    {"kind": "TOGGLE", "app_id": "DISCOUNTS", "before": False, "after": True},
    {"kind": "ROLE", "role_before": "OWNER", "role_after": "EMPLOYEE"},
    {"kind": "EXTERNAL_ADDED", "until": NEVER},
    {"kind": "APP_ACTIVATED", "app_id": "PEPPOL", "before": False, "after": True},
    {"kind": "USER_DELETED"},
    {"kind": "PLAN", "plan_before": "PREMIUM", "plan_after": "FREE"},
    {"kind": "TRIAL", "until_before": MOMENT + datetime.timedelta(seconds=2), "until": NEVER},
)


def _members(data: DataSet, company: str) -> Iterator[uuid.UUID | None]:
    members = [row["id"] for row in data.tables["membership"] if row["company_id"] == key(f"company {company}")]
    while True:
        yield from (members[0], members[1], None, *members[2:9])


def _actors(data: DataSet, company: str) -> Iterator[uuid.UUID | None]:
    """An endless series of actors: current and former members of a company, an account outside of it, and None."""
    here = [row["account_id"] for row in data.tables["membership"] if row["company_id"] == key(f"company {company}")]
    outside = next(row["id"] for row in data.tables["account"] if row["id"] not in here)
    left = [row["account_id"] for row in data.tables["membership"] if row["removed_at"] and row["account_id"] in here]
    while True:
        yield from (here[0], None, here[1], outside, *left, here[-1])


def _history(data: DataSet, company: str) -> None:
    members, actors = _members(data, company), _actors(data, company)
    nothing = dict.fromkeys(("app_id", "before", "after", "role_before", "role_after", "until", *NEWER))
    for n in range(10):
        data.add(
            "access_change",
            company_id=key(f"company {company}"),
            id=key(f"change {company} {n}"),
            at=MOMENT + datetime.timedelta(seconds=n // 2),
            actor_id=next(actors),
            membership_id=next(members),
            **{**nothing, **CHANGES[n % len(CHANGES)]},
        )


def _requests(data: DataSet, company: str) -> None:
    """Add requests for access of the company's people, some of them decided."""
    here = key(f"company {company}")
    users = [row for row in data.tables["membership"] if row["company_id"] == here and not row["external"]]
    for n, app in enumerate([*App][2:12]):
        state = ("OPEN", "GRANTED", "OPEN", "DECLINED")[n % 4]
        decided = state != "OPEN"
        data.add(
            "access_request",
            company_id=here,
            id=key(f"access request {company} {n}"),
            user_id=users[n % len(users)]["id"],
            app_id=app.name,
            reason=TEXTS[n % len(TEXTS)],
            state=state,
            created_at=MOMENT + datetime.timedelta(minutes=n // 2),
            decided_at=MOMENT + datetime.timedelta(hours=n) if decided else None,
            decided_by=users[0]["account_id"] if decided else None,
        )


def _periods(data: DataSet, company: str) -> None:
    """Add the periods of active apps and of some people's toggles: all current ones, and some that ended."""
    here, active = key(f"company {company}"), ACTIVE[company]
    for n, app in enumerate(App):
        if app in active or n % 3 == 0:
            valid = _period(n, ended=app not in active)
            data.add("company_app", company_id=here, app_id=app.name, valid=valid)
    members = [row for row in data.tables["membership"] if row["company_id"] == here]
    for m, member in enumerate(members):
        on = member["toggles"].as_string().replace(" ", "")
        for n, app in enumerate(App if m < SOME else ALWAYS):
            is_on = on[CATALOGUE[app].position] == "1"
            if is_on or (m + n) % 5 == 0:
                valid = Range(LONG_AGO, None) if app in ALWAYS else _period(m + n, ended=not is_on)
                grant = {"membership_id": member["id"], "app_id": app.name, "valid": valid}
                data.add("app_grant", company_id=here, **grant, until=_end(member, app, m + n, is_on=is_on))


def _end(member: dict[str, Any], app: App, n: int, *, is_on: bool) -> datetime.datetime | None:
    """The end that a grant was given with: as the member has it, else of every fourth, which is lent if it is on."""
    mask = member["lent"].to_int()
    if _has(mask, app):
        return member["lent_until"]
    if app in ALWAYS or n % 4 or member["external"] or member["lent_until"] not in (None, NEVER):
        return None
    if is_on:
        lent = (other for other in App if _has(mask, other))
        member |= {"lent": bits((*lent, app)), "lent_until": NEVER}
    return NEVER


def _has(mask: int, app: App) -> bool:
    return mask >> (255 - CATALOGUE[app].position) & 1 == 1


def _period(n: int, *, ended: bool) -> "Range[datetime.datetime]":
    begin = MOMENT + datetime.timedelta(minutes=30 * (n % 4 - 1))
    return Range(begin, begin + datetime.timedelta(hours=1 + n % 2) if ended else None)
