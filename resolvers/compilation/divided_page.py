"""A page of companies that lie at several places: it is chosen first, and then its rows are read, each at its place.

The statement of the page, its frame, chooses the companies and answers with a mark for each row. The statement of the
rows judges and reads the companies that it is given. The frame with the rows in place of their marks is the answer of
the one statement, byte for byte, however the companies are spread (DECISIONS D152).
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self, TypeVar

from db.sql import every, join, number, sql
from resolvers.compilation.company_scope import VIEWER, enterable
from resolvers.compilation.context import StatementContext
from resolvers.compilation.rows_apart import RowsApart
from resolvers.compilation.statement import Statement, caller, unmentioned

Place = TypeVar("Place", bound=Hashable)

MARK: Final = b"\x01"
"""Surrounds a mark, which is `<company in hexadecimal>:<column>`. JSON has no control characters."""

COMPANIES: Final = "companies"
"""The name of the value with the keys of the companies whose rows are read."""


class PageChanged(Exception):
    """A company of the page may not be entered any more, or is not at its place: the page has to be chosen again."""


class PlacedRow(NamedTuple):
    """A row that was read at a place: its company in hexadecimal, its closed gates, and its JSON for each list."""

    company: bytes
    closed: bytes | None
    lists: tuple[bytes, ...]

    @classmethod
    def of(cls, record: Iterable[Any]) -> Self:
        """The row in a record of the statement of the rows."""
        company, closed, *lists = record
        return cls(company, closed, tuple(lists))


@dataclass(frozen=True, slots=True)
class DividedPage:
    """The two statements of a page: its frame, and its rows, to which the companies of a place are given."""

    frame: Statement
    rows: Statement


def finish_rows(ctx: StatementContext, apart: RowsApart, frame: Statement) -> Statement:
    """The statement of the rows that were left out of a frame; its rows are those of `PlacedRow`."""
    assert apart.scope is not None, "the frame has a page"
    source, entered = enterable(apart.scope)
    named = sql("{} = any({})", apart.scope.membership["company_id"], ctx.written(COMPANIES, "uuid[]"))
    selected, viewer, relation = apart.selected(), caller(ctx), apart.scope.relation()
    where = every([entered, named])
    found = sql("select {} from {}{} where {}", selected, source, relation, where)
    others = unmentioned(ctx, found, viewer, *ctx.commons)
    statement = sql(
        "with viewer as materialized ({}){} select x.* from (select {}) one cross join viewer {} "
        "cross join lateral ({}) x",
        viewer,
        join("", ctx.commons),
        join(", ", [number(1), *others]),
        VIEWER,
        found,
    )
    return Statement(str(statement), tuple(ctx.parameters), frame.scopes, frame.weight)


def companies_of(frame: bytes) -> list[str]:
    """The companies of a frame's answer in the order of the page, as hexadecimal keys."""
    return list(dict.fromkeys(mark.partition(b":")[0].decode() for mark in frame.split(MARK)[1::2]))


def by_place(companies: Iterable[str], place_of: Callable[[str], Place]) -> dict[Place, list[str]]:
    """The companies of each place."""
    found: dict[Place, list[str]] = {}
    for company in companies:
        found.setdefault(place_of(company), []).append(company)
    return found


def merged(frame: bytes, closed: bytes | None, rows: Iterable[PlacedRow]) -> tuple[bytes, bytes | None]:
    """The answer and the closed gates of the one statement, from those of the frame. Raises PageChanged."""
    known: dict[bytes, bytes] = {}
    for row in rows:
        known[row.company + b":h"] = row.closed or b""
        known.update((b"%b:%d" % (row.company, n), json) for n, json in enumerate(row.lists))
    try:
        answer, gates = _filled(frame, known), _filled(closed or b"", known)
    except KeyError:
        raise PageChanged from None
    return answer, gates if gates.strip(b",") else None


def _filled(text: bytes, known: dict[bytes, bytes]) -> bytes:
    """A text with what is known in place of each mark."""
    parts = text.split(MARK)
    parts[1::2] = [known[mark] for mark in parts[1::2]]
    return b"".join(parts)
