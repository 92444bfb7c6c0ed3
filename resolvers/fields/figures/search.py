"""Search in columns without a gate of their own, the best finds first.

First come values that are the text, then those that begin with it, those that contain it (two letters at the beginning
of a word), and at last names with words similar to it. Indexes that begin with the company find all of them
(`db/tables/core/search.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from db.sql import Sql, join, sql
from db.text.numbers import kind_of
from resolvers.compilation.context import Row
from resolvers.compilation.parameters import fingerprint_of_search
from resolvers.compilation.resolution import GlobalId, Paging, Resolution, SameRow
from resolvers.compilation.texts import (
    PartOf,
    SearchedFor,
    Shape,
    ahead,
    compared,
    past,
    stands_in,
    start,
    start_of,
    whole,
)


@dataclass(frozen=True, slots=True)
class _Searched:
    """The columns of a search: names, whose words may be similar, other texts, and numbers that are found whole.

    Numbers and addresses are not compared by similarity: a similar one is a different one. The texts in `ordered` have
    an index in the order of their characters, the others only one of their trigrams.
    """

    names: Sequence[str]
    others: Sequence[str]
    numbers: Sequence[str] = ()
    ordered: Sequence[str] = ()

    def __call__(self, results: Row, found: Row) -> tuple[Sql, ...]:
        """The condition of each rank: a row that meets one of the first three meets the next, too."""

        def compare(columns: Sequence[str], comparison: Comparison) -> list[Sql]:
            return [_compared(results, found, column, comparison) for column in columns]

        parts = (*self.names, *self.others)
        ordered = [column for column in parts if column in self.ordered]
        unordered = [column for column in parts if column not in self.ordered]
        numbers = compare(self.numbers, _is_in_order)
        return (
            _any([*compare(ordered, _is_in_order), *compare(unordered, _is), *numbers]),
            _any([*compare(ordered, _begins_in_order), *compare(unordered, _begins), *numbers]),
            _any([*compare(parts, _stands_in(results)), *numbers]),
            _any(compare(self.names, _resembles)),
        )


Sought: TypeAlias = Callable[[Shape], Sql]
"""From a shape to the parameter with the text in it."""
Comparison: TypeAlias = Callable[[Sql, str | None, Sought], Sql]
"""From a column, its kind of numbers and the sought text to the condition."""


def _stands_in(results: Row) -> Comparison:
    def compare(column: Sql, kind: str | None, sought: Sought) -> Sql:
        return stands_in(column, kind, sought, results.ctx.inputs.probe(results.arguments["text"], PartOf(kind)))

    return compare


def _resembles(column: Sql, kind: str | None, sought: Sought) -> Sql:
    return sql("{} %> {}", compared(column, kind), sought(whole))


def _is(column: Sql, kind: str | None, sought: Sought) -> Sql:
    return sql("{} = {}", compared(column, kind), sought(whole))


def _is_in_order(column: Sql, kind: str | None, sought: Sought) -> Sql:
    """Equality as an index of the order finds it; one of trigrams would find much that has to be looked at again.

    Of a longer value than an index has, the beginning is compared, as in `_begins_in_order`.
    """
    return sql("{} = {}", start_of(column, kind), sought(start))


def _begins(column: Sql, kind: str | None, sought: Sought) -> Sql:
    return sql("{} like {}", compared(column, kind), sought(ahead))


def _begins_in_order(column: Sql, kind: str | None, sought: Sought) -> Sql:
    value = start_of(column, kind)
    return sql("{} >= {} and {} < {}", value, sought(start), value, sought(past))


def _compared(results: Row, found: Row, column: str, comparison: Comparison) -> Sql:
    """The comparison of one column; a partial index has to be told that a value is there."""
    kind, given = kind_of(column), results.arguments["text"]
    compares = comparison(found[column], kind, lambda shape: results.ctx.bind(given, SearchedFor(kind, shape), "text"))
    is_there = sql("{} is not null and ", found[column]) if found.rows.table.columns[column].nullable else sql("")
    return sql("({}{})", is_there, compares)


def _any(conditions: Sequence[Sql]) -> Sql:
    return sql("({})", join(" or ", conditions))


def _paging(searched: _Searched) -> Paging:
    return Paging(lambda results, found: (), searched)


def _mark(results: Row) -> Sql:
    """The mark in the id of the results: a fingerprint of the text."""
    return results.ctx.bind(results.arguments["text"], fingerprint_of_search, "text")


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Company.search": SameRow(lambda row: row.rows),
    "SearchResults.id": GlobalId(lambda row: row["id"], mark=_mark),
    "SearchResults.customers": _paging(
        _Searched(("name",), ("number", "vat_number", "email"), ordered=("name", "number"))
    ),
    "SearchResults.products": _paging(_Searched(("name",), ("number",), ordered=("name", "number"))),
    "SearchResults.documents": _paging(
        _Searched(
            ("customer_name", "supplier_name"),
            ("number",),
            ("structured_communication",),
            ordered=("customer_name", "number"),
        )
    ),
}

HOMES: Final[Mapping[str, str]] = {"SearchResults": "company"}
