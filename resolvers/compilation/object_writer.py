"""A selected field of an object at hand, and the object compiler as lists of other rows see it."""

from typing import NamedTuple, Protocol, TypeAlias

from graphql import GraphQLField, GraphQLNamedType, SelectionSetNode

from db.sql import Json
from resolvers.compilation.company_scope import Position
from resolvers.compilation.context import Row, StatementContext
from resolvers.compilation.resolution import Arguments
from resolvers.compilation.table_mapping import TableMapping
from resolvers.gates.coordinates import named_type
from resolvers.operation.selection import SelectedField

SelectionSets: TypeAlias = tuple[SelectionSetNode, ...]


class FieldSelection(NamedTuple):
    """A selected field of a concrete type with its declaration, its arguments and its position in the response."""

    selected: SelectedField
    declared: GraphQLField
    arguments: Arguments
    at: Position

    @property
    def returned(self) -> GraphQLNamedType:
        """The named type of the field."""
        return named_type(self.declared)

    @property
    def selection_sets(self) -> SelectionSets:
        """The selection sets of its value."""
        return self.selected.selection_sets


class ObjectWriter(Protocol):
    """Writes objects within one statement (`objects.py`)."""

    layout: TableMapping
    ctx: StatementContext

    def object_of(self, row: Row, named: GraphQLNamedType, selection_sets: SelectionSets, at: Position) -> Json:
        """JSON of the row as a value of a type."""
        ...
