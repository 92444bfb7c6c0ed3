"""Fields that are null only where they are hidden or refused; with `Hidden-Fields: error` there is an error then."""

from collections.abc import Iterator

from graphql import GraphQLInterfaceType, GraphQLObjectType, is_introspection_type, is_leaf_type

from resolvers.compilation.resolution import (
    AcrossCompanies,
    Companies,
    Derived,
    Leaf,
    Listing,
    Paging,
    RowOrDerived,
    SameRow,
)
from resolvers.compilation.table_mapping import TableMapping
from resolvers.gates.coordinates import Fields, is_nullable, named_type, python_name


def null_by_gates_alone(layout: TableMapping) -> Iterator[tuple[str, str]]:
    """The nullable fields, as type and name, whose value itself is never null.

    A field that could be null in one way or another is left out, and so is one that code computes. A field of an
    interface has to be such in every type that implements it.
    """
    for type_ in layout.schema.type_map.values():
        if isinstance(type_, Fields) and not is_introspection_type(type_):
            for name, declared in type_.fields.items():
                kinds = layout.schema.get_possible_types(type_) if isinstance(type_, GraphQLInterfaceType) else (type_,)
                if is_nullable(declared) and all(_has_value(layout, kind, name) for kind in kinds):
                    yield type_.name, name


def _has_value(layout: TableMapping, type_: GraphQLObjectType, name: str) -> bool:
    """True if the value of a field is never null, whatever is in the row at hand."""
    if not layout.is_placed(type_.name):
        return False
    match layout.resolution(type_, name):
        case Paging() | Companies() | AcrossCompanies() | Listing() | RowOrDerived():
            return True
        case Derived(when=None):
            return True
        case SameRow(when=None):
            returned = named_type(type_.fields[name])
            return not isinstance(returned, Fields) or not layout.carried(returned)
        case Leaf():
            return _is_full_column(layout, type_, name)
        case _:
            return False


def _is_full_column(layout: TableMapping, type_: GraphQLObjectType, name: str) -> bool:
    """True for a field that is a column, by convention, which may not be null."""
    declared = type_.fields[name]
    owners = (type_, *type_.interfaces)
    if any(f"{owner.name}.{name}" in layout.resolvers for owner in owners) or not is_leaf_type(named_type(declared)):
        return False
    column = layout.placement(type_.name).table.columns.get(python_name(declared))
    return column is not None and not column.nullable
