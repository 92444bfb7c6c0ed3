"""Texts in a large company: how long the gateway takes to find and sort among 250,000 invoices and 60,000 customers.

The benchmark measures it in a database of its own. `python -m tests.bench.texts DSN` does so in the database of that
address, and prints each operation. An empty database is migrated and filled. Latencies are of one request after the
other, in the process itself: statement and compilation are warm.
"""

import asyncio
import secrets
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from db.connection import Connection, connect
from db.database import Database
from db.migrate import migrate
from resolvers.app_rows import app_rows
from resolvers.execution.executor import Executor
from resolvers.mutations.context import hash_token
from tests.bench.loads.generator import LoadError
from tests.bench.report.spread import Estimate, Verdict, at_most, estimate
from tests.bench.report.tables import Target, shown
from tests.support.company import Asker, Firm

CUSTOMERS: Final = 60_000
INVOICES: Final = 250_000
ROUNDS: Final = 15
SECONDS: Final = 3.0
"""Maximum time for the repetitions of one operation."""

WORDS: Final = """array['Boulangerie', 'Café', 'Menuiserie', 'Électricité', 'van den Berg', 'Garage', 'Bières',
  'Pâtisserie', 'De Smet', 'Œuvres', 'eBay', 'L’Atelier', 'Société', 'Müller', 'Chauffage', 'Tuinen', 'Hôtel',
  'Boucherie', 'IJssel', 'Zèbre']"""
PLACES: Final = """array['Liège', 'Namur', 'Gent', 'Mons', 'Brugge', 'Éghezée', 'Leuven', 'Hasselt', 'Arlon', 'Ath',
  'La Louvière']"""

CONTACTS: Final = f"""
insert into contact (company_id, id, sequence_number, number, name, kind, vat_number, city, email, created_at)
select $1, uuidv7(), n, 'C-' || lpad(n::text, 6, '0'),
  (w)[1 + n * 7 % 20] || ' ' || (w)[1 + n * 13 / 20 % 20] || ' ' || (p)[1 + n % 11] || ' ' || n % 500,
  'BUSINESS', 'BE0' || 400000000 + n, (p)[1 + n % 11], 'client-' || n || '@large.test', now() - n * interval '1 minute'
from generate_series(1, $2::int) n, (select {WORDS} w, {PLACES} p offset 0) words
"""
DOCUMENTS: Final = """
insert into document (company_id, id, kind, number, sequence_number, date, due_date, status, customer_id, customer_name,
  total_excl, total_vat, total_incl, total_incl_base, structured_communication, created_at)
select $1, uuidv7(), 'INVOICE', 'F' || 2015 + n / 25000 || '-' || 1 + n % 25000, n, date '2015-01-01' + n / 70,
  date '2015-01-31' + n / 70, 'PAID', c.id, c.name, n, 0, n, n,
  '+++' || lpad((n / 10000000)::text, 3, '0') || '/' || lpad((n / 1000 % 10000)::text, 4, '0') || '/' ||
  lpad((n % 1000)::text, 3, '0') || lpad(coalesce(nullif(n % 97, 0), 97)::text, 2, '0') || '+++',
  now() - n * interval '1 minute'
from generate_series(1, $2::int) n
join contact c on c.company_id = $1 and c.sequence_number = 1 + n * 11 % $3::int
"""
SESSION: Final = """
insert into credential (token_hash, account_id, expires_at)
select $1, account_id, '2126-01-01' from membership where company_id = $2 and role = 'OWNER' and accepted_at is not null
  and removed_at is null
order by id limit 1
"""

SEARCH: Final = """
query Search($id: ID!, $text: String!) { company(id: $id) { search(text: $text) {
  customers(first: 10) { nodes { id name } } documents(first: 10) { nodes { id number customerName } } } } }
"""
INVOICE_LIST: Final = """
query Invoices($id: ID!, $filter: InvoiceFilter, $order: [InvoiceOrder!], $after: String) { company(id: $id) {
  invoices(first: 50, filter: $filter, orderBy: $order, after: $after) { nodes { id number customerName } } } }
"""
CUSTOMER_LIST: Final = """
query Customers($id: ID!, $filter: CustomerFilter, $order: [CustomerOrder!], $after: String) { company(id: $id) {
  customers(first: 50, filter: $filter, orderBy: $order, after: $after) { nodes { id number name } } } }
"""
PAGES: Final = """
query Pages($id: ID!, $order: [InvoiceOrder!]) { company(id: $id) { invoices(first: 50, orderBy: $order) {
  nodes { id number } pageInfo { endCursor hasNextPage } } } }
"""

OPERATIONS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "number: {eq}": (INVOICE_LIST, {"filter": {"number": {"eq": "F2019-1234"}}}),
    "number: {oneOf} of 100": (INVOICE_LIST, {"filter": {"number": {"oneOf": [f"F2019-{n * 7}" for n in range(100)]}}}),
    "number: {startsWith}": (INVOICE_LIST, {"filter": {"number": {"startsWith": "F2019-12"}}}),
    "number: {contains}": (INVOICE_LIST, {"filter": {"number": {"contains": "19-1234"}}}),
    "customerName: {contains}": (INVOICE_LIST, {"filter": {"customerName": {"contains": "electricite van den berg"}}}),
    "customerName: {contains} of two letters": (INVOICE_LIST, {"filter": {"customerName": {"contains": "zq"}}}),
    "customers, name: {eq}": (CUSTOMER_LIST, {"filter": {"name": {"eq": "café garage namur 12"}}}),
    "customers, name: {contains}": (CUSTOMER_LIST, {"filter": {"name": {"contains": "patisserie müller"}}}),
    "customers, name: {startsWith}": (CUSTOMER_LIST, {"filter": {"name": {"startsWith": "oeuvres hotel"}}}),
    "customers by name": (CUSTOMER_LIST, {}),
    "customers by number": (CUSTOMER_LIST, {"order": ["NUMBER_ASC"]}),
    "customers by city": (CUSTOMER_LIST, {"order": ["CITY_ASC"]}),
    "invoices by number": (INVOICE_LIST, {"order": ["NUMBER_DESC"]}),
    "invoices by customer": (INVOICE_LIST, {"order": ["CUSTOMER_NAME_ASC"]}),
    "invoices by total, with endCursor": (PAGES, {"order": ["TOTAL_INCL_DESC"]}),
    "invoices by date, with endCursor": (PAGES, {"order": ["DATE_DESC"]}),
    "search: a number": (SEARCH, {"text": "F2019-1234"}),
    "search: a name": (SEARCH, {"text": "electricite garage"}),
    "search: a frequent word": (SEARCH, {"text": "café"}),
    "search: a typing error": (SEARCH, {"text": "patiserie muler"}),
    "search: nothing": (SEARCH, {"text": "xylophone quartz"}),
    "search: two letters": (SEARCH, {"text": "el"}),
    "search: two letters of nothing": (SEARCH, {"text": "zq"}),
}


SORTS: Final[Sequence[tuple[tuple[str, str], float, Callable[[str], bool]]]] = (
    (
        ("among 250,000 invoices, 60,000 customers: the slowest filter", "at most 50 ms"),
        50,
        lambda name: ":" in name and not name.startswith("search"),
    ),
    (("the slowest order there", "at most 500 ms"), 500, lambda name: ":" not in name),
    (("the slowest search there", "at most 200 ms"), 200, lambda name: name.startswith("search")),
)
"""The sorts of operations: their figure with its target in words and in milliseconds, and which are of the sort."""


@dataclass(frozen=True, slots=True)
class Large:
    """The large company, and a session of its owner."""

    company: str
    token: str


async def fill(connection: Connection) -> None:
    """Make the company in a migrated database."""
    firm = await Firm.found(connection, "INVOICES", "CUSTOMERS", "PRODUCTS", "QUOTES")
    await connection.execute("set session_replication_role = replica")
    await connection.execute(CONTACTS, firm.key, CUSTOMERS)
    await connection.execute(DOCUMENTS, firm.key, INVOICES, CUSTOMERS)
    await connection.execute("vacuum (freeze, analyze)")


async def enter(dsn: str) -> Large:
    """The company, which is made when the database has none."""
    connection = await connect(dsn)
    try:
        key = await connection.fetchval("select company_id from document group by 1 order by count(*) desc limit 1")
        if key is None:
            await fill(connection)
            return await enter(dsn)
        token = secrets.token_urlsafe()
        await connection.execute(SESSION, hash_token(token), key)
        return Large(f"com_{key.hex}", token)
    finally:
        await connection.close()


async def measure(dsn: str) -> dict[str, Estimate]:
    """Milliseconds of each operation. Raises LoadError for an operation that is refused."""
    await migrate(dsn, app_rows())
    large = await enter(dsn)
    database = await Database.open(dsn)
    try:
        ask = Asker(Executor(database))
        return {name: estimate(await _taken(ask, large, *operation)) for name, operation in OPERATIONS.items()}
    finally:
        await database.close()


async def targets(dsn: str) -> list[Target]:
    """The slowest operation of each sort, as a target with its value."""
    found = await measure(dsn)
    shown_: list[Target] = []
    for wanted, most, belongs in SORTS:
        name, slowest = max(
            ((name, taken) for name, taken in found.items() if belongs(name)), key=lambda each: each[1].value
        )
        words = f"{shown(slowest, 1)} ms ({name})"
        shown_.append(Target(*wanted, words, at_most(most, slowest), slowest))
    return shown_


def no_targets() -> list[Target]:
    """The targets as not measured."""
    return [Target(*wanted, "", Verdict.UNMEASURED) for wanted, _, _ in SORTS]


async def _taken(ask: Asker, large: Large, query: str, variables: Mapping[str, Any]) -> list[float]:
    taken: list[float] = []
    begun = time.perf_counter()
    while len(taken) < 2 or (len(taken) < ROUNDS and time.perf_counter() - begun < SECONDS):
        start = time.perf_counter()
        answer = await ask(large.token, query, id=large.company, **variables)
        taken.append(1e3 * (time.perf_counter() - start))
        if answer.errors:
            raise LoadError(answer.errors[0].message)
    return taken[1:]


async def _main(dsn: str) -> None:
    for name, milliseconds in (await measure(dsn)).items():
        sys.stdout.write(f"{name:36} {milliseconds.value:10,.2f} ±{milliseconds.spread:,.2f} ms\n")


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
