"""The oracle's resolvers of the dashboard, of reports and of the search."""

import datetime
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from db.tables import metadata
from schema.apps import App
from tests.differential.oracle.core import kinds_of
from tests.differential.oracle.gating import printed_schema, type_gates
from tests.differential.oracle.items import Arguments, Item, Oracle, Resolver, scope_of
from tests.differential.oracle.lists import RANK, compared, fold, global_id, within
from tests.differential.oracle.trigrams import THRESHOLD, word_similarity
from tests.differential.oracle.world import Record
from tests.differential.special.money import balance, balances, one_currency
from tests.differential.special.sales import status_now

BELGIUM: Final = ZoneInfo("Europe/Brussels")
CENT: Final = Decimal("0.01")


def _rows(oracle: Oracle, item: Item, table: str, **columns: object) -> Iterator[Record]:
    return oracle.world.rows(table, company_id=scope_of(item).company["id"], **columns)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def _amount(item: Item, row: Record, column: str) -> Decimal:
    """An amount of a document, in euro if the viewer holds CURRENCIES."""
    in_euro = scope_of(item).holds(App.CURRENCIES)
    return _cents(row[column] * row["exchange_rate"]) if in_euro else row[column]


def _total(amounts: Iterable[Decimal]) -> str:
    return f"{_cents(sum(amounts, Decimal(0))):f}"


def _sum(item: Item, rows: Sequence[Record], column: str) -> str | None:
    """The sum of an amount of documents, unless it would add up several currencies."""
    return _total(_amount(item, row, column) for row in rows) if one_currency(item, rows) else None


def _hours(row: Record) -> Decimal:
    microseconds = (row["end"] - row["start"]) // datetime.timedelta(microseconds=1)
    return Decimal(microseconds) / Decimal(3_600_000_000)


# --- the dashboard


def _dashboard(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return Item("Dashboard", item.row, item.scope)


def _invoices(oracle: Oracle, item: Item, *statuses: str) -> list[Record]:
    return [row for row in _rows(oracle, item, "document", kind="INVOICE") if status_now(row) in statuses]


def _turnover(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    year = datetime.datetime.now(BELGIUM).year
    invoices = [row for row in _rows(oracle, item, "document", kind="INVOICE") if row["status"] != "DRAFT"]
    return _sum(item, [row for row in invoices if row["date"].year == year], "total_excl")


def _owed(*statuses: str) -> Resolver:
    def resolve(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
        return _sum(item, _invoices(oracle, item, *statuses), "total_incl")

    return resolve


def _net_turnover(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    year = datetime.datetime.now(BELGIUM).year
    signs = {"INVOICE": 1, "CREDIT_NOTE": -1}
    made = [row for kind in signs for row in _rows(oracle, item, "document", kind=kind) if row["status"] != "DRAFT"]
    rows = [row for row in made if row["date"].year == year]
    if not one_currency(item, rows):
        return None
    return _total(signs[row["kind"]] * _amount(item, row, "total_excl") for row in rows)


def _open(*statuses: str) -> Resolver:
    """What is open of the invoices with these statuses."""

    def resolve(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
        return balances(oracle, item, _invoices(oracle, item, *statuses))

    return resolve


def _totals(column: str) -> Resolver:
    def resolve(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
        return _sum(item, item.row["rows"], column)

    return resolve


def _stated(column: str) -> Resolver:
    return lambda oracle, item, arguments: _total(row[column] for row in item.row["rows"])


def _totals_balance(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return balances(oracle, item, [row for row in item.row["rows"] if row["kind"] == "INVOICE"])


def _stated_balance(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _total(balance(oracle, item, row) for row in item.row["rows"] if row["kind"] == "INVOICE")


def _count(table: str, *statuses: str, **columns: object) -> Resolver:
    def resolve(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
        rows = _rows(oracle, item, table, **columns)
        return sum((status_now(row) if table == "document" else row["status"]) in statuses for row in rows)

    return resolve


def _low_stock(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    low = 0
    for row in _rows(oracle, item, "product", deleted_at=None):
        moved = _rows(oracle, item, "stock_movement", product_id=row["id"], kind="MOVED")
        there = sum((movement["quantity"] for movement in moved), Decimal(0))
        warning = row["stock_warning"]
        low += row["track_stock_since"] is not None and warning is not None and there <= warning
    return low


def _unbilled_hours(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    entries = _rows(oracle, item, "time_entry", billed=False)
    return _total(_hours(row) for row in entries if row["end"] is not None)


# --- reports

KINDS: Final = {"SALES": "INVOICE", "CREDIT_NOTES": "CREDIT_NOTE", "QUOTES": "QUOTE", "PURCHASES": "PURCHASE"}
Figure = tuple[datetime.date, Decimal, Decimal | None, Record]
"""The day, the amount and the tax of a row, and the row."""


def _all_figures(oracle: Oracle, item: Item, kind: str) -> Iterator[Figure]:
    match kind:
        case "PAYMENTS":
            column = "amount_base" if scope_of(item).holds(App.CURRENCIES) else "amount"
            yield from ((row["date"], row[column], None, row) for row in _rows(oracle, item, "payment"))
        case "HOURS":
            for row in _rows(oracle, item, "time_entry"):
                if row["end"] is not None:
                    yield row["start"].astimezone(BELGIUM).date(), _hours(row), None, {"currency": ""}
        case _:
            for row in _rows(oracle, item, "document", kind=KINDS[kind]):
                if row["status"] != "DRAFT":
                    yield row["date"], _amount(item, row, "total_excl"), _amount(item, row, "total_vat"), row


def _report(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    first, last = (datetime.date.fromisoformat(arguments["period"][name]) for name in ("from", "until"))
    found = [figure for figure in _all_figures(oracle, item, arguments["kind"]) if first <= figure[0] <= last]
    return Item("Report", {"figures": found, **arguments["period"], "kind": arguments["kind"]}, item.scope)


def _rows_of_report(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    months: dict[str, list[Figure]] = {}
    for figure in sorted(item.row["figures"], key=lambda figure: figure[0]):
        months.setdefault(f"{figure[0].year:04}-{figure[0].month:02}", []).append(figure)
    asked = {name: item.row[name] for name in ("kind", "from", "until")}
    rows = (
        {**asked, "month": month, "figures": of, "count": len(of), "total": _column_of(item, of, 1)}
        for month, of in months.items()
    )
    return [Item("ReportRow", row, item.scope) for row in rows]


def _currencies(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    """The figures of each currency: that with the most rows first, then that with the first row."""
    each: dict[str, list[Record]] = {}
    for *_, row in item.row["figures"] if item.row["kind"] != "HOURS" else ():
        each.setdefault(row["currency"], []).append(row)
    found = sorted(each.values(), key=lambda rows: (-len(rows), min(row["id"].bytes for row in rows)))
    return [Item("CurrencyFigures", {"rows": rows, "kind": item.row["kind"]}, item.scope) for rows in found]


def _stated_figure(item: Item, of_document: str, of_payment: str | None) -> str | None:
    name = of_document if item.row["kind"] in KINDS else of_payment
    return _total(row[name] for row in item.row["rows"]) if name else None


def _column_of(item: Item, figures: Sequence[Figure], at: int) -> str | None:
    """The sum of amounts or of tax, unless it would add up several currencies."""
    rows = [figure[3] for figure in figures]
    return _total(figure[at] for figure in figures) if one_currency(item, rows) else None  # type: ignore[misc]


def _report_total(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _column_of(item, item.row["figures"], 1)


def _tax(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _column_of(item, item.row["figures"], 2) if item.row["kind"] in KINDS else None


def _of_company(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return global_id(item.type, scope_of(item).company["id"])


def _report_id(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    company = _of_company(oracle, item, arguments)
    return "_".join([company, *(item.row[name] for name in ("kind", "from", "until", "month") if name in item.row)])


def _search_id(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    text = fold(item.row["text"]) if len(fold(item.row["text"])) >= 2 else ""
    return f"{_of_company(oracle, item, arguments)}_{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _column(name: str) -> Resolver:
    return lambda oracle, item, arguments: item.row[name]


# --- the search

HOLDINGS: Final = {
    type_: holding for table in metadata.tables.values() for type_, holding in table.info.get("types", {}).items()
}


def _search(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return Item("SearchResults", {"text": arguments["text"].strip()}, item.scope)


def _rank(
    text: str, row: Record, names: tuple[str, ...], others: tuple[str, ...], numbers: tuple[str, ...]
) -> int | None:
    """How well a row is found: 0 for the text itself, 1 as a beginning, 2 within, 3 for words like it."""
    pairs = [(compared(column, row[column]), compared(column, text)) for column in (*names, *others) if row[column]]
    if any(value == sought for value, sought in pairs) or _is_number(text, row, numbers):
        return 0
    if any(value.startswith(sought) for value, sought in pairs):
        return 1
    if any(within(sought, value) for value, sought in pairs):
        return 2
    alike = any(row[name] and word_similarity(fold(text), fold(row[name])) >= THRESHOLD for name in names)
    return 3 if alike else None


def _is_number(text: str, row: Record, numbers: tuple[str, ...]) -> bool:
    return any(row[column] and compared(column, row[column]) == compared(column, text) for column in numbers)


def _found(type_name: str, table: str, names: tuple[str, ...], *others: str, numbers: tuple[str, ...] = ()) -> Resolver:
    kinds = kinds_of(printed_schema(), printed_schema().type_map[type_name])

    def resolve(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
        text = item.row["text"]
        items = [
            Item(kind.name, {**row, RANK: rank}, item.scope)
            for kind in kinds
            if len(fold(text)) >= 2 and any(map(str.isalnum, fold(text)))
            if all(map(scope_of(item).holds, type_gates(kind)))
            for row in _rows(oracle, item, table, **HOLDINGS[kind.name].where)
            if (rank := _rank(text, row, names, others, numbers)) is not None
        ]
        return oracle.connect(items, table, f"{type_name}Filter", arguments, item.scope)

    return resolve


SPECIAL: Final[dict[str, Resolver]] = {
    "Dashboard.id": _of_company,
    "Report.id": _report_id,
    "ReportRow.id": _report_id,
    "SearchResults.id": _search_id,
    "Company.dashboard": _dashboard,
    "Dashboard.turnover": _turnover,
    "Dashboard.netTurnover": _net_turnover,
    "Dashboard.balanceDue": _open("SENT", "OVERDUE"),
    "Dashboard.overdueBalance": _open("OVERDUE"),
    "DocumentTotals.count": lambda oracle, item, arguments: len(item.row["rows"]),
    "DocumentTotals.totalExcl": _totals("total_excl"),
    "DocumentTotals.totalIncl": _totals("total_incl"),
    "DocumentTotals.balanceDue": _totals_balance,
    "CurrencyTotals.currency": lambda oracle, item, arguments: item.row["rows"][0]["currency"],
    "CurrencyTotals.count": lambda oracle, item, arguments: len(item.row["rows"]),
    "CurrencyTotals.totalExcl": _stated("total_excl"),
    "CurrencyTotals.totalIncl": _stated("total_incl"),
    "CurrencyTotals.balanceDue": _stated_balance,
    "Dashboard.openInvoices": _count("document", "SENT", "OVERDUE", kind="INVOICE"),
    "Dashboard.openAmount": _owed("SENT", "OVERDUE"),
    "Dashboard.overdue": _count("document", "OVERDUE", kind="INVOICE"),
    "Dashboard.overdueAmount": _owed("OVERDUE"),
    "Dashboard.openQuotes": _count("document", "SENT", kind="QUOTE"),
    "Dashboard.unpaidPurchases": _count("document", "OPEN", "OVERDUE", kind="PURCHASE"),
    "Dashboard.lowStock": _low_stock,
    "Dashboard.unbilledHours": _unbilled_hours,
    "Dashboard.openWorkOrders": _count("work_order", "PLANNED", "IN_PROGRESS"),
    "Dashboard.openTasks": _count("task", "OPEN", "IN_PROGRESS"),
    "Dashboard.unprocessedInbox": _count("inbox_item", "NEW"),
    "Company.report": _report,
    "Report.kind": _column("kind"),
    "Report.from": _column("from"),
    "Report.until": _column("until"),
    "Report.count": lambda oracle, item, arguments: len(item.row["figures"]),
    "Report.total": _report_total,
    "Report.tax": _tax,
    "Report.rows": _rows_of_report,
    **{f"ReportRow.{name}": _column(name) for name in ("month", "count", "total")},
    "Report.totalsByCurrency": _currencies,
    "ReportRow.totalsByCurrency": _currencies,
    "CurrencyFigures.currency": lambda oracle, item, arguments: item.row["rows"][0]["currency"],
    "CurrencyFigures.count": lambda oracle, item, arguments: len(item.row["rows"]),
    "CurrencyFigures.total": lambda oracle, item, arguments: _stated_figure(item, "total_excl", "amount"),
    "CurrencyFigures.tax": lambda oracle, item, arguments: _stated_figure(item, "total_vat", None),
    "Company.search": _search,
    "SearchResults.customers": _found("Customer", "contact", ("name",), "number", "vat_number", "email"),
    "SearchResults.products": _found("Product", "product", ("name",), "number"),
    "SearchResults.documents": _found(
        "Document", "document", ("customer_name", "supplier_name"), "number", numbers=("structured_communication",)
    ),
}
