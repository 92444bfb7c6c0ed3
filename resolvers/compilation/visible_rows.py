"""Rows of the tables that hold types, and the conditions under which a viewer may see one."""

from graphql import GraphQLInterfaceType, GraphQLNamedType

from db.sql import TRUE, Sql, join, literal, sql
from resolvers.compilation.company_scope import Position, is_owner
from resolvers.compilation.context import Row
from resolvers.compilation.parameters import enum_names
from resolvers.compilation.resolution import Arguments
from resolvers.compilation.table_mapping import TableMapping
from resolvers.gates.needs import Need, type_need
from resolvers.operation.arguments import NOT_GIVEN


def target_of(layout: TableMapping, row: Row, named: GraphQLNamedType, arguments: Arguments) -> Row:
    """A row of the table that holds a type; in a tenant table, of the same company."""
    table = layout.placement(named.name).table
    company = row.company if table.info.get("tenant") else None
    return row.child(row.ctx.rows(table, company=company), arguments)


def shown(layout: TableMapping, row: Row, named: GraphQLNamedType, at: Position) -> tuple[Sql, ...]:
    """The conditions under which the viewer may see a row.

    A row with a gated enum value needs that value's gates; a private row is only for the membership with whose
    rights it was made, or also for owners.
    """
    conditions: list[Sql] = []
    placement = layout.placement(named.name) if layout.is_placed(named.name) else None
    if placement is not None and placement.private is not None:
        assert row.scope is not None, "the layout refuses private rows outside of any company"
        mine = sql("{} = {}", row[placement.private], row.scope.membership["id"])
        owns = is_owner(row.scope.membership)
        conditions.append(sql("({} or {})", owns, mine) if placement.is_for_owners else mine)
    for column, values in layout.carried(named).items():
        branches = [
            sql("when {} = {} then {}", row[column], literal(value), passes(row, lacking))
            for value, need in values.items()
            if (lacking := tuple(gate for gate in need if gate not in at.held))
        ]
        if branches:
            conditions.append(sql("case {} else true end", join(" ", branches)))
    return tuple(conditions)


def shown_kinds(layout: TableMapping, target: Row, nodes: GraphQLInterfaceType, arguments: Arguments) -> Sql:
    """The kinds of row that the viewer may see, narrowed by the argument `kinds`, as a SQL array."""
    open_kinds: list[Sql] = []
    for type_ in layout.schema.get_possible_types(nodes):
        (kind,) = layout.placement(type_.name).where.values()
        open_kinds.append(sql("case when {} then {} end", passes(target, type_need(type_)), literal(str(kind))))
    kinds = sql("array_remove(array[{}], null)", join(", ", open_kinds))
    if not target.ctx.inputs.given(arguments.get("kinds", NOT_GIVEN)):
        return kinds
    asked = target.ctx.bind(arguments["kinds"], enum_names, "text[]")
    return sql("array(select k from unnest({}) k where k = any({}))", kinds, asked)


def passes(row: Row, need: Need) -> Sql:
    """The condition that the viewer passes these gates in the row's company."""
    assert row.scope is not None, "gates are judged in a company"
    return row.scope.passes(need) or TRUE
