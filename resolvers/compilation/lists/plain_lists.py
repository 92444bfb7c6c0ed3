"""Lists without pages: the rows that a field leads to, rows that are computed, and pairs of rows."""

from contextlib import ExitStack

from db.sql import Expression, Json, Text, concatenation, every, join, nullable, only_if, sql
from resolvers.compilation.context import Row
from resolvers.compilation.cost import FEW, FILTER, LOOKUP, SIZED, SUM, items_of, size_of
from resolvers.compilation.lists.catalogue_lists import prepared_list
from resolvers.compilation.lists.narrowing import filter_conditions, order_of
from resolvers.compilation.lists.ordering import Order, OrderKey
from resolvers.compilation.object_writer import FieldSelection, ObjectWriter
from resolvers.compilation.resolution import Derived, Listing, Pairs
from resolvers.compilation.visible_rows import shown, target_of
from resolvers.operation.arguments import NOT_GIVEN


def list_json(objects: ObjectWriter, row: Row, chosen: FieldSelection, listed: Listing | Derived | Pairs) -> Json:
    """JSON of a list below a row."""
    match listed:
        case Listing():
            return _listing(objects, row, chosen, listed)
        case Derived(_, _, when):
            json = _derived(objects, row, chosen, listed)
            return only_if(when(row, chosen.arguments) if when else None, json)
        case Pairs():
            return _pairs(objects, row, chosen, listed)


def _listing(objects: ObjectWriter, row: Row, chosen: FieldSelection, listing: Listing) -> Json:
    ctx, layout = objects.ctx, objects.layout
    target = target_of(layout, row, chosen.returned, chosen.arguments)
    placement = layout.placement(chosen.returned.name)
    visible = shown(layout, target, chosen.returned, chosen.at)
    of_type = placement.conditions(target.rows) if listing.past else placement.current(target.rows)
    always = (*target.rows.where, *of_type, *visible, *listing.link(row, target))
    where = every([*always, *filter_conditions(layout, target, chosen)])
    keys = order_of(objects, chosen.returned, chosen.arguments, listing.order)
    sorted_by = keys.among(target.rows, always).clause(target.rows)
    given = sum(ctx.inputs.given(chosen.arguments.get(name, NOT_GIVEN)) for name in ("filter", "orderBy"))
    usual = items_of(chosen.returned)
    charge = ctx.costs.charge if usual <= FEW and not given else ctx.costs.charge_growing
    charge(chosen.at.path, LOOKUP + FILTER * given)
    with ctx.costs.times(size_of(listing.narrowed(row) if listing.narrowed else NOT_GIVEN, usual, usual)):
        json = objects.object_of(target, chosen.returned, chosen.selection_sets, chosen.at.in_rows())
    source = (listing.instead(row, target) if listing.instead else None) or target.rows.source
    if placement.table.info["catalogue"]:
        catalogue = prepared_list(ctx, target.rows, sorted_by, json, where)
        listed = sql("string_agg({}, ',') from {}", concatenation(catalogue.json), catalogue.source)
    else:
        listed = sql("string_agg({}, ',' order by {}) from {}", concatenation(json), sorted_by, source)
    items = sql("coalesce((select {} where {}), '')", listed, where)
    return (Text("["), Expression(items), Text("]"))


def _derived(objects: ObjectWriter, row: Row, chosen: FieldSelection, derived: Derived) -> Json:
    costs, at = objects.ctx.costs, chosen.at
    relation, order = derived.relation(row, chosen.arguments), derived.order
    target = row.child(relation, chosen.arguments)
    costs.charge_growing(at.path, SIZED if derived.sizes else SUM)
    sizes = derived.sizes(row, chosen.arguments) if derived.sizes else (items_of(chosen.returned),)
    with ExitStack() as inside:
        for size in sizes:
            inside.enter_context(costs.times(size))
        json = concatenation(objects.object_of(target, chosen.returned, chosen.selection_sets, at.in_rows()))
    listed = sql("string_agg({}, ',' order by {}) from {}", json, relation[order], relation.source)
    return (Text("["), Expression(sql("coalesce((select {}), '')", listed)), Text("]"))


def _pairs(objects: ObjectWriter, row: Row, chosen: FieldSelection, pairs: Pairs) -> Json:
    ctx, layout, at = objects.ctx, objects.layout, chosen.at
    of_between, of_type = layout.placement(pairs.between), layout.placement(chosen.returned.name)
    between = row.child(ctx.rows(of_between.table, company=row.company), {})
    target = target_of(layout, between, chosen.returned, {})
    found = pairs.choose(row, between, target, chosen.arguments)
    ctx.costs.charge_growing(at.path, SUM)
    with ctx.costs.times(pairs.most):
        json = concatenation(objects.object_of(target, chosen.returned, chosen.selection_sets, at.in_rows()))
    orders = ((pairs.order, between), (of_type.order, target))
    sorted_by = join(", ", [Order.by([OrderKey.parse(key) for key in of]).clause(row_.rows) for of, row_ in orders])
    current = [
        *of_between.current(between.rows),
        *of_type.current(target.rows),
        *shown(layout, between, layout.schema.type_map[pairs.between], at),
        *shown(layout, target, chosen.returned, at),
    ]
    where = every([*between.rows.where, *target.rows.where, *current, *found.conditions])
    listed = sql("select string_agg({}, ',' order by {}) from", json, sorted_by)
    items = sql("{} {} cross join {} where {}", listed, between.rows.source, target.rows.source, where)
    whole = sql("case when {} then '[' || coalesce(({}), '') || ']' end", found.is_known, items)
    return nullable(sql("(select {} from {})", whole, found.source))
