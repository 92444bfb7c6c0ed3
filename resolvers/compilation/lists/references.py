"""References of listed rows to objects, and the conditions of criteria on their ids."""

from collections.abc import Callable
from dataclasses import dataclass

from graphql import GraphQLInputField

from db.sql import TRUE, Sql, every, sql
from resolvers.compilation.context import Row
from resolvers.compilation.parameters import Keys, unchanged
from resolvers.compilation.resolution import Link
from resolvers.compilation.table_mapping import TableOf
from resolvers.gates.coordinates import Fields, definition, id_prefix, named_type, python_name
from resolvers.global_ids import Key
from resolvers.operation.arguments import ArgumentValue


@dataclass(frozen=True, slots=True)
class Reference:
    """A row's reference to objects: by a foreign key in `column`, or to the `referred` rows that a `link` leads to."""

    column: str = ""
    referred: TableOf | None = None
    link: Link | None = None

    def exists(self, row: Row, condition: Callable[[Row], Sql]) -> Sql:
        """The condition that an object that `row` refers to by a link meets a condition."""
        assert self.referred is not None, "the boot check refuses searches by foreign keys"
        assert self.link is not None
        other = row.child(row.ctx.rows(self.referred.table, company=row.company), {})
        found = [*other.rows.where, *self.referred.conditions(other.rows), *self.link(row, other)]
        return sql(
            "exists (select from {} where {})", other.rows.source, every([*found, sql("({})", condition(other))])
        )

    def holds(self, row: Row, condition: Callable[[Sql], Sql]) -> Sql:
        """The condition that a key of an object that `row` refers to meets a condition."""
        if self.referred is None:
            return condition(row[self.column])
        return self.exists(row, lambda other: condition(other["id"]))

    def is_null(self, row: Row) -> Sql:
        """The condition that `row` refers to nothing."""
        if self.referred is None:
            return sql("{} is null", row[self.column])
        return sql("not {}", self.exists(row, lambda other: TRUE))


def prefixes_of(declared: GraphQLInputField, nodes: Fields) -> tuple[str, ...]:
    """The prefixes of the ids of the criterion's field."""
    (name,) = definition(declared).metadata["reads"]
    referred = [named_type(field) for field in nodes.fields.values() if python_name(field) == name]
    return tuple(prefix for type_ in referred if (prefix := id_prefix(type_)) is not None)


def id_condition(
    row: Row, reference: Reference, operator: str, operand: ArgumentValue, prefixes: tuple[str, ...]
) -> Sql:
    """The condition of an operator on the ids of the objects that a row refers to."""
    match operator:
        case "eq":
            wanted = row.ctx.bind(operand, Key(prefixes), "uuid")
            return reference.holds(row, lambda key: sql("{} = {}", key, wanted))
        case "ne":
            other = row.ctx.bind(operand, Key(prefixes), "uuid")
            return sql("({}) is not true", reference.holds(row, lambda key: sql("{} = {}", key, other)))
        case "oneOf":
            some = row.ctx.bind(operand, Keys(prefixes), "uuid[]")
            return reference.holds(row, lambda key: sql("{} = any({})", key, some))
        case _:
            return sql("({}) = {}", reference.is_null(row), row.ctx.bind(operand, unchanged, "bool"))
