"""The rows of a page of companies, taken out of its statement: each is read at its place (`divided_page.py`)."""

from collections.abc import Sequence
from dataclasses import dataclass

from db.sql import Sql, join, number, sql
from resolvers.compilation.company_scope import CompanyScope


@dataclass(slots=True)
class RowsApart:
    """The rows that a statement leaves to the places: those of its pages of companies, of which there may be one.

    `columns` has SQL of the JSON of a row for each list of rows that is selected, `closed` of its closed gates.
    """

    pages: int = 0
    scope: CompanyScope | None = None
    columns: tuple[Sql, ...] = ()
    closed: Sql | None = None

    def leave(self, scope: CompanyScope, columns: Sequence[Sql], closed: Sql) -> tuple[list[Sql], Sql]:
        """Take the rows of a page out of its statement. Returns the marks in their place."""
        self.pages += 1
        self.scope, self.columns, self.closed = scope, tuple(columns), closed
        marks = [_mark(scope, number(n)) for n in range(len(columns))]
        return marks, _mark(scope, sql("h")) if scope.gates else closed

    def selected(self) -> Sql:
        """The columns of the rows: the company in hexadecimal, the closed gates, and the JSON of each list."""
        assert self.scope is not None, "there is a page"
        assert self.closed is not None, "there is a page"
        company = sql("encode(uuid_send({}), 'hex')", self.scope.company["id"])
        return join(", ", [sql("({})::varchar", column) for column in (company, self.closed, *self.columns)])


def _mark(scope: CompanyScope, column: Sql) -> Sql:
    company = sql("encode(uuid_send({}), 'hex')", scope.company["id"])
    return sql("chr(1) || {} || ':{}' || chr(1)", company, column)
