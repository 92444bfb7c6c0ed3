"""Previews of a change of access: the masks of users and keys before and after it, and what lies between.

An employee's mask is that of the toggles and of the company's apps that are awake. A coordinate or a selection is seen
by a mask that has all apps of its need.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from typing import Any, Final, cast

import orjson
from graphql import GraphQLSchema

from db.masks import NO_APPS
from db.sql import Rows, Sql, every, number, sql
from db.tables.core.identity import credential, membership
from db.tokens import CredentialKind
from resolvers.compilation.context import Row, StatementContext
from resolvers.compilation.cost import ListSize, measured
from resolvers.compilation.resolution import Arguments, Derived, Leaf, Resolution, SameRow, ToOne
from resolvers.gates.coordinate_groups import Reach, coordinate_groups, reach_of_apps
from resolvers.global_ids import Key
from resolvers.membership import carries, held, is_in
from resolvers.operation.arguments import NOT_GIVEN, ArgumentValue
from resolvers.operation.named import NamedOperation
from resolvers.plans import awake
from resolvers.request import bad_input
from resolvers.request_limits import LIST_ITEMS
from schema.apps import CATALOGUE, App

MOST: Final = 3_000
"""Maximum number of changes, as in `setAppAccess`."""

USER: Final = Key(("usr",))
NONE: Final = sql(NO_APPS)
NOTHING: Final = sql("'[]'::jsonb")
NO_REACH: Final = Reach(0, 0)


# --- parameters -----------------------------------------------------------------------------------------------------


def _changes(value: Any) -> str:
    """The changes that toggles can make, as JSON. Raises RequestError (BAD_USER_INPUT) for too many."""
    changes = _few(value)
    return orjson.dumps(
        [
            {"n": n, "person": key, "place": CATALOGUE[one["app"]].position, "granted": one["granted"]}
            for n, one in enumerate(changes)
            if (key := USER(one["userId"])) and not CATALOGUE[one["app"]].always_visible
        ]
    ).decode()


@dataclass(frozen=True, slots=True)
class Groups:
    """From changes to the groups of a schema's coordinates that need one of the changed apps, as JSON."""

    schema: GraphQLSchema

    def __call__(self, value: Any) -> str:
        """The groups. Raises RequestError (BAD_USER_INPUT) for too many changes."""
        changed = {one["app"] for one in _few(value)}
        return orjson.dumps(
            [
                {"type": group.type_name, "names": group.names, "apps": [CATALOGUE[app].position for app in group.apps]}
                for group in coordinate_groups(self.schema)
                if group.apps & changed
            ]
        ).decode()


def _few(value: Any) -> list[Any]:
    changes = cast("list[Any]", value)
    if len(changes) > MOST:
        raise bad_input(f'The argument "changes" has more than {MOST:,} items.')
    return changes


@dataclass(frozen=True, slots=True)
class KnownOperations:
    """The probe for the names of operations that are known, each once; none for null, None for too many names."""

    named: Mapping[str, NamedOperation] = field(compare=False)

    def __call__(self, value: Any) -> tuple[str, ...] | None:
        """The names, in the order in which they are given."""
        names = cast("list[str]", value or [])
        return tuple(name for name in dict.fromkeys(names) if name in self.named) if len(names) <= LIST_ITEMS else None


def _named(row: Row, arguments: Arguments) -> tuple[str, ...]:
    """The operations to look at, which become part of the statement's shape. Raises RequestError (BAD_USER_INPUT)."""
    given, ctx = arguments.get("operations", NOT_GIVEN), row.ctx
    names = ctx.inputs.probe(given, KnownOperations(ctx.named)) if ctx.inputs.given(given) else ()
    if names is None:
        raise bad_input(f"A list has more than {LIST_ITEMS} items.")
    return names


def _needs(ctx: StatementContext, names: tuple[str, ...]) -> Sql:
    """The needs of the operations' selections, as JSON. They are found while the statement is compiled, in its turn."""
    listed = [{"n": n, "name": name, "needs": ctx.named[name].needs} for n, name in enumerate(names)]
    text = orjson.dumps(listed).decode()
    ctx.carried += 2 * len(text)
    return ctx.source(lambda bindings: text, "jsonb", (_needs, names))


# --- costs ----------------------------------------------------------------------------------------------------------

NAMED: Final = 75
"""Cost of an operation whose needs are found: 15 ms, at its first use."""

JUDGED: Final = 10
"""Cost of an operation that is judged for one of the people."""

PIECE: Final = 64
"""Bytes that may be written for a point of cost."""


def _first(value: Any) -> list[Mapping[str, Any]]:
    """The changes that a measure looks at, no more than there may be; what is not known yet in one is missing."""
    return [change or {} for change in cast("list[Any]", value or [])[:MOST]]


def count_people(value: Any) -> int:
    """Measure of changes: the number of people; a user who is not known yet is one more."""
    return len({change.get("userId") or n for n, change in enumerate(_first(value))})


@dataclass(frozen=True, slots=True)
class Types:
    """Measure of changes: the types of which each person would see more (`granted`) or less, on average, rounded up."""

    schema: GraphQLSchema
    granted: bool

    def __call__(self, value: Any) -> int:
        """The number of types."""
        return ceil(_reach(self.schema, value, granted=self.granted).types / max(1, count_people(value)))


@dataclass(frozen=True, slots=True)
class Pieces:
    """Measure of changes: the pieces of text that the names of a type have on average, beyond what a row covers."""

    schema: GraphQLSchema

    def __call__(self, value: Any) -> int:
        """The number of pieces, of what is gained or lost, whichever is longer."""
        reaches = [_reach(self.schema, value, granted=granted) for granted in (True, False)]
        return max(0, *(reach.length // max(1, reach.types) // PIECE - 1 for reach in reaches))


def _reach(schema: GraphQLSchema, value: Any, *, granted: bool) -> Reach:
    """At most how much changes for all people together; an app that is not known yet changes all for its user."""
    whole, by_app = reach_of_apps(schema)
    switches = Counter(change.get("app") for change in _first(value) if change.get("granted") in (granted, None))
    reaches = [(whole if app is None else by_app.get(app, NO_REACH), times) for app, times in switches.items()]
    people = count_people(value)
    types, length = (min(sum(reach[n] * times for reach, times in reaches), people * whole[n]) for n in (0, 1))
    return Reach(types, length)


def _changes_of(row: Row) -> ArgumentValue:
    return row.arguments.get("changes", NOT_GIVEN)


def _count_of_people(row: Row, arguments: Arguments) -> tuple[int | ListSize, ...]:
    return (measured(_changes_of(row), count_people, MOST),)


def _count_of_operations(row: Row, arguments: Arguments) -> tuple[int | ListSize, ...]:
    return (len(_named(row, row.arguments)), *_count_of_people(row, arguments))


def _count_of_types(row: Row, arguments: Arguments, *, granted: bool) -> tuple[int | ListSize, ...]:
    assert row.parent is not None, "a person or a key is in a preview"
    schema = row.ctx.collector.schema
    return (measured(_changes_of(row.parent), Types(schema, granted), len(schema.type_map)),)


def _length_of_names(row: Row) -> int | ListSize:
    assert row.parent is not None, "what is gained or lost is of a person or a key"
    assert row.parent.parent is not None, "a person or a key is in a preview"
    return measured(_changes_of(row.parent.parent), Pieces(row.ctx.collector.schema), MOST)


# --- rows -----------------------------------------------------------------------------------------------------------


def _people(preview: Row) -> Sql:
    """The select of the users whose mask changes: `n`, `person`, `account`, and the masks `before` and `after`."""
    given, ctx = preview.arguments.get("changes", NOT_GIVEN), preview.ctx
    changes = ctx.bind(given, _changes, "jsonb") if ctx.inputs.given(given) else NOTHING
    member = ctx.rows(membership, company=preview.company)
    conditions = [
        *member.where,
        sql("{} = u.person", member["id"]),
        sql("{} = 'EMPLOYEE'", member["role"]),
        sql("{} is null", member["removed_at"]),
        sql("e.before <> e.after"),
    ]
    return sql(
        "select u.n, {} person, {} account, e.before, e.after from ("
        "select c.person, min(c.n) n, bit_or(case when c.granted then set_bit({}, c.place, 1) else {} end) given, "
        "bit_or(case when c.granted then {} else set_bit({}, c.place, 1) end) taken "
        "from jsonb_to_recordset({}) c(n int, person uuid, place int, granted bool) group by c.person) u "
        "cross join {} cross join lateral (select {} & {} before, {} & ({} | u.given) & ~ u.taken after offset 0) e "
        "where {}",
        member["id"],
        member["account_id"],
        *[NONE] * 4,
        changes,
        member.source,
        *[awake(preview.company_scope.company), held(member)] * 2,
        every(conditions),
    )


def _list_of_people(row: Row, arguments: Arguments) -> Rows:
    return row.ctx.derived(membership, _people(row), "n", "person", "account", "before", "after")


def _coordinates(row: Row, arguments: Arguments, seen: str, unseen: str) -> Rows:
    """The coordinates that the mask `seen` of a row shows and the mask `unseen` does not, by types."""
    assert row.parent is not None, "a person or a key is in a preview"
    select = sql(
        "select g.type, array_agg(o.name order by o.name) names from {} g cross join unnest(g.names) o(name) "
        "where {} & g.need = g.need and {} & g.need <> g.need group by g.type",
        _groups(row.parent),
        row[seen],
        row[unseen],
    )
    return row.ctx.derived(membership, select, "type", "names")


def _groups(preview: Row) -> Sql:
    """The groups that need one of the changed apps, each with the mask of its need: a relation that is made once."""
    given, ctx = _changes_of(preview), preview.ctx
    groups = ctx.bind(given, Groups(ctx.collector.schema), "jsonb") if ctx.inputs.given(given) else NOTHING
    select = sql(
        "select g.type, g.names, (select bit_or(set_bit({}, a, 1)) from unnest(g.apps) a) need "
        "from jsonb_to_recordset({}) g(type text, names text[], apps int[])",
        NONE,
        groups,
    )
    return ctx.common(select, (_groups, groups))


def _between(seen: str, unseen: str, *, granted: bool) -> Derived:
    sizes = partial(_count_of_types, granted=granted)
    return Derived(partial(_coordinates, seen=seen, unseen=unseen), order="type", sizes=sizes)


def _extent(all_: Sql, some: Sql) -> Sql:
    return sql("case when {} then 'WHOLE' when {} then 'PARTIAL' else 'NOTHING' end", all_, some)


def _list_of_operations(row: Row, arguments: Arguments) -> Rows:
    """The operations of which somebody sees more or less, for each of the people."""
    ctx, names = row.ctx, _named(row, row.arguments)
    operations = _needs(ctx, names)
    path = ctx.place.path if ctx.place is not None else ()
    ctx.costs.charge(path, NAMED * len(names))
    for size in _count_of_people(row, arguments):
        with ctx.costs.times(size):
            ctx.costs.charge(path, JUDGED * len(names))
    ways = sql(
        "select coalesce(bool_or(z.before), false) before, coalesce(bool_or(z.after), false) after "
        "from jsonb_array_elements(w.ways) y(apps) cross join lateral ("
        "select coalesce(bool_and(get_bit(p.before, a::int) = 1), true) before, "
        "coalesce(bool_and(get_bit(p.after, a::int) = 1), true) after from jsonb_array_elements_text(y.apps) a) z"
    )
    judged = sql(
        "select bool_and(s.before) all_before, bool_or(s.before) some_before, bool_and(s.after) all_after, "
        "bool_or(s.after) some_after, count(*) filter (where s.before <> s.after) changed "
        "from jsonb_array_elements(o.needs) w(ways) cross join lateral ({}) s",
        ways,
    )
    select = sql(
        "select row_number() over (order by o.n, p.n) n, o.name, p.person, {} before, {} after from ({}) p "
        "cross join jsonb_to_recordset({}) o(n int, name text, needs jsonb) cross join lateral ({}) j "
        "where j.changed > 0",
        _extent(sql("j.all_before"), sql("j.some_before")),
        _extent(sql("j.all_after"), sql("j.some_after")),
        _people(row),
        operations,
        judged,
    )
    return ctx.derived(membership, select, "n", "name", "person", "before", "after")


def _list_of_keys(row: Row, arguments: Arguments) -> Rows:
    """The keys of the people that open the company now, and would reach less; only a session sees any."""
    ctx = row.ctx
    member, key = ctx.rows(membership, company=row.company), ctx.rows(credential)
    opens = "get_bit({} & {}, {}) = 1"
    place = number(CATALOGUE[App.API_ACCESS].position)
    conditions = [
        sql("true" if ctx.kind is CredentialKind.SESSION else "false"),
        *member.where,
        sql("{} = p.person", member["id"]),
        is_in(member),
        sql("{} = 'API_KEY'", key["kind"]),
        sql("{} > now()", key["expires_at"]),
        carries(member, key.name),
        sql(opens, sql("p.before"), key["apps"], place),
        sql("e.after <> (p.before & {})", key["apps"]),
    ]
    select = sql(
        "select p.n, {} key, p.before & {} before, e.after from ({}) p join {} on {} = p.account cross join {} "
        "cross join lateral (select case when {} then p.after & {} else {} end after offset 0) e where {}",
        key["id"],
        key["apps"],
        _people(row),
        key.source,
        key["account_id"],
        member.source,
        sql(opens, sql("p.after"), key["apps"], place),
        key["apps"],
        NONE,
        every(conditions),
    )
    lost = sql(
        "select row_number() over (order by k.n, k.key) n, k.key, k.before, k.after from ({}) k "
        "where (k.before & ~ k.after) <> {}",
        select,
        NONE,
    )
    return ctx.derived(membership, lost, "n", "key", "before", "after")


def _user(row: Row, user: Row) -> tuple[Sql, ...]:
    return (sql("{} = {}", user["id"], row["person"]),)


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Company.previewAccess": SameRow(lambda row: row.rows),
    "AccessPreview.people": Derived(_list_of_people, order="n", sizes=_count_of_people),
    "AccessPreview.operations": Derived(_list_of_operations, order="n", sizes=_count_of_operations),
    "AccessPreview.apiKeys": Derived(_list_of_keys, order="n", sizes=_count_of_people),
    "AccessPreviewPerson.user": ToOne(_user),
    "AccessPreviewPerson.gained": _between("after", "before", granted=True),
    "AccessPreviewPerson.lost": _between("before", "after", granted=False),
    "AccessPreviewOperation.user": ToOne(_user),
    "AccessPreviewOperation.name": Leaf(lambda row, arguments: row["name"]),
    "AccessPreviewOperation.before": Leaf(lambda row, arguments: row["before"]),
    "AccessPreviewOperation.after": Leaf(lambda row, arguments: row["after"]),
    "AccessPreviewKey.apiKey": ToOne(lambda row, key: (sql("{} = {}", key["id"], row["key"]),)),
    "AccessPreviewKey.lost": _between("before", "after", granted=False),
    "TypeCoordinates.type": Leaf(lambda row, arguments: row["type"]),
    "TypeCoordinates.names": Leaf(lambda row, arguments: row["names"], length=_length_of_names),
}

HOMES: Final[Mapping[str, str]] = {
    "AccessPreview": "company",
    "AccessPreviewPerson": "membership",
    "AccessPreviewOperation": "membership",
    "AccessPreviewKey": "membership",
    "TypeCoordinates": "membership",
}
