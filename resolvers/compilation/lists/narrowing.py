"""The arguments `filter` and `orderBy` of a list: the conditions of its rows, and their order."""

from collections.abc import Sequence

from graphql import GraphQLInputObjectType, GraphQLNamedType

from db.sql import Sql
from resolvers.compilation.context import Row, StatementContext
from resolvers.compilation.cost import COMPUTED_CRITERION, CRITERION, EVERY_TEXT, USUAL_CRITERIA
from resolvers.compilation.lists.filters import Filter, lists_deleted
from resolvers.compilation.lists.ordering import Order, OrderKey
from resolvers.compilation.object_writer import FieldSelection, ObjectWriter
from resolvers.compilation.resolution import Arguments
from resolvers.compilation.table_mapping import TableMapping
from resolvers.gates.coordinates import Fields as Listable
from resolvers.gates.coordinates import named_type, node_type
from resolvers.operation.argument_gates import enum_values
from resolvers.operation.arguments import NOT_GIVEN
from resolvers.request import bad_input


def filter_conditions(
    layout: TableMapping, target: Row, chosen: FieldSelection, *, whole: bool = False
) -> tuple[Sql, ...]:
    """The conditions that the filter of a list asks of its rows; their costs are charged.

    `whole`: the list has all of a company's rows of its type.
    """
    if "filter" not in chosen.arguments:
        return ()
    type_ = named_type(chosen.declared.args["filter"])
    assert isinstance(type_, GraphQLInputObjectType)
    nodes = node_type(chosen.returned) or chosen.returned
    assert isinstance(nodes, Listable)
    found = Filter(target, nodes, layout)
    conditions = tuple(found.conditions(chosen.arguments["filter"], type_))
    usual = CRITERION * max(0, found.tally.criteria - USUAL_CRITERIA)
    texts = EVERY_TEXT * found.tally.unserved * whole
    target.ctx.costs.charge_growing(chosen.at.path, usual + COMPUTED_CRITERION * found.tally.computed + texts)
    return conditions


def wants_deleted(ctx: StatementContext, chosen: FieldSelection) -> bool:
    """True if the filter of a connection asks for deleted rows."""
    given, declared = chosen.arguments.get("filter", NOT_GIVEN), chosen.declared.args.get("filter")
    type_ = named_type(declared) if declared is not None else None
    return isinstance(type_, GraphQLInputObjectType) and lists_deleted(ctx.inputs, given, type_)


def order_of(objects: ObjectWriter, nodes: GraphQLNamedType, arguments: Arguments, usual: Sequence[str] = ()) -> Order:
    """The order that is asked for, else the usual one of the list or of its type."""
    names = enum_values(objects.ctx.inputs, arguments.get("orderBy", NOT_GIVEN))
    if names:
        return Order.by(_consistent([OrderKey.of_enum(name) for name in names]))
    return Order.by([OrderKey.parse(key) for key in usual or objects.layout.placement(nodes.name).order])


def _consistent(keys: list[OrderKey]) -> list[OrderKey]:
    """The keys of an order. Raises RequestError (BAD_USER_INPUT) when one comes both up and down."""
    if len({key.column for key in keys}) < len(keys):
        raise bad_input('The argument "orderBy" has the same value in both directions.')
    return keys
