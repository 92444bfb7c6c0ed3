"""The cells of a permission matrix that changed since a version, for a client that has the matrix of that version.

They come from the newest changes of access: all changes of one mutation have the same moment, and each moment counts
one version. Toggles change cells; any other change may concern rows and columns, so no difference is made of it. So
may the end of a trial, of which nothing is written.
"""

from typing import Final

from db.sql import Sql, every, number, sql
from db.tables.core.access import access_change
from resolvers.compilation.context import Row
from resolvers.compilation.parameters import unchanged
from resolvers.compilation.resolution import Arguments, PairSource
from resolvers.fields.core.matrix_history import APART, is_past
from resolvers.plans import version

MOST_CHANGES: Final = 500
"""Number of changes of access, the newest, from which a difference is made; also its maximum number of cells."""


def changed_cells(matrix: Row, person: Row, column: Row, arguments: Arguments) -> PairSource:
    """The pairs of a person and an app whose cells changed since the argument `version`."""
    changed = sql("select u.person, u.app from unnest(w.people, w.apps) u(person, app)")
    conditions = (sql("({}, {}) in ({})", person["id"], column["id"], changed),)
    is_known = sql("false") if is_past(matrix) else sql("w.is_known")
    return PairSource(sql("({}) w", _difference(matrix, arguments)), is_known, conditions)


def _difference(matrix: Row, arguments: Arguments) -> Sql:
    """The select of one row: the changed cells, and `is_known`, the condition that they are the whole difference.

    It holds for the version of now, and for an earlier one with all later changes among the newest, toggles alone.
    """
    known = matrix.ctx.bind(arguments["version"], unchanged, "int8")
    return sql(
        "select b.behind = 0 or b.behind > 0 and coalesce(max(r.age) >= b.behind"
        " and (max(r.age) > b.behind or max(r.place) < {})"
        " and bool_and(r.kind = 'TOGGLE') filter (where r.age <= b.behind), false) is_known,"
        " array_agg(r.person) filter (where r.age <= b.behind) people,"
        " array_agg(r.app) filter (where r.age <= b.behind) apps"
        " from (select {} - {} behind) b left join ({}) r on true group by b.behind",
        number(MOST_CHANGES),
        version(matrix.rows),
        known,
        _newest(matrix),
    )


def _newest(matrix: Row) -> Sql:
    """The select of the newest changes of the matrix, the end of the company's trial among them.

    `place` numbers all changes, `age` their versions: 1 for the changes of the newest version, 2 for the one before.
    """
    change = matrix.ctx.rows(access_change, company=matrix["id"])
    newest = sql(
        "(select {} at, {} id, {} kind, {} person, {} app from {} where {} order by {} desc, {} desc limit {})",
        *(change[column] for column in ("at", "id", "kind", "membership_id", "app_id")),
        change.source,
        every(change.where),
        change["at"],
        change["id"],
        number(MOST_CHANGES),
    )
    ended = sql("select {}, null, 'TRIAL', null, null where {} <= now()", *[matrix["trial_ends_at"]] * 2)
    placed = sql(
        "select c.*, row_number() over (order by c.at desc, c.id desc) place from ({} union all {}) c", newest, ended
    )
    aged = sql("select n.*, dense_rank() over (order by n.at desc) age from ({}) n", placed)
    return sql("{} where n.kind not in {}", aged, APART)
