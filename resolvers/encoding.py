"""From a SQL expression and the field that it is the value of to the JSON that PostgreSQL writes."""

from graphql import GraphQLEnumType, GraphQLField, GraphQLNamedType, GraphQLScalarType

from db.sql import Expression, Json, Sql, nullable, sql
from resolvers.coordinates import is_list, is_nullable, named_type


def encode(declared: GraphQLField, value: Sql) -> Json:
    """JSON of a leaf or a list of leaves; `null` where the field allows it and the value is null."""
    text = sql("array_to_json({})::text", value) if is_list(declared) else _leaf(named_type(declared), value)
    return nullable(text) if is_nullable(declared) else (Expression(text),)


def _leaf(type_: GraphQLNamedType, value: Sql) -> Sql:
    match type_:
        case GraphQLEnumType() | GraphQLScalarType(name="Decimal" | "Date"):
            return sql("""'"' || {}::text || '"'""", value)
        case GraphQLScalarType(name="Int" | "Boolean"):
            return sql("{}::text", value)
        case GraphQLScalarType(name="String" | "DateTime"):
            return sql("to_json({})::text", value)
        case _:
            raise TypeError(f"no way to write {type_} as JSON")


def global_id(prefix: Sql, key: Sql) -> Sql:
    """JSON text of a global id; null for a null key. `prefix` is SQL of the type's prefix."""
    return sql("""'"' || {} || '_' || encode(uuid_send({}), 'hex') || '"'""", prefix, key)
