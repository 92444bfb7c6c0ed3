"""From a SQL expression and the field that it is the value of to the JSON that PostgreSQL writes.

Strings are written by `json_scalar`, which looks at its type once a statement; `to_json` does so once a value, which
was a tenth of the time of a list of invoices.
"""

from graphql import GraphQLEnumType, GraphQLField, GraphQLNamedType, GraphQLScalarType

from db.sql import Choice, Expression, Json, Sql, Text, concatenation, nullable, sql
from resolvers.gates.coordinates import is_list, is_nullable, named_type

QUOTE = Text('"')
AS_TEXT = frozenset({"Decimal", "Date"})
"""Scalars whose JSON is a string with the text of the value."""


def encode(declared: GraphQLField, value: Sql) -> Json:
    """JSON of a leaf or a list of leaves; `null` for a null value if the field is nullable."""
    type_ = named_type(declared)
    if is_list(declared):
        texts = sql("{}::text[]", value) if type_.name in AS_TEXT else value
        return _null_safe(declared, (Expression(sql("array_to_json({})::text", texts)),))
    if type_.name == "Boolean" and not is_nullable(declared):
        return (Choice(value, (Text("true"),), (Text("false"),)),)
    return _null_safe(declared, _leaf(type_, value))


def encode_id(declared: GraphQLField, prefix: Json, key: Sql | None, mark: Sql | None = None) -> Json:
    """JSON of a global id: `<prefix>_<key in hex>`, `<prefix>_<key in hex>_<mark>` or `<prefix>_<mark>`.

    `null` as in `encode`.
    """
    begin: Json = (Text("_"), Expression(sql("encode(uuid_send({}), 'hex')", key))) if key is not None else ()
    end: Json = (Text("_"), Expression(mark)) if mark is not None else ()
    return _null_safe(declared, (QUOTE, *prefix, *begin, *end, QUOTE))


def _null_safe(declared: GraphQLField, json: Json) -> Json:
    return nullable(concatenation(json)) if is_nullable(declared) else json


def _leaf(type_: GraphQLNamedType, value: Sql) -> Json:
    """JSON of a value that is not null; values that need no escaping are only put in quotes."""
    match type_:
        case GraphQLEnumType() | GraphQLScalarType(name="Decimal" | "Date"):
            return (QUOTE, Expression(sql("{}::text", value)), QUOTE)
        case GraphQLScalarType(name="Int" | "Boolean"):
            return (Expression(sql("{}::text", value)),)
        case GraphQLScalarType(name="String" | "DateTime" | "ID"):
            return (Expression(sql("json_scalar({})::text", value)),)
        case _:
            raise TypeError(f"no way to write {type_} as JSON")
