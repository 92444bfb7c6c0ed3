"""The dashboard, reports and the search agree with the rows that the same person can list, page by page."""

import datetime
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.connection import connect
from schema.apps import App
from schema.types.figures.reports import ReportKind
from tests.differential.checks.comparison import Bench, execute
from tests.differential.checks.interference import Laboratory
from tests.differential.data.dataset import ALWAYS, Viewer, bits, build, key
from tests.differential.data.filling import DAY, TEXTS
from tests.differential.operations.drawn import Case, operations
from tests.differential.operations.profiles import searched
from tests.differential.oracle.gating import printed_schema
from tests.differential.oracle.lists import compared, fold, snake, within
from tests.differential.oracle.trigrams import THRESHOLD, word_similarity

FIGURES: Final = (
    "dashboard",
    "report",
    "search",
    "rows",
    "total",
    "totalsByCurrency",
    "customers",
    "products",
    "documents",
    "nodes",
)
NAMES: Final = [viewer.name for viewer in build().viewers]
WORDS: Final = st.text("ab lo1É-", max_size=12) | st.sampled_from(TEXTS)
"""Texts of few letters, so that they are often similar."""

BELGIUM: Final = ZoneInfo("Europe/Brussels")
DATED: Final = "id status date totalExcl totalVat totalIncl totalInclBase exchangeRate"
LISTS: Final = {
    "invoices": DATED,
    "creditNotes": DATED,
    "quotes": DATED,
    "purchases": DATED,
    "payments": "id date amount amountBase",
    "timeEntries": "start end billed",
    "workOrders": "status",
    "tasks": "status",
    "inbox": "status",
    "lowStock": "id",
    "customers": "id number name vatNumber email",
    "products": "id number name",
    "documents": "id number customerName supplierName",
}
KINDS: Final = {"SALES": "invoices", "CREDIT_NOTES": "creditNotes", "QUOTES": "quotes", "PURCHASES": "purchases"}
FOUND: Final = ("customers", "products", "documents")
TOGGLES: Final = (
    App.DASHBOARD, App.REPORTS, App.CURRENCIES, App.INVOICES, App.CREDIT_NOTES, App.QUOTES, App.PURCHASES, App.PAYMENTS,
    App.TIME_TRACKING, App.WORK_ORDERS, App.TASKS, App.PROCESSING_LISTS, App.STOCK, App.DELIVERY_NOTES,
    App.PURCHASE_ORDERS,
)  # fmt: skip
CURRENCIES: Final = "select id, currency from document union all select id, currency from payment"
TOGGLE: Final = "update membership set toggles = $1 where company_id = $2 and account_id = $3"

Rows = list[dict[str, Any]]


class _Undo(Exception):
    """Rolls the transaction back."""


@dataclass(frozen=True, slots=True)
class Employee:
    """A user of company A."""

    laboratory: Laboratory
    viewer: Viewer

    async def ask(self, selection: str) -> Any:
        """The data of a selection on company A."""
        case = Case(f'{{ company(id: "com_{key("company A").hex}") {{ {selection} }} }}', {})
        result = await execute(self.laboratory.product, case, self.viewer)
        assert result.data is not None, result.errors
        return json.loads(result.data)["company"]

    async def currencies(self) -> "Currencies":
        """The currency of each document and payment."""
        rows = await self.laboratory.connection.fetch(CURRENCIES)
        return {row["id"].hex: row["currency"] for row in rows}

    async def list(self, name: str) -> Rows | None:
        """All rows of a list, read page by page; None when it is hidden."""
        rows: Rows = []
        after = "null"
        while True:
            selection = f"pageInfo {{ hasNextPage endCursor }} nodes {{ {LISTS[name]} }}"
            page = (await self.ask(f"{name}(first: 5, after: {after}) {{ {selection} }}"))[name]
            if page is None:
                return None
            rows += page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return rows
            after = json.dumps(page["pageInfo"]["endCursor"])


@pytest.fixture
async def employee(bench: Bench, bench_dsn: str) -> AsyncGenerator[Employee]:
    """A user whose toggles can be changed; the changes are rolled back."""
    async with Laboratory.open(bench_dsn) as laboratory:
        yield Employee(laboratory, bench.data.viewer("Full"))


# --- expected values, from listed rows


def cents(amounts: Iterable[Decimal]) -> str:
    """A sum to the cent."""
    return str(sum(amounts, Decimal(0)).quantize(Decimal("0.01"), ROUND_HALF_UP))


def worth(row: dict[str, Any], name: str) -> Decimal:
    """An amount, in euro if the row has a rate."""
    rate = Decimal(row["exchangeRate"] or 1)
    return (Decimal(row[name]) * rate).quantize(Decimal("0.01"), ROUND_HALF_UP)


def hours(row: dict[str, Any]) -> Decimal:
    """The hours of a finished entry."""
    span = datetime.datetime.fromisoformat(row["end"]) - datetime.datetime.fromisoformat(row["start"])
    return Decimal(span // datetime.timedelta(microseconds=1)) / Decimal(3_600_000_000)


def having(rows: Rows | None, *statuses: str) -> int | None:
    """The number of rows with one of the statuses; None when the list is hidden."""
    return None if rows is None else sum(row["status"] in statuses for row in rows)


Currencies = dict[str, str]
"""The currency of each document and payment, by its key in hex: who lacks CURRENCIES does not see it."""


def summed(rows: Rows, name: str, currencies: Currencies) -> str | None:
    """The sum of an amount; None when it would add up several currencies."""
    return None if differ(rows, currencies) else cents(worth(row, name) for row in rows)


def differ(rows: Rows, currencies: Currencies) -> bool:
    """Whether rows without a rate, or an amount in euro, are in several currencies."""
    stated = [row for row in rows if row.get("exchangeRate") is None and row.get("amountBase") is None]
    return len({currencies.get(row["id"].partition("_")[2]) for row in stated if "id" in row}) > 1


def owed(rows: Rows | None, currencies: Currencies, *statuses: str) -> str | None:
    """The sum of the invoices with these statuses; None when the list is hidden."""
    return None if rows is None else summed([row for row in rows if row["status"] in statuses], "totalIncl", currencies)


def dashboard(lists: dict[str, Rows | None], currencies: Currencies) -> dict[str, Any]:
    """The expected figures of the dashboard."""
    invoices, entries, low = lists["invoices"], lists["timeEntries"], lists["lowStock"]
    year = str(datetime.datetime.now(BELGIUM).year)
    billed = [row for row in invoices or () if row["status"] != "DRAFT" and row["date"].startswith(year)]
    unbilled = [row for row in entries or () if row["end"] and not row["billed"]]
    return {
        "turnover": None if invoices is None else summed(billed, "totalExcl", currencies),
        "openInvoices": having(invoices, "SENT", "OVERDUE"),
        "openAmount": owed(invoices, currencies, "SENT", "OVERDUE"),
        "overdue": having(invoices, "OVERDUE"),
        "overdueAmount": owed(invoices, currencies, "OVERDUE"),
        "openQuotes": having(lists["quotes"], "SENT"),
        "unpaidPurchases": having(lists["purchases"], "OPEN", "OVERDUE"),
        "lowStock": None if low is None else len(low),
        "unbilledHours": None if entries is None else cents(map(hours, unbilled)),
        "openWorkOrders": having(lists["workOrders"], "PLANNED", "IN_PROGRESS"),
        "openTasks": having(lists["tasks"], "OPEN", "IN_PROGRESS"),
        "unprocessedInbox": having(lists["inbox"], "NEW"),
    }


Figure = tuple[str, Decimal, Decimal | None, dict[str, Any]]
"""Day, amount, tax, and the row."""


def figures(kind: str, lists: dict[str, Rows | None]) -> list[Figure] | None:
    """The rows of a kind of report; None when they are hidden."""
    rows = lists["payments" if kind == "PAYMENTS" else "timeEntries" if kind == "HOURS" else KINDS[kind]]
    if rows is None:
        return None
    match kind:
        case "PAYMENTS":
            return [(row["date"], Decimal(row["amountBase"] or row["amount"]), None, row) for row in rows]
        case "HOURS":
            starts = [(datetime.datetime.fromisoformat(row["start"]).astimezone(BELGIUM), row) for row in rows]
            return [(str(start.date()), hours(row), None, {}) for start, row in starts if row["end"]]
        case _:
            made = [row for row in rows if row["status"] != "DRAFT"]
            return [(row["date"], worth(row, "totalExcl"), worth(row, "totalVat"), row) for row in made]


def report(
    kind: str, days: tuple[str, str], lists: dict[str, Rows | None], currencies: Currencies
) -> dict[str, Any] | None:
    """The expected report; None when its rows are hidden."""

    def total(of: list[Figure], at: int) -> str | None:
        return None if differ([figure[3] for figure in of], currencies) else cents(figure[at] for figure in of)  # type: ignore[misc]

    of_kind = figures(kind, lists)
    if of_kind is None:
        return None
    found = [figure for figure in of_kind if days[0] <= figure[0] <= days[1]]
    months = {month: [of for of in found if of[0][:7] == month] for month in sorted({of[0][:7] for of in found})}
    return {
        "kind": kind,
        "from": days[0],
        "until": days[1],
        "count": len(found),
        "total": total(found, 1),
        "tax": total(found, 2) if kind in KINDS else None,
        "rows": [{"month": month, "count": len(of), "total": total(of, 1)} for month, of in months.items()],
    }


def found_in(rows: Rows | None, text: str) -> set[str] | None:
    """The ids of the rows that a search should find; None when the list is hidden."""
    if rows is None:
        return None
    return {row["id"] for row in rows if is_found(text, row)}


def is_found(text: str, row: dict[str, Any]) -> bool:
    """Whether the row contains the text, or one of its names has similar words."""
    names = [row["name"]] if "name" in row else [row["customerName"], row["supplierName"]]
    stands = any(
        value is not None and within(compared(snake(field), text), compared(snake(field), value))
        for field, value in row.items()
        if field != "id"
    )
    alike = any(name is not None and word_similarity(fold(text), fold(name)) >= THRESHOLD for name in names)
    return stands or alike


# --- the properties

DAYS: Final = st.integers(-800, 400).map(lambda n: str(DAY + datetime.timedelta(days=n)))


@given(
    held=st.sets(st.sampled_from(TOGGLES)),
    kind=st.sampled_from(list(ReportKind)),
    days=st.tuples(DAYS, DAYS).map(sorted),
    text=st.text("abCdeilmnorst0125", min_size=2, max_size=4) | st.sampled_from(["smte", "Cafe", "angstrom", "C0000"]),
)
@searched(60)
async def test_figures_and_findings_follow_from_what_the_same_person_can_list(
    employee: Employee, held: set[App], kind: ReportKind, days: list[str], text: str
) -> None:
    with suppress(_Undo):
        async with employee.laboratory.connection.transaction():
            await employee.laboratory.connection.execute(
                TOGGLE, bits((*ALWAYS, *held)), key("company A"), key("account Full")
            )
            lists = {name: await employee.list(name) for name in LISTS}
            currencies = await employee.currencies()
            told = dashboard(lists, currencies)
            seen = (await employee.ask(f"dashboard {{ {' '.join(told)} }}"))["dashboard"]
            assert seen == (told if App.DASHBOARD in held else None)
            period = f'kind: {kind.value}, period: {{from: "{days[0]}", until: "{days[1]}"}}'
            fields = "kind from until count total tax rows { month count total }"
            seen = (await employee.ask(f"report({period}) {{ {fields} }}"))["report"]
            assert seen == (
                report(str(kind.value), (days[0], days[1]), lists, currencies) if App.REPORTS in held else None
            )
            found = " ".join(f"{name}(first: 100) {{ totalCount nodes {{ id }} }}" for name in FOUND)
            results = (await employee.ask(f"search(text: {json.dumps(text)}) {{ {found} }}"))["search"]
            for name in FOUND:
                ids = found_in(lists[name], text)
                assert {row["id"] for row in results[name]["nodes"]} == ids
                assert results[name]["totalCount"] == len(ids or ())
            raise _Undo


@given(
    case=operations(*FIGURES, *printed_schema().type_map["Dashboard"].fields, companies="A"),
    name=st.sampled_from(NAMES),
)
@searched(200)
async def test_figures_and_findings_are_what_the_oracle_works_out(bench: Bench, case: Case, name: str) -> None:
    assert await bench.difference(await bench.fill(case), bench.data.viewer(name)) is None


@pytest.fixture(scope="module")
async def alike(bench_dsn: str) -> AsyncGenerator[Callable[[str, str], Awaitable[float]]]:
    """PostgreSQL's own word similarity."""
    connection = await connect(bench_dsn)
    yield lambda sought, text: connection.fetchval("select word_similarity($1::text, $2::text)", sought, text)
    await connection.close()


@given(pairs=st.lists(st.tuples(WORDS, WORDS), min_size=20, max_size=40))
@searched(50)
async def test_the_oracle_finds_words_as_alike_as_postgresql_does(
    alike: Callable[[str, str], Awaitable[float]], pairs: list[tuple[str, str]]
) -> None:
    for sought, text in pairs:
        assert word_similarity(sought, text) == pytest.approx(await alike(sought, text), abs=1e-6)
