"""The operators of criteria: from a column, an operator's name and its operand to a condition."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from db.sql import Sql, sql
from resolvers.compilation.context import Row, TypeName
from resolvers.compilation.parameters import criteria, criterion, unchanged
from resolvers.compilation.texts import PartOf, Shape, Sought, SoughtAny, begins, compared, equal, stands_in, whole
from resolvers.operation.arguments import ArgumentValue

Operator: TypeAlias = Callable[[Row, Sql, str, ArgumentValue], Sql]
"""From the row, a column, the operator's name and its operand to a condition."""

OF_ABSENT: Final = frozenset({"isNull", "ne"})
"""The operators of texts that hold where there is none."""


def text_operators(kind: str | None) -> Operator:
    """The operators of a text column that has numbers of this kind."""

    def compare(row: Row, column: Sql, operator: str, operand: ArgumentValue) -> Sql:
        value = compared(column, kind)

        def sought(shape: Shape) -> Sql:
            return row.ctx.bind(operand, Sought(kind, shape), "text")

        def any_of(shape: Shape) -> Sql:
            return sql("any({})", row.ctx.bind(operand, SoughtAny(kind, shape), "text[]"))

        match operator:
            case "isNull":
                return null_condition(row, column, operand)
            case "eq":
                return equal(column, kind, sought)
            case "ne":
                return sql("{} is distinct from {}", value, sought(whole))
            case "contains":
                return stands_in(column, kind, sought, row.ctx.inputs.probe(operand, PartOf(kind)))
            case "startsWith":
                return begins(column, kind, sought)
            case _:
                return equal(column, kind, any_of)

    return compare


def null_condition(row: Row, column: Sql, operand: ArgumentValue) -> Sql:
    """The condition that there is no value, or that there is one."""
    return sql("({} is null) = {}", column, row.ctx.bind(operand, unchanged, "bool"))


COMPARISONS: Final = {
    "eq": sql("="), "ne": sql("is distinct from"), "lt": sql("<"), "lte": sql("<="), "gt": sql(">"), "gte": sql(">=")
}  # fmt: skip


def _ordered(type_name: TypeName) -> Operator:
    """The operators of an ordered type, compared as this type of PostgreSQL."""

    def compare(row: Row, column: Sql, operator: str, operand: ArgumentValue) -> Sql:
        if operator == "isNull":
            return null_condition(row, column, operand)
        return sql("{} {} {}", column, COMPARISONS[operator], row.ctx.bind(operand, unchanged, type_name))

    return compare


def where_present(row: Row, name: str, value: Sql, condition: Sql) -> Sql:
    """The condition of the text in a column; a partial index has to be told that there is one."""
    column = row.rows.table.columns.get(name)
    may_lack = column is not None and column.nullable
    return sql("({} is not null and {})", value, condition) if may_lack else condition


def _exact(row: Row, column: Sql, operator: str, operand: ArgumentValue) -> Sql:
    """The operators of an id of another system."""
    if operator == "eq":
        return sql("{} = {}", column, row.ctx.bind(operand, criterion, "text"))
    return sql("{} = any({})", column, row.ctx.bind(operand, criteria, "text[]"))


OPERATORS: Final[Mapping[str, Operator]] = {
    "ExternalIdCriterion": _exact,
    "DecimalCriterion": _ordered("numeric"),
    "DateCriterion": _ordered("date"),
    "DateTimeCriterion": _ordered("timestamptz"),
}
