"""The apps as rows: writes the catalogue to `app`, `app_requirement`, `app_text`, and keeps base apps active.

An app that leaves the catalogue keeps its rows: grants, activations and the audit refer to it, its position must never
go to another app, and in a rolling upgrade an older process must not undo the writes of a newer one. No gate asks for
such an app. A migration that removes it for good deletes its `app_text` rows; every list of apps joins these.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from db.connection import Connection
from db.errors import DatabaseMisconfigured


@dataclass(frozen=True, slots=True)
class AppRow:
    """One app: `position` is its bit in the masks, `rank` its place in lists, `texts` label and text by language."""

    id: str
    position: int
    rank: int
    kind: str
    category: str | None
    always_visible: bool
    plan: str
    requires: tuple[str, ...]
    texts: Mapping[str, tuple[str, str]]


async def is_current(connection: Connection, catalogue: Sequence[AppRow]) -> bool:
    """True when the rows of each app equal the catalogue."""
    ids = [row.id for row in catalogue]
    stored = await connection.fetch(READ_APPS, ids)
    return {tuple(record) for record in stored} == {_everything(row) for row in catalogue}


async def write(connection: Connection, catalogue: Sequence[AppRow]) -> None:
    """Write the catalogue in the caller's transaction, and activate base apps and parts for companies without them.

    Raises DatabaseMisconfigured when an app would move to another position or take the position of another app.
    """
    ids = [row.id for row in catalogue]
    await _refuse_moves(connection, catalogue)
    await connection.execute(WRITE_APPS, *_columns([_app(row) for row in catalogue]))
    await connection.execute("delete from app_requirement where app_id = any($1::text[])", ids)
    await connection.execute(
        WRITE_REQUIREMENTS, *_columns([pair for row in catalogue for pair in _requirements(row)], 2)
    )
    await connection.execute("delete from app_text where app_id = any($1::text[])", ids)
    await connection.execute(WRITE_TEXTS, *_columns([texts for row in catalogue for texts in _texts(row)], 4))
    await connection.execute(ACTIVATE_BASE_APPS, ids)
    await connection.execute(SET_MASKS, ids)
    await connection.execute(SET_PLAN_MASKS)


async def _refuse_moves(connection: Connection, catalogue: Sequence[AppRow]) -> None:
    width = await connection.fetchval(READ_MASK_WIDTH)
    stored = await connection.fetch("select id, position from app")
    positions: dict[str, int] = {record["id"]: record["position"] for record in stored}
    owners = {position: app for app, position in positions.items()}
    for row in catalogue:
        if not 0 <= row.position < width:
            raise DatabaseMisconfigured(f"The app {row.id} has position {row.position}; there are 0 to {width - 1}.")
        if positions.get(row.id, row.position) != row.position:
            raise DatabaseMisconfigured(
                f"The app {row.id} is at position {positions[row.id]} in the database and at {row.position} in the "
                "catalogue. A position is a bit in everybody's permissions and never changes."
            )
        if owners.setdefault(row.position, row.id) != row.id:
            raise DatabaseMisconfigured(
                f"The app {row.id} wants position {row.position}, which belongs to {owners[row.position]}. "
                "A position is never given twice, not even after its app is gone."
            )


def _app(row: AppRow) -> tuple[object, ...]:
    return (row.id, row.position, row.rank, row.kind, row.category, row.always_visible, row.plan)


def _requirements(row: AppRow) -> Iterator[tuple[str, str]]:
    return ((row.id, required) for required in row.requires)


def _texts(row: AppRow) -> Iterator[tuple[str, str, str, str]]:
    return ((row.id, language, label, description) for language, (label, description) in row.texts.items())


def _everything(row: AppRow) -> tuple[object, ...]:
    """The row as `READ_APPS` returns it."""
    texts = [word for language, pair in sorted(row.texts.items()) for word in (language, *pair)]
    return (*_app(row), "\n".join(sorted(row.requires)), "\n".join(texts))


def _columns(rows: Sequence[tuple[object, ...]], width: int = 7) -> list[list[object]]:
    """The rows as one array per column, for `unnest`."""
    return [[row[column] for row in rows] for column in range(width)]


READ_MASK_WIDTH = "select atttypmod from pg_attribute where attrelid = 'company'::regclass and attname = 'mask'"

READ_APPS = """
select
    id, position, rank, kind, category, always_visible, plan,
    (
        select coalesce(string_agg(requires_app_id, E'\\n' order by requires_app_id collate "C"), '')
        from app_requirement
        where app_id = app.id
    ),
    (
        select coalesce(
            string_agg(concat_ws(E'\\n', language, label, description), E'\\n' order by language collate "C"), ''
        )
        from app_text
        where app_id = app.id
    )
from app
where id = any($1::text[])
"""

WRITE_APPS = """
insert into app (id, position, rank, kind, category, always_visible, plan)
select *
from unnest($1::text[], $2::smallint[], $3::smallint[], $4::text[], $5::text[], $6::boolean[], $7::text[])
on conflict (id) do update set
    rank = excluded.rank,
    kind = excluded.kind,
    category = excluded.category,
    always_visible = excluded.always_visible,
    plan = excluded.plan
"""

WRITE_REQUIREMENTS = """
insert into app_requirement (app_id, requires_app_id)
select * from unnest($1::text[], $2::text[])
"""

WRITE_TEXTS = """
insert into app_text (app_id, language, label, description)
select * from unnest($1::text[], $2::text[], $3::text[], $4::text[])
"""

ACTIVATE_BASE_APPS = """
with activated as (
    insert into company_app (company_id, app_id)
    select company.id, app.id
    from company
    cross join app
    where app.id = any($1::text[])
        and app.kind in ('BASE', 'PART')
        and not exists (
            select from company_app
            where company_app.company_id = company.id and company_app.app_id = app.id and upper_inf(company_app.valid)
        )
    returning company_id, app_id
)
insert into access_change (company_id, kind, app_id, before, after)
select company_id, 'APP_ACTIVATED', app_id, false, true
from activated
"""

SET_MASKS = """
update company
set mask = mask | wanted.bits, access_version = access_version + 1
from (
    select bit_or(set_bit(no_apps.bits, position, 1)) as bits
    from app
    cross join (select mask # mask as bits from company limit 1) no_apps
    where id = any($1::text[]) and kind in ('BASE', 'PART')
) wanted
where mask & wanted.bits <> wanted.bits
"""

SET_PLAN_MASKS = """
with moved as (
    update company
    set plan_mask = within_plan(mask, plan), access_version = access_version + 1
    where plan_mask <> within_plan(mask, plan)
    returning id, plan
)
insert into access_change (company_id, kind, plan_before, plan_after)
select id, 'PLAN', plan, plan
from moved
"""
"""For apps that went to another plan. A trigger keeps the masks where a company or its plan changes."""
