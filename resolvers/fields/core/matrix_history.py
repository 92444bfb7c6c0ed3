"""The permission matrix of a moment: a company and its memberships as they were then, from the history.

Periods have the active apps and the toggles that were on; changes of access have roles, plans, terms and the version. A
change at the moment itself counts: a period includes its first moment and excludes its last. Which plan has an app is
not in the history: that is as of now.
"""

from typing import Final, LiteralString

from db.masks import ALL_APPS, NO_APPS
from db.sql import TRUE, Rows, Sql, derived, every, literal, sql
from db.tables.core.access import access_change, app_grant, company_app
from db.tables.core.apps import app
from db.tables.core.identity import account, company, membership
from resolvers.compilation.context import Row
from resolvers.compilation.parameters import unchanged
from resolvers.compilation.resolution import Arguments, RowSource
from resolvers.operation.arguments import NOT_GIVEN

NONE: Final = sql(NO_APPS)
ALL: Final = sql(ALL_APPS)
APART: Final = sql("('KEY_CREATED', 'KEY_REVOKED', 'VIEWED_AS', 'ACCESS_REQUESTED', 'ACCESS_DECLINED')")
"""Kinds of change that leave the matrix and its version as they are."""


def is_past(matrix: Row) -> bool:
    """True if a matrix is asked for as it was at a moment."""
    return matrix.ctx.inputs.given(matrix.arguments.get("at", NOT_GIVEN))


def moment(matrix: Row) -> Sql | None:
    """The moment of a matrix; None for the matrix of now."""
    return sql("{}.moment", matrix.rows.name) if is_past(matrix) else None


def company_then(row: Row, arguments: Arguments) -> RowSource | None:
    """The company with its apps and its version at the moment of the argument `at`; None without that argument.

    It is as if the trial had ended before and the plan had what was awake then, so that it is read as that of now. A
    moment in the future counts as now: the beginning of the statement, since a mutation reads its own changes.
    """
    if not row.ctx.inputs.given(arguments.get("at", NOT_GIVEN)):
        return None
    then = row.ctx.rows(company)
    at = row.ctx.bind(arguments["at"], unchanged, "timestamptz")
    of_then = {
        "mask": sql("h.mask"),
        "plan_mask": sql("case when h.trial_ends_at > w.moment then h.mask else within_plan(h.mask, h.plan) end"),
        "trial_ends_at": sql("null::timestamptz"),
        "access_version": _version(row),
    }
    source = sql(
        "(select {}, w.moment from (select least({}, statement_timestamp()) moment) w cross join lateral "
        "(select {} mask, {} plan, {} trial_ends_at offset 0) h offset 0) {}",
        derived(row.rows, of_then),
        at,
        _active(row),
        _before_change(row, "PLAN", "plan_before", row["plan"]),
        _before_change(row, "TRIAL", "until_before", row["trial_ends_at"]),
        then.name,
    )
    return RowSource(then, source, ())


def _before_change(row: Row, kind: LiteralString, before: str, now: Sql) -> Sql:
    """The value of a company before the next change of a kind after `w.moment`; without one, the value of now."""
    change = row.ctx.rows(access_change, company=row["id"])
    return sql(
        "(select u.before from (select {} before, {} at from {} where {} and {} = {} and {} > w.moment "
        "union all select {}, 'infinity') u order by u.at limit 1)",
        change[before],
        change["at"],
        change.source,
        every(change.where),
        change["kind"],
        literal(kind),
        change["at"],
        now,
    )


def _active(row: Row) -> Sql:
    """The apps that were active at `w.moment`."""
    period, entry = row.ctx.rows(company_app, company=row["id"]), row.ctx.rows(app)
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
    """The version after `w.moment`.

    Each later mutation counted one, and all its changes have one moment. So did the later end of a trial: that of now,
    and those that were over when the trial was extended.
    """
    later = row.ctx.rows(access_change, company=row["id"])
    return sql(
        "({} + coalesce({} <= w.moment, false)::int - (select count(distinct {}) "
        "+ count(*) filter (where {} = 'TRIAL' and {} > w.moment and {} <= {}) "
        "from {} where {} and {} > w.moment and {} not in {})::int)",
        row["access_version"],
        row["trial_ends_at"],
        later["at"],
        later["kind"],
        *[later["until_before"]] * 2,
        later["at"],
        later.source,
        every(later.where),
        later["at"],
        later["kind"],
        APART,
    )


def members_then(matrix: Row, target: Row) -> Sql | None:
    """The text after FROM for the memberships as they were at a matrix's moment; None for the matrix of now."""
    then = moment(matrix)
    if then is None:
        return None
    member = matrix.child(matrix.ctx.rows(membership, company=matrix.company), {})
    own = derived(
        member.rows,
        {
            "role": sql("h.role"),
            "toggles": sql("h.toggles"),
            "mask": sql(
                "case when {} or h.role = 'OWNER' then {} else h.toggles & ~ h.lapsed end", member["external"], ALL
            ),
            "accepted_at": sql("case when {} <= {} then {} end", member["accepted_at"], then, member["accepted_at"]),
            "until": sql("h.until"),
            "lent_until": sql("null::timestamptz"),  # the mask of then is without what was over
            "removed_at": sql("null::timestamptz"),
        },
    )
    there = [
        *member.rows.where,
        sql("{} <= {}", member["created_at"], then),
        sql("({} is null or {} > {})", member["removed_at"], member["removed_at"], then),
    ]
    return sql(
        "(select {} from {} cross join lateral (select {} role, {} toggles, {} lapsed, {} until offset 0) h "
        "where {} offset 0) {}",
        own,
        member.rows.source,
        _role(member, then),
        _toggles(member, then),
        _lapsed(member, then),
        _term(member, then),
        every(there),
        target.rows.name,
    )


def _role(member: Row, then: Sql) -> Sql:
    """The role before the next change of role; without a later change, the role of now."""
    change = member.ctx.rows(access_change, company=member.company)
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
    """The toggles that were on."""
    grant, entry = member.ctx.rows(app_grant, company=member.company), member.ctx.rows(app)
    return _apps(member, then, grant, entry, _bits(entry), TRUE)


def _lapsed(member: Row, then: Sql) -> Sql:
    """The lent apps if the time of one was over and its end not written yet, by the rule of `membership.held`."""
    grant, entry = member.ctx.rows(app_grant, company=member.company), member.ctx.rows(app)
    until = grant["until"]
    over = sql("case when bool_or({} <= {}) then {} end", until, then, _bits(entry))
    return _apps(member, then, grant, entry, over, sql("{} is not null", until))


def _bits(entry: Rows) -> Sql:
    """The aggregate that makes a mask of apps."""
    return sql("bit_or(set_bit({}, {}, 1))", NONE, entry["position"])


def _apps(member: Row, then: Sql, grant: Rows, entry: Rows, mask: Sql, which: Sql) -> Sql:
    """A mask that is made of the periods of a member's toggles in which `then` lies."""
    return sql(
        "coalesce((select {} from {} join {} on {} = {} where {} and {} = {} and {} @> {} and {}), {})",
        mask,
        grant.source,
        entry.source,
        entry["id"],
        grant["app_id"],
        every(grant.where),
        grant["membership_id"],
        member["id"],
        grant["valid"],
        then,
        which,
        NONE,
    )


def _term(member: Row, then: Sql) -> Sql:
    """The term as of the moment: the last one that was set, for support also by the company's switch.

    Without such a change, and for users, it is the term of now.
    """
    change = member.ctx.rows(access_change, company=member.company)
    login = member.ctx.rows(account)
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
    changes = sql("select {} until, {} at from {} where {} and {} and {} <= {}",
        change["until"], change["at"], change.source, every(change.where), mine, change["at"], then,
    )  # fmt: skip
    return sql(
        "case when {} then "
        "(select u.until from ({} union all select {}, '-infinity') u order by u.at desc limit 1) "
        "else {} end",
        member["external"],
        changes,
        member["until"],
        member["until"],
    )
