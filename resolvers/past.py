"""The permission matrix of a moment: a company and its memberships as they were then, from the history.

Periods tell which apps were active and which toggles were on; the changes of access tell roles, terms and the version.
Nothing is asked that a change at the moment itself had not made yet: periods begin with it, and end before it.
"""

from typing import Final

from db.sql import Sql, derived, every, sql
from db.tables.access import access_change, app_grant, company_app
from db.tables.apps import app
from db.tables.identity import account, company, membership
from resolvers.compilation import Row
from resolvers.convert import same
from resolvers.inputs import ABSENT
from resolvers.resolution import Arguments, Found

NONE: Final = sql("repeat('0', 256)::bit(256)")
ALL: Final = sql("~ repeat('0', 256)::bit(256)")
APART: Final = sql("('KEY_CREATED', 'KEY_REVOKED', 'VIEWED_AS')")
"""Changes that leave the matrix and its version as they are."""


def is_past(matrix: Row) -> bool:
    """Whether a matrix is asked for as it was at a moment."""
    return matrix.to.inputs.given(matrix.arguments.get("at", ABSENT))


def moment(matrix: Row) -> Sql | None:
    """The moment that a matrix is of; None for the matrix as it is."""
    return sql("{}.moment", matrix.rows.name) if is_past(matrix) else None


def company_then(row: Row, arguments: Arguments) -> Found | None:
    """The company with the apps and the version of the moment that is asked for; None when none is.

    The future is as now: as the statement begins, since a mutation reads what it has just written.
    """
    if not row.to.inputs.given(arguments.get("at", ABSENT)):
        return None
    then = row.to.rows(company)
    at = row.to.bind(arguments["at"], same, "timestamptz")
    source = sql(
        "(select {}, w.moment from (select least({}, statement_timestamp()) moment) w offset 0) {}",
        derived(row.rows, {"mask": _active(row), "access_version": _version(row)}),
        at,
        then.name,
    )
    return Found(then, source, ())


def _active(row: Row) -> Sql:
    """The apps that were active at `w.moment`."""
    period, entry = row.to.rows(company_app, company=row["id"]), row.to.rows(app)
    return sql(
        "coalesce((select bit_or(set_bit({}, {}, 1)) from {} join {} on {} = {} where {} and {} @> w.moment), {})",
        NONE,
        entry["position"],
        period.source,
        entry.source,
        entry["id"],
        period["app_id"],
        every(period.where),
        period["valid"],
        NONE,
    )


def _version(row: Row) -> Sql:
    """The version after `w.moment`: each mutation since has counted once, and its changes have one moment."""
    later = row.to.rows(access_change, company=row["id"])
    return sql(
        "({} - (select count(distinct {}) from {} where {} and {} > w.moment and {} not in {})::int)",
        row["access_version"],
        later["at"],
        later.source,
        every(later.where),
        later["at"],
        later["kind"],
        APART,
    )


def members_then(matrix: Row, target: Row) -> Sql | None:
    """What stands after FROM for the people of the moment of a matrix, as they were; None for those of now."""
    then = moment(matrix)
    if then is None:
        return None
    member = matrix.child(matrix.to.rows(membership, company=matrix.company), {})
    own = derived(
        member.rows,
        {
            "role": sql("h.role"),
            "toggles": sql("h.toggles"),
            "mask": sql("case when {} or h.role = 'OWNER' then {} else h.toggles end", member["external"], ALL),
            "accepted_at": sql("case when {} <= {} then {} end", member["accepted_at"], then, member["accepted_at"]),
            "until": sql("h.until"),
            "removed_at": sql("null::timestamptz"),
        },
    )
    there = [
        *member.rows.where,
        sql("{} <= {}", member["created_at"], then),
        sql("({} is null or {} > {})", member["removed_at"], member["removed_at"], then),
    ]
    return sql(
        "(select {} from {} cross join lateral (select {} role, {} toggles, {} until offset 0) h where {} offset 0) {}",
        own,
        member.rows.source,
        _role(member, then),
        _toggles(member, then),
        _term(member, then),
        every(there),
        target.rows.name,
    )


def _role(member: Row, then: Sql) -> Sql:
    """What the next change of role found; the role of now when there is none."""
    change = member.to.rows(access_change, company=member.company)
    return sql(
        "coalesce((select {} from {} where {} and {} = {} and {} = 'ROLE' and {} > {} order by {} limit 1), {})",
        change["role_before"],
        change.source,
        every(change.where),
        change["membership_id"],
        member["id"],
        change["kind"],
        change["at"],
        then,
        change["at"],
        member["role"],
    )


def _toggles(member: Row, then: Sql) -> Sql:
    grant, entry = member.to.rows(app_grant, company=member.company), member.to.rows(app)
    return sql(
        "coalesce((select bit_or(set_bit({}, {}, 1)) from {} join {} on {} = {} "
        "where {} and {} = {} and {} @> {}), {})",
        NONE,
        entry["position"],
        grant.source,
        entry.source,
        entry["id"],
        grant["app_id"],
        every(grant.where),
        grant["membership_id"],
        member["id"],
        grant["valid"],
        then,
        NONE,
    )


def _term(member: Row, then: Sql) -> Sql:
    """The term that was set last, for support also by the company's switch; where no history tells, the one of now."""
    change = member.to.rows(access_change, company=member.company)
    login = member.to.rows(account)
    of_support = sql(
        "exists (select from {} where {} = {} and {} = 'SUPPORT')",
        login.source,
        login["id"],
        member["account_id"],
        login["kind"],
    )
    mine = sql(
        "({} = {} and {} in ('EXTERNAL_ADDED', 'EXTERNAL_CHANGED') or {} = 'SUPPORT_ON' and {})",
        change["membership_id"],
        member["id"],
        change["kind"],
        change["kind"],
        of_support,
    )
    told = sql("select {} until, {} at from {} where {} and {} and {} <= {}",
        change["until"], change["at"], change.source, every(change.where), mine, change["at"], then,
    )  # fmt: skip
    return sql(
        "case when {} then "
        "(select u.until from ({} union all select {}, '-infinity') u order by u.at desc limit 1) "
        "else {} end",
        member["external"],
        told,
        member["until"],
        member["until"],
    )
