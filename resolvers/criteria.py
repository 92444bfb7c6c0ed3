"""From a filter's input object to the conditions that a list's rows must meet.

A null anywhere in it is as if left out.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLScalarType,
)

from db.sql import Rows, Sql, join, sql
from resolvers.compilation import Row, TypeName
from resolvers.convert import Key, Keys, criterion, enum_name, enum_names, same, texts
from resolvers.coordinates import Fields, definition, id_prefix, is_list, named_type, python_name
from resolvers.inputs import Input

Criterion: TypeAlias = Callable[[Row, Input], Sql]
Operator: TypeAlias = Callable[[Row, Sql, str, Input], Sql]
"""From the row, a column, the operator's name and its operand to a condition."""


def _access_kind(row: Row, given: Input) -> Sql:
    assert row.scope is not None
    return sql("{} = ({} = 'EXTERNAL')", row.scope.membership["external"], row.to.bind(given, enum_name, "text"))


CRITERIA: Final[Mapping[str, Criterion]] = {"ViewerCompanyFilter.access": _access_kind}
"""The criteria that do not just compare a column of the listed rows: `Filter.field` -> condition."""


def criteria(row: Row, given: Input, type_: GraphQLInputObjectType, nodes: Fields) -> Iterator[Sql]:
    """The conditions of a filter on the listed rows, which are of the type `nodes`."""
    for name, declared, member in row.to.inputs.members(given, type_):
        if not row.to.inputs.given(member):
            continue
        special = CRITERIA.get(f"{type_.name}.{name}")
        if special is not None:
            yield special(row, member)
        else:
            yield from _compare(row, declared, member, nodes)


def criterion_columns(rows: Rows, declared: GraphQLInputField) -> list[str]:
    """The columns that a criterion reads, by what it declares.

    Of a leaf the column of its name, of an object the key to it.
    """
    names: tuple[str, ...] = definition(declared).metadata["reads"]
    return [name if name in rows.table.columns else f"{name}_id" for name in names]


def _compare(row: Row, declared: GraphQLInputField, given: Input, nodes: Fields) -> Iterator[Sql]:
    columns = [row[name] for name in criterion_columns(row.rows, declared)]
    named = named_type(declared)
    match named:
        case GraphQLInputObjectType(name="IdCriterion"):
            prefixes = _prefixes(declared, nodes)
            for operator, _, operand in row.to.inputs.members(given, named):
                if row.to.inputs.given(operand):
                    yield _id(row, columns[0], operator, operand, prefixes)
        case GraphQLInputObjectType():
            for operator, _, operand in row.to.inputs.members(given, named):
                if row.to.inputs.given(operand):
                    yield OPERATORS[named.name](row, columns[0], operator, operand)
        case GraphQLEnumType() if is_list(declared):
            yield sql("{} = any({})", columns[0], row.to.bind(given, enum_names, "text[]"))
        case GraphQLEnumType():
            yield sql("{} = {}", columns[0], row.to.bind(given, enum_name, "text"))
        case GraphQLScalarType(name="Boolean"):
            yield sql("{} = {}", columns[0], row.to.bind(given, same, "bool"))
        case _:
            sought = _folded(row, given)
            yield sql("({})", join(" or ", [sql("strpos(lower({}), {}) > 0", column, sought) for column in columns]))


def _folded(row: Row, operand: Input) -> Sql:
    """A text to compare with, folded once and not for each row."""
    return sql("(select lower({}))", row.to.bind(operand, criterion, "text"))


def _text(row: Row, column: Sql, operator: str, operand: Input) -> Sql:
    match operator:
        case "eq":
            return sql("lower({}) = {}", column, _folded(row, operand))
        case "contains":
            return sql("strpos(lower({}), {}) > 0", column, _folded(row, operand))
        case "startsWith":
            return sql("starts_with(lower({}), {})", column, _folded(row, operand))
        case _:
            return sql(
                "lower({}) = any(select lower(u) from unnest({}) u)", column, row.to.bind(operand, texts, "text[]")
            )


def _null(row: Row, column: Sql, operand: Input) -> Sql:
    return sql("({} is null) = {}", column, row.to.bind(operand, same, "bool"))


COMPARISONS: Final = {"eq": sql("="), "lt": sql("<"), "lte": sql("<="), "gt": sql(">"), "gte": sql(">=")}


def _ordered(type_name: TypeName) -> Operator:
    """The operators of what has an order, compared as that type of PostgreSQL."""

    def compare(row: Row, column: Sql, operator: str, operand: Input) -> Sql:
        if operator == "isNull":
            return _null(row, column, operand)
        return sql("{} {} {}", column, COMPARISONS[operator], row.to.bind(operand, same, type_name))

    return compare


def _prefixes(declared: GraphQLInputField, nodes: Fields) -> tuple[str, ...]:
    """The prefixes of ids of the type that the criterion's field gives."""
    (name,) = definition(declared).metadata["reads"]
    referred = [named_type(field) for field in nodes.fields.values() if python_name(field) == name]
    return tuple(prefix for type_ in referred if (prefix := id_prefix(type_)) is not None)


def _id(row: Row, column: Sql, operator: str, operand: Input, prefixes: tuple[str, ...]) -> Sql:
    match operator:
        case "eq":
            return sql("{} = {}", column, row.to.bind(operand, Key(prefixes), "uuid"))
        case "oneOf":
            return sql("{} = any({})", column, row.to.bind(operand, Keys(prefixes), "uuid[]"))
        case _:
            return _null(row, column, operand)


OPERATORS: Final[Mapping[str, Operator]] = {
    "TextCriterion": _text,
    "DecimalCriterion": _ordered("numeric"),
    "DateCriterion": _ordered("date"),
    "DateTimeCriterion": _ordered("timestamptz"),
}
