"""The changes of a company's entities since a snapshot of the database, for the subscription `changed`.

A change is listed for a viewer who passes the gates of its entity now, with what there is of the entity now. A change
of a part, such as a contact person, is a change of the whole.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from graphql import GraphQLEnumType, GraphQLSchema

from db.declarations import Table
from db.sql import NULL, Rows, Sql, equals, every, join, literal, number, sql
from db.tables import metadata
from db.tables.core.changes import change
from db.tables.metadata import DELETED, whole_of
from resolvers.compilation.context import Row
from resolvers.compilation.parameters import enum_names
from resolvers.compilation.resolution import Arguments, Derived, GlobalId, Leaf, Resolution
from resolvers.gates.coordinates import id_prefix, pascal
from resolvers.gates.needs import Need, own_gates
from resolvers.operation.arguments import NOT_GIVEN

VERSION: Final = "version"
"""The column of rows that users write."""

MOST: Final = 100
"""Maximum number of changes that one event lists."""


@dataclass(frozen=True, slots=True)
class ChangeSource:
    """A type whose rows are written, and the entity that has changed with them.

    `key` is the column of the written row with the key of the entity's row: `id`, or a part's reference to its whole.
    """

    entity: str
    prefix: str
    need: Need
    table: Table
    where: Mapping[str, object]
    written: str
    part: Table | None = None
    key: str = "id"


@cache
def change_sources(schema: GraphQLSchema) -> tuple[ChangeSource, ...]:
    """The sources of all values of ChangedEntity."""
    return tuple(_sources(schema))


def _sources(schema: GraphQLSchema) -> Iterator[ChangeSource]:
    entities = schema.type_map["ChangedEntity"]
    assert isinstance(entities, GraphQLEnumType)
    for name, value in entities.values.items():
        type_name = pascal(name)
        (table,) = [table for table in metadata.tables.values() if type_name in table.info.get("types", ())]
        where = table.info["types"][type_name].where
        prefix, need = str(id_prefix(schema.type_map[type_name])), own_gates(value)
        yield ChangeSource(name, prefix, need, table, where, type_name)
        for part in metadata.tables.values():
            key = whole_of(part) if VERSION in part.columns else None
            if key is not None and key.target == table.name:
                for written in part.info["types"]:
                    yield ChangeSource(name, prefix, need, table, where, written, part, key.columns[-1])


# --- the newest changes ---------------------------------------------------------------------------------------------


def _newest(row: Row) -> Rows:
    """The changes that the viewer may see and has not seen, newest first."""
    trail, since = row.ctx.rows(change, company=row.company), row.ctx.since()
    newest = sql(
        "select {} entity, {} key, {} at, {} xid, {} id from {} where {} and {} >= pg_snapshot_xmin({}) "
        "and not pg_visible_in_snapshot({}, {}) and {} order by {} desc, {} desc",
        *(trail[column] for column in ("entity", "key", "at", "xid", "id")),
        trail.source,
        every(trail.where),
        trail["xid"],
        since,
        trail["xid"],
        since,
        _is_seen(row, trail),
        trail["xid"],
        trail["id"],
    )
    return row.ctx.derived(change, newest, "entity", "key", "at", "xid", "id")


def _is_seen(row: Row, trail: Rows) -> Sql:
    """The condition that the viewer passes the gates of a change's entity and, if some are named, names it."""
    given = row.arguments.get("entities", NOT_GIVEN)
    asked = row.ctx.bind(given, enum_names, "text[]") if row.ctx.inputs.given(given) else None
    branches: list[Sql] = []
    for source in change_sources(row.ctx.collector.schema):
        conditions = [passes] if (passes := row.company_scope.passes(source.need)) is not None else []
        if asked is not None:
            conditions.append(sql("{} = any({})", literal(source.entity), asked))
        is_written = sql("{} = {}", trail["entity"], literal(source.written))
        branches.append(sql("when {} then {}", is_written, every(conditions)))
    return sql("case {} else false end", join(" ", branches))


def _entity_of(row: Row, newest: Rows, source: ChangeSource) -> Sql:
    """The select of the entity that a change of one source changed; no row for a change of another source.

    An entity without a row was deleted for good. A part without one, or of something else, tells of no entity.
    """
    rows = row.ctx.rows(source.table, company=row.company)
    if source.part is None:
        key, written, conditions = newest["key"], sql("(select) o left"), []
    else:
        part = row.ctx.rows(source.part, company=row.company)
        key, written = part[source.key], part.source
        conditions = [*part.where, sql("{} = {}", part["id"], newest["key"])]
    kind = [equals(rows[column], value) for column, value in source.where.items()]
    return sql(
        "select {} entity, {} prefix, {} key, {} version, {} is not null and {} is null is_there "
        "from {} join {} on {} where {}",
        literal(source.entity),
        literal(source.prefix),
        key,
        rows[VERSION],
        rows["id"],
        rows[DELETED],
        written,
        rows.source,
        every([*rows.where, sql("{} = {}", rows["id"], key), *kind]),
        every([sql("{} = {}", newest["entity"], literal(source.written)), *conditions]),
    )


# --- fields ---------------------------------------------------------------------------------------------------------


def _nodes(row: Row, _arguments: Arguments) -> Rows:
    """The entities of the newest changes, each with the last of its changes."""
    newest = _newest(row)
    limited = replace(newest, relation=sql("{} limit {}", newest.relation or NULL, number(MOST)))
    entities = [_entity_of(row, newest, source) for source in change_sources(row.ctx.collector.schema)]
    single = sql(
        "select distinct on (e.entity, e.key) e.entity, e.prefix, e.key, {} at, e.version, "
        "case when e.is_there then 'UPSERTED' else 'DELETED' end kind from {} cross join lateral ({}) e "
        "order by e.entity, e.key, {} desc, {} desc",
        newest["at"],
        limited.source,
        join(" union all ", entities),
        newest["xid"],
        newest["id"],
    )
    return row.ctx.derived(change, single, "entity", "prefix", "key", "at", "version", "kind")


def _more(row: Row, _arguments: Arguments) -> Sql:
    return sql("exists (select from {} offset {})", _newest(row).source, number(MOST))


RESOLVERS: Final[dict[str, Resolution]] = {
    "Changes.nodes": Derived(_nodes, order="at"),
    "Changes.more": Leaf(_more),
    "Change.entityId": GlobalId(lambda row: row["key"], prefix=lambda row: row["prefix"]),
    "Change.version": Leaf(lambda row, arguments: row["version"]),
}

HOMES: Final = {"Changes": "company", "Change": "change"}
