"""From a SQL expression and its GraphQL type to the JSON that PostgreSQL writes."""

from graphql import GraphQLEnumType, GraphQLList, GraphQLNamedType, GraphQLNonNull, GraphQLOutputType, GraphQLScalarType, is_non_null_type

from db.sql import Expression, Json, Sql, literal, nullable, sql


def encode(type_: GraphQLOutputType, value: Sql) -> Json:
    """JSON of a leaf; `null` where the type allows it and the value is null."""
    if isinstance(type_, GraphQLNonNull):
        return (Expression(_written(type_.of_type, value)),)
    return nullable(_written(type_, value))


def _written(type_: object, value: Sql) -> Sql:
    match type_:
        case GraphQLList():
            return sql("array_to_json({})::text", value)
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
