"""Lists of a catalogue's rows below other rows: takes such a list, gives it over rows that are read and sorted once.

A catalogue is the same few rows for everyone (`holds(catalogue=True)`). Below each row of another table they would be
read and sorted again; in a common table expression a statement does it once, and writes once what needs nothing else.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from db.sql import Choice, Expression, Json, Piece, Rows, Sql, Text, alias, concatenation, join, sql
from resolvers.compilation import Compilation

FOREIGN = re.compile(r"\$\d|\bselect\b|\bnow\(")
"""What shows that an expression depends on more than columns: parameters, other rows, the time."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The list's rows in their order: what stands after FROM, and the JSON of one of them."""

    source: Sql
    json: Json


def prepared(to: Compilation, rows: Rows, order: Sql, json: Json, conditions: Sql) -> Prepared:
    """A list of `rows` in `order` as `json` under `conditions`, over rows that the statement prepares once."""
    written: list[Sql] = []
    kept: list[Piece] = []
    for alone, run in groupby(json, key=lambda piece: _is_alone(piece, rows)):
        pieces = tuple(run)
        if alone and any(isinstance(piece, Expression) for piece in pieces):
            column = alias("k", len(written))
            written.append(sql("{} {}", concatenation(pieces), column))
            kept.append(Expression(sql("{}.{}", rows.name, column)))
        else:
            kept.extend(pieces)
    used = _mentioned(rows, (concatenation(tuple(kept)), conditions))
    columns = [rows[column.name] for column in rows.table.columns if column.name in used]
    name = to.common(
        sql("select {} from {} order by {}", join(", ", [*columns, *written]), rows.source, order),
    )
    return Prepared(sql("{} {}", name, rows.name), tuple(kept))


def _is_alone(piece: Piece, rows: Rows) -> bool:
    """Whether a piece needs nothing but a row of the catalogue."""
    match piece:
        case Text():
            return True
        case Expression(written):
            return not FOREIGN.search(written) and set(re.findall(r"\b(\w+)\.\w", written)) == {str(rows.name)}
        case Choice():
            return False


def _mentioned(rows: Rows, texts: Iterable[Sql]) -> set[str]:
    """The columns of the rows that stand in some SQL."""
    return {name for text in texts for name in re.findall(rf"\b{rows.name}\.(\w+)", text)}
