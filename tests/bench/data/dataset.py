"""The benchmark's data: the same rows every time, loaded by COPY.

There are 200 companies, each with 20 members, 500 customers and 500 invoices of 4 lines, and 938 small companies of one
accountant, who can enter 1,000 companies in all.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Final, cast

from db.connection import Connection
from db.tables.metadata import APPS
from schema.apps import CATALOGUE, App, AppKind

COMPANIES: Final = 200
MEMBERS: Final = 20
CUSTOMERS: Final = 500
INVOICES: Final = 500
LINES: Final = 4
QUOTES: Final = 100
CREDIT_NOTES: Final = 40
GROUPS: Final = 8
PRODUCTS: Final = 120
CLIENTS: Final = 62
"""Number of companies of the first accountant; the second one can enter these and the small ones."""
SMALL: Final = 1_000 - CLIENTS
SMALL_INVOICES: Final = 3

FIRST_KEY: Final = 0x018C_C250_0000_7000_8000_0000_0000_0000
FIRST_DAY: Final = date(2024, 1, 1)
DAYS: Final = 1_000
CREATED: Final = "2024-01-01 08:00:00+00"
EXPIRES: Final = "2126-01-01 00:00:00+00"
CITIES: Final = ("Bruxelles", "Liege", "Namur", "Gent", "Antwerpen", "Mons", "Brugge", "Leuven", "Hasselt", "Arlon")
FIRST_NAMES: Final = ("Marie", "Luc", "Sofie", "Noah", "Eva", "Thomas", "Julie", "Bram", "Nora", "Louis")
LAST_NAMES: Final = (
    "Peeters",
    "Lambert",
    "Dubois",
    "Janssens",
    "Maes",
    "Jacobs",
    "Simon",
    "Claes",
    "Wouters",
    "Renard",
)
GOODS: Final = ("Boiler", "Valve", "Pump", "Radiator", "Thermostat", "Pipe", "Fitting", "Burner", "Filter", "Labour")
FAR: Final = "2126-01-01"
INVOICE_STATUSES: Final = ("DRAFT", "SENT", "PAID", "PAID", "PAID", "OVERDUE")
QUOTE_STATUSES: Final = ("DRAFT", "SENT", "ACCEPTED", "REFUSED", "EXPIRED")
CREDIT_NOTE_STATUSES: Final = ("DRAFT", "SENT", "SETTLED")

Row = tuple[str | None, ...]
Progress = Callable[[int, int], None]

COLUMNS: Final = {
    "account": "id email first_name last_name language kind office_name confirmed created_at",
    "company": "id name vat_number enterprise_number legal_form street street_number postcode city phone email website "
    "iban plan mask plan_mask created_at",
    "membership": "company_id company_name id account_id role external first_name last_name toggles created_at "
    "accepted_at",
    "credential": "id token_hash account_id expires_at",
    "company_app": "company_id app_id valid",
    "app_grant": "company_id membership_id app_id valid",
    "product_group": "company_id id name",
    "product": "company_id id group_id sequence_number number name price vat_rate purchase_price created_at",
    "contact": "company_id id sequence_number number name kind vat_number street street_number postcode city phone "
    "email payment_term_days discount created_at",
    "document": "company_id id kind number sequence_number date due_date expiration_date status customer_id "
    "customer_name order_reference discount total_excl total_vat total_incl total_incl_base total_discount total_cost "
    "total_profit created_at",
    "document_line": "company_id id document_id position product_id name quantity price vat_rate discount "
    "purchase_price total_excl total_vat total_incl",
    "counter": "company_id kind next",
}


def key(table: str, *place: int) -> uuid.UUID:
    """The key of a row: in the form of a uuidv7, increasing with its place, the same in every run."""
    number = 0
    for part in place:
        number = number * 4_096 + part
    kind = list(COLUMNS).index(table) + 1
    return uuid.UUID(int=FIRST_KEY | kind << 48 | number)


def token(role: str, number: int) -> str:
    """The token of a session: `owner`, `employee` (of a company) or `accountant`."""
    return f"bench-{role}-{number}"


def global_id(prefix: str, table: str, *place: int) -> str:
    """The global id of a row."""
    return f"{prefix}_{key(table, *place).hex}"


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one table."""

    table: str
    rows: Iterable[Row]


def batches() -> Iterator[Batch]:
    """All rows, parents before children."""
    yield Batch("account", _accounts())
    yield Batch("company", _companies())
    yield Batch("membership", _memberships())
    yield Batch("credential", _credentials())
    yield Batch("company_app", _activations())
    yield Batch("app_grant", _grants())
    yield Batch("product_group", _groups())
    yield Batch("product", _products())
    yield Batch("contact", _contacts())
    yield Batch("document", _documents())
    yield Batch("document_line", _lines())
    yield Batch("counter", _counters())


async def load(connection: Connection, progress: Progress) -> None:
    """Fill a migrated, empty database and gather statistics; `progress` gets the number of tables done and of all."""
    await connection.execute("set session_replication_role = replica")  # rows are consistent by construction
    for done, batch in enumerate(batches()):
        progress(done, len(COLUMNS))
        copy = cast("Any", connection).copy_to_table
        await copy(batch.table, source=_chunks(batch.rows), columns=COLUMNS[batch.table].split(), format="text")
    await connection.execute("set session_replication_role = origin")
    await connection.execute("vacuum (freeze, analyze)")
    await connection.execute("checkpoint")
    progress(len(COLUMNS), len(COLUMNS))


async def _chunks(rows: Iterable[Row]) -> Any:
    lines: list[str] = []
    for row in rows:
        lines.append("\t".join("\\N" if value is None else value for value in row))
        if len(lines) == 2_000:
            yield ("\n".join(lines) + "\n").encode()
            lines.clear()
    if lines:
        yield ("\n".join(lines) + "\n").encode()


def bits(apps: Iterable[App]) -> str:
    """A permission mask as PostgreSQL reads it."""
    places = {CATALOGUE[app].position for app in apps}
    return "".join("1" if place in places else "0" for place in range(APPS))


def granted(company: int, member: int) -> list[App]:
    """The apps that an employee holds."""
    chance = Random(f"grants {company} {member}")
    return [
        app
        for app, entry in CATALOGUE.items()
        if entry.always_visible or entry.kind is AppKind.BASE or chance.random() < 0.6
    ]


def name(company: int, member: int) -> tuple[str, str]:
    """First and last name of a member."""
    return FIRST_NAMES[(company + member) % 10], f"{LAST_NAMES[(company * 3 + member) % 10]} {member:02d}"


def _accounts() -> Iterator[Row]:
    for company in range(COMPANIES):
        for member in range(MEMBERS):
            first, last = name(company, member)
            email = f"member-{company}-{member}@bench.test"
            yield (_id("account", company, member), email, first, last, "EN", "MEMBER", None, "t", CREATED)
    for n in range(2):
        yield (
            _id("account", COMPANIES + n, 0), f"accountant-{n}@bench.test", "Claire", f"Compta {n}", "EN",
            "ACCOUNTANT", "Compta et fils", "t", CREATED,
        )  # fmt: skip


def _companies() -> Iterator[Row]:
    mask = bits(App)
    for n in range(COMPANIES + SMALL):
        yield (
            _id("company", n), _company_name(n), f"BE0{400_000_000 + n}", f"0{400_000_000 + n}", "SRL",
            "Rue de la Loi", str(n % 200 + 1), str(1_000 + n % 9_000), CITIES[n % 10], f"+32 2 {n:06d}",
            f"info-{n}@bench.test", f"https://company-{n}.bench.test", f"BE68{n:012d}", "PREMIUM", mask, mask,
            CREATED,
        )  # fmt: skip


def _company_name(n: int) -> str:
    return f"{'Atelier' if n < COMPANIES else 'Boutique'} {n:04d} SRL"


def _memberships() -> Iterator[Row]:
    for company in range(COMPANIES):
        for member in range(MEMBERS):
            first, last = name(company, member)
            role = "OWNER" if member == 0 else "EMPLOYEE"
            toggles = bits(granted(company, member)) if member else bits(())
            created = f"2024-01-01 08:{member:02d}:00+00"
            yield (
                _id("company", company), _company_name(company), _id("membership", company, member),
                _id("account", company, member), role, "f", first, last, toggles, created, created,
            )  # fmt: skip
    for n, companies in enumerate((range(CLIENTS), (*range(CLIENTS), *range(COMPANIES, COMPANIES + SMALL)))):
        for company in companies:
            yield (
                _id("company", company), _company_name(company), _id("membership", company, MEMBERS + n),
                _id("account", COMPANIES + n, 0),
                None, "t", "Claire", f"Compta {n}", bits(()), CREATED, CREATED,
            )  # fmt: skip


def _credentials() -> Iterator[Row]:
    def row(number: int, role: str, company: int, member: int) -> Row:
        hashed = hashlib.sha256(token(role, number).encode()).hexdigest()
        return (_id("credential", company, member), f"\\\\x{hashed}", _id("account", company, member), EXPIRES)

    for company in range(COMPANIES):
        yield row(company, "owner", company, 0)
        for member in range(1, MEMBERS):
            yield row(company * MEMBERS + member, "employee", company, member)
    for n in range(2):
        yield row(n, "accountant", COMPANIES + n, 0)


def _activations() -> Iterator[Row]:
    for company in range(COMPANIES):
        for app in App:
            yield (_id("company", company), app.name, f'["{CREATED}",)')


def _grants() -> Iterator[Row]:
    for company in range(COMPANIES):
        for member in range(1, MEMBERS):
            for app in granted(company, member):
                yield (_id("company", company), _id("membership", company, member), app.name, f'["{CREATED}",)')


def _groups() -> Iterator[Row]:
    for company in range(COMPANIES):
        for n in range(GROUPS):
            yield (_id("company", company), _id("product_group", company, n), f"Group {n}")


def _products() -> Iterator[Row]:
    for company in range(COMPANIES):
        for n in range(PRODUCTS):
            price = _price(company, n)
            yield (
                _id("company", company), _id("product", company, n), _id("product_group", company, n % GROUPS),
                str(n + 1), f"P{n + 1:04d}", _good(n), _fixed(price * 100, 4), "21.00",
                _fixed(price * 60, 4), CREATED,
            )  # fmt: skip


def _contacts() -> Iterator[Row]:
    for company in range(COMPANIES):
        for n in range(CUSTOMERS):
            yield _contact(company, n)
    for company in range(COMPANIES, COMPANIES + SMALL):
        yield _contact(company, 0)


def _contact(company: int, n: int) -> Row:
    created = datetime(2024, 1, 1, 8, tzinfo=UTC) + timedelta(minutes=n * 37)
    return (
        _id("company", company), _id("contact", company, n), str(n + 1), f"C{n + 1:04d}", customer_name(company, n),
        "BUSINESS" if n % 3 else "CONSUMER", f"BE0{500_000_000 + n}" if n % 3 else None, "Grand Place",
        str(n % 90 + 1), str(1_000 + n), CITIES[n % 10],
        f"+32 4 {n:06d}", f"customer-{n}@bench.test" if n % 5 else None, "30", "5.00" if n % 4 == 0 else None,
        created.isoformat(sep=" "),
    )  # fmt: skip


def _counters() -> Iterator[Row]:
    for company in range(COMPANIES + SMALL):
        yield (_id("company", company), "CUSTOMER", str((CUSTOMERS if company < COMPANIES else 1) + 1))
        if company < COMPANIES:
            yield (_id("company", company), "PRODUCT", str(PRODUCTS + 1))


def customer_name(company: int, n: int) -> str:
    """A customer's name."""
    return f"{LAST_NAMES[(n * 7 + company) % 10]} & {LAST_NAMES[(n * 3) % 10]} {n:03d}"


def _documents() -> Iterator[Row]:
    for company in range(COMPANIES):
        for n in range(INVOICES):
            yield _document(company, n, "INVOICE", "F", INVOICE_STATUSES)
        for n in range(INVOICES, INVOICES + QUOTES):
            yield _document(company, n, "QUOTE", "D", QUOTE_STATUSES)
        for n in range(INVOICES + QUOTES, INVOICES + QUOTES + CREDIT_NOTES):
            yield _document(company, n, "CREDIT_NOTE", "N", CREDIT_NOTE_STATUSES)
    for company in range(COMPANIES, COMPANIES + SMALL):
        for n in range(SMALL_INVOICES):
            yield _document(company, n, "INVOICE", "F", INVOICE_STATUSES)


def _document(company: int, n: int, kind: str, letter: str, statuses: tuple[str, ...]) -> Row:
    customer = 0 if company >= COMPANIES else n * 13 % CUSTOMERS
    day = FIRST_DAY + timedelta(days=n * 7 % DAYS)
    excl = sum(_amount(company, n, line) for line in range(LINES))
    vat, status = excl * 21 // 100, statuses[n % len(statuses)]
    return (
        _id("company", company), _id("document", company, n), kind, f"{letter}{day.year}-{n:04d}", str(n + 1),
        day.isoformat(), _last_day(day, 30, status) if kind == "INVOICE" else None,
        _last_day(day, 60, status) if kind == "QUOTE" else None, status,
        _id("contact", company, customer), customer_name(company, customer), f"PO-{n}" if n % 2 else None,
        "2.50" if n % 10 == 0 else None, _fixed(excl, 2), _fixed(vat, 2), _fixed(excl + vat, 2),
        _fixed(excl + vat, 2), "0.00", _fixed(excl * 6 // 10, 2), _fixed(excl - excl * 6 // 10, 2), CREATED,
    )  # fmt: skip


def _last_day(day: date, term: int, status: str) -> str:
    """The last day to pay or to accept: far ahead while it is awaited, so that no status depends on today."""
    return FAR if status == "SENT" else (day + timedelta(days=term)).isoformat()


def _lines() -> Iterator[Row]:
    for company in range(COMPANIES):
        for n in range(INVOICES):
            for line in range(LINES):
                yield _line(company, n, line)


def _line(company: int, n: int, line: int) -> Row:
    product, quantity, excl = _product(n, line), _quantity(n, line), _amount(company, n, line)
    price = _price(company, product)
    vat = excl * 21 // 100
    return (
        _id("company", company), _id("document_line", company, n, line), _id("document", company, n), str(line + 1),
        _id("product", company, product), _good(product), _fixed(quantity * 1_000, 3), _fixed(price * 100, 4), "21.00",
        "5.00" if line == 3 else None, _fixed(price * 60, 4), _fixed(excl, 2), _fixed(vat, 2), _fixed(excl + vat, 2),
    )  # fmt: skip


def _amount(company: int, n: int, line: int) -> int:
    return _quantity(n, line) * _price(company, _product(n, line))


def _product(n: int, line: int) -> int:
    return (n * 11 + line * 17) % PRODUCTS


def _quantity(n: int, line: int) -> int:
    return (n + line) % 9 + 1


def _price(company: int, product: int) -> int:
    """A price in cents."""
    return 250 + (product * 7_919 + company * 104_729) % 90_000


def _good(product: int) -> str:
    return f"{GOODS[product % 10]} {product:03d}"


def _fixed(number: int, digits: int) -> str:
    """A number in units of the last of `digits` decimal places, as text."""
    text = f"{number:0{digits + 1}d}"
    return f"{text[:-digits]}.{text[-digits:]}"


def _id(table: str, *place: int) -> str:
    return str(key(table, *place))
