"""Lists of a catalogue's rows below other rows: the statement reads and sorts the catalogue once for all of them.

A catalogue is a table with the same few rows for everyone (`holds(catalogue=True)`). Its rows, and the JSON that
depends on them alone, are prepared in a common table expression instead of again below each row of the other table.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from db.sql import Choice, Expression, Json, Piece, Rows, Sql, Text, alias, concatenation, join, sql
from resolvers.compilation.context import StatementContext

FOREIGN = re.compile(r"\$\d|\bselect\b|\bnow\(")
"""Signs that an expression depends on more than columns: on parameters, other rows or the time."""


@dataclass(frozen=True, slots=True)
class PreparedList:
    """The sorted rows of a list: the text after FROM, and the JSON of one row."""

    source: Sql
    json: Json


def prepared_list(ctx: StatementContext, rows: Rows, order: Sql, json: Json, conditions: Sql) -> PreparedList:
    """The list of `rows` in `order`, each written as `json`, over a common table expression of the statement.

    It contains the columns that `json` and `conditions` use.
    """
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
    columns = [rows[column] for column in rows.table.columns if column in used]
    name = ctx.common(
        sql("select {} from {} order by {}", join(", ", [*columns, *written]), rows.source, order),
    )
    return PreparedList(sql("{} {}", name, rows.name), tuple(kept))


def _is_alone(piece: Piece, rows: Rows) -> bool:
    """True if a piece of JSON depends on the catalogue's row alone."""
    match piece:
        case Text():
            return True
        case Expression(written):
            return not FOREIGN.search(written) and set(re.findall(r"\b(\w+)\.\w", written)) == {str(rows.name)}
        case Choice():
            return False


def _mentioned(rows: Rows, texts: Iterable[Sql]) -> set[str]:
    """The names of the rows' columns in some SQL."""
    return {name for text in texts for name in re.findall(rf"\b{rows.name}\.(\w+)", text)}
