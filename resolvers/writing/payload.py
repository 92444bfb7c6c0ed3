"""The payload of a mutation of one statement, as far as it consists of the written rows.

A statement holds its locks until it ends, so it reads nothing of the client's choice but that. Everything else is read
after the commit.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from graphql import GraphQLObjectType

from db.sql import Json, Sql, Text, concatenation, join, json_object, sql
from resolvers.compilation.company_scope import Position
from resolvers.compilation.root_fields import NULL, RootFields
from resolvers.compilation.statement import Statement, finish
from resolvers.compilation.table_mapping import TableMapping
from resolvers.gates.coordinates import named_type
from resolvers.operation.selection import SelectedField


def payloads(layout: TableMapping, operations: Iterable[str]) -> Mapping[str, GraphQLObjectType]:
    """The payloads of those root fields of Mutation that a schema has."""
    mutation = layout.schema.mutation_type
    fields: Mapping[str, Any] = mutation.fields if mutation is not None else {}
    types = {name: named_type(fields[name]) for name in operations if name in fields}
    return {name: type_ for name, type_ in types.items() if isinstance(type_, GraphQLObjectType)}


def finish_write(
    roots: RootFields,
    selected: SelectedField,
    payload: GraphQLObjectType,
    add: Callable[[Sql], Sql],
    is_written: Callable[[SelectedField], bool],
    field_of: Callable[[SelectedField, Position], Json],
) -> Statement:
    """The statement around a write, with its payload if every selected field `is_written`; else the payload is null.

    `field_of` returns the JSON of a field at the position of the payload. `add` takes the SQL of the payload, adds
    the write to the statement, and returns the select of its outcome.
    """
    at = Position().under(selected.key)
    fields = roots.ctx.collector.collect(payload, selected.selection_sets)
    roots.ctx.costs.charge(at.path, len(fields))
    if not all(is_written(field) for field in fields):
        return replace(finish(roots.ctx, NULL, outcome=add(sql(""))), is_whole=False)

    def written(field: SelectedField) -> Json:
        match field.name:
            case "__typename":
                return (Text(f'"{payload.name}"'),)
            case "errors" | "warnings":
                return (Text("[]"),)
            case _:
                return field_of(field, at)

    json = json_object((field.key, written(field)) for field in fields)
    read = [concatenation(json), *(select for select, _ in roots.ctx.laterals)]
    return finish(roots.ctx, json, outcome=add(join(" ", read)))
