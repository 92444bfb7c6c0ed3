"""The connections of the schema: pages of rows that a field leads to, of the viewer's companies, across companies."""

from functools import partial

from graphql import GraphQLInterfaceType, GraphQLObjectType

from db.sql import Expression, Json, sql
from resolvers.compilation.company_scope import enterable
from resolvers.compilation.context import LateralJoin, Row
from resolvers.compilation.cost import FILTER, is_computed
from resolvers.compilation.lists.connection_fields import page
from resolvers.compilation.lists.narrowing import filter_conditions, order_of, wants_deleted
from resolvers.compilation.lists.paging import SUMS, ConnectionSource, Item, Page
from resolvers.compilation.object_writer import FieldSelection, ObjectWriter
from resolvers.compilation.resolution import Paging, RowSource
from resolvers.compilation.visible_rows import shown, shown_kinds, target_of
from resolvers.gates.coordinates import named_type, node_type


def connection(objects: ObjectWriter, row: Row, chosen: FieldSelection, paging: Paging) -> Json:
    """JSON of a connection over the rows that a field leads to."""
    nodes, layout, ranks = node_type(chosen.returned), objects.layout, paging.ranks
    assert nodes is not None
    target = target_of(layout, row, nodes, chosen.arguments)
    placement = layout.placement(nodes.name)
    listed = placement.conditions if wants_deleted(objects.ctx, chosen) else placement.current
    kind = (*listed(target.rows), *shown(layout, target, nodes, chosen.at))
    linked = paging.link(row, target)
    objects.ctx.costs.charge_growing(chosen.at.path, FILTER * any(is_computed(condition) for condition in linked))
    conditions = (*target.rows.where, *kind, *linked, *filter_conditions(layout, target, chosen, whole=not linked))
    are_kinds = isinstance(nodes, GraphQLInterfaceType)
    source = ConnectionSource(
        row=target,
        source=target.rows.source,
        conditions=conditions,
        kinds=shown_kinds(layout, target, nodes, chosen.arguments) if are_kinds else None,
        order=order_of(objects, nodes, chosen.arguments),
        item=partial(objects.object_of, target, nodes),
        sums=_sums(objects, target, chosen),
        ranks=ranks(row, target) if ranks is not None else (),
    )
    found = _page(source, chosen)
    return (Expression(sql("(select {}{})", found.json, found.source)),)


def _sums(objects: ObjectWriter, target: Row, chosen: FieldSelection) -> dict[str, Item]:
    """The sums over the rows of a connection, those that its type has."""
    type_ = chosen.returned
    assert isinstance(type_, GraphQLObjectType)
    types = {name: named_type(type_.fields[name]) for name in SUMS if name in type_.fields}
    return {name: partial(objects.object_of, target, sums) for name, sums in types.items()}


def companies(objects: ObjectWriter, row: Row, chosen: FieldSelection) -> Json:
    """JSON of the connection over the companies that the viewer may enter; each row is a scope of its own."""
    nodes, scope = node_type(chosen.returned), objects.ctx.enter()
    assert nodes is not None
    target = Row(scope.company, objects.ctx, scope, row, chosen.arguments)
    filtered, (source, entered) = filter_conditions(objects.layout, target, chosen), enterable(scope)
    listed = ConnectionSource(
        row=target,
        source=source,
        conditions=(entered, *filtered),
        order=order_of(objects, nodes, chosen.arguments),
        item=partial(objects.object_of, target, nodes),
        scope=scope,
    )
    return _judged(objects, listed, chosen)


def across_companies(objects: ObjectWriter, row: Row, chosen: FieldSelection, found: RowSource) -> Json:
    """JSON of a connection over rows of several companies, each judged in its company if the viewer enters it.

    Of a company that the viewer does not enter no gate is open and no row is read: the answer has only columns of
    the listed row itself.
    """
    nodes, scope = node_type(chosen.returned), objects.ctx.enter(of=found.rows["company_id"])
    assert nodes is not None
    assert not objects.layout.carried(nodes), "rows are chosen before their companies are judged"
    target = Row(found.rows, objects.ctx, scope, row, chosen.arguments)
    listed = ConnectionSource(
        row=target,
        source=found.source,
        conditions=found.conditions,
        order=order_of(objects, nodes, chosen.arguments),
        item=partial(objects.object_of, target, nodes),
        scope=scope,
        within=enterable(scope),
    )
    return _judged(objects, listed, chosen)


def _judged(objects: ObjectWriter, listed: ConnectionSource, chosen: FieldSelection) -> Json:
    """A connection whose rows are, or lie in, companies: a lateral join with the closed gates of each row."""
    found = _page(listed, chosen)
    closed = found.closed or sql("null::text")
    lateral = objects.ctx.lateral(sql("select {} j, {} h{}", found.json, closed, found.source))
    objects.ctx.sites.append(LateralJoin(lateral))
    return (Expression(sql("{}.j", lateral)),)


def _page(listed: ConnectionSource, chosen: FieldSelection) -> Page:
    assert isinstance(chosen.returned, GraphQLObjectType)
    return page(listed, chosen.returned, chosen.selected, chosen.arguments, chosen.at)
