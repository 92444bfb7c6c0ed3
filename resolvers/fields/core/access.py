"""Access of members: users, the permission matrix and its history, read from the masks of company and membership."""

from collections.abc import Mapping
from typing import Final

from db.masks import ALL_APPS
from db.sql import Rows, Sql, every, literal, number, sql
from db.tables.core.apps import app
from db.tables.core.identity import account, credential, membership
from db.tokens import CredentialKind
from resolvers.compilation.company_scope import VIEWER
from resolvers.compilation.context import Row
from resolvers.compilation.parameters import enum_name
from resolvers.compilation.resolution import (
    Arguments,
    Leaf,
    Listing,
    Resolution,
    SameRow,
    ToOne,
)
from resolvers.fields.core.matrix import matrix_of
from resolvers.membership import carries, held, is_in
from resolvers.plans import asleep, awake
from schema.apps import CATALOGUE, App


def apps_in(row: Row, mask: Sql) -> Sql:
    """The ids of the apps in a mask, which is computed once, in the catalogue's order."""
    listed = row.ctx.rows(app)
    return sql(
        "array(select {} from (select {} e offset 0) b, {} where get_bit(b.e, {}) = 1 order by {})",
        listed["id"],
        mask,
        listed.source,
        listed["position"],
        listed["rank"],
    )


def _apps_of_key(row: Row, arguments: Arguments) -> Sql:
    """The apps that an API key was narrowed to; null if it was not."""
    return sql("case when {} <> {} then {} end", row["apps"], Sql(ALL_APPS), apps_in(row, row["apps"]))


def _can(row: Row, arguments: Arguments) -> Sql:
    asked = row.ctx.rows(app)
    return sql(
        "(select get_bit({}, {}) = 1 from {} where {} = {})",
        row.company_scope.effective,
        asked["position"],
        asked.source,
        asked["id"],
        row.ctx.bind(arguments["app"], enum_name, "text"),
    )


def _account(column: str) -> Leaf:
    """The resolution of a field by a column of the membership's account."""

    def value(row: Row, arguments: Arguments) -> Sql:
        login = row.ctx.rows(account)
        return sql("(select {} from {} where {} = {})", login[column], login.source, login["id"], row["account_id"])

    return Leaf(value)


def _member_apps(row: Row, arguments: Arguments) -> Sql:
    """The apps whose toggles are on; for an owner, all that are awake."""
    matrix = matrix_of(row)
    active = awake(matrix.rows if matrix is not None else row.company_scope.company)
    shown = sql("case when {} = 'OWNER' then {} else {} end", row["role"], active, row["toggles"])
    return apps_in(row, shown)


def _memberships(change: Row, login: Sql) -> tuple[Rows, Sql]:
    """The memberships that an account has or had in the company of a change, and the condition that selects them.

    There are none in a company that the viewer does not enter any more.
    """
    member = change.ctx.rows(membership, company=change.company)
    return member, every([*member.where, sql("{} = {}", member["account_id"], login)])


def _name(column: str) -> Leaf:
    """The resolution of an account's name or language.

    The viewer's own account shows its own values. Any other account, and every account while the viewer views as a
    member, shows those of its last membership in the company, so inviting a login or viewing as it discloses nothing.
    """

    def value(row: Row, arguments: Arguments) -> Sql:
        assert row.parent is not None, "a session or a change of access leads to an account"
        viewing = row.ctx.kind is CredentialKind.VIEW_AS
        if row.parent.rows.table is credential and row.parent.scope is None:
            return Rows(account, VIEWER)[column] if viewing else row[column]
        member, theirs = _memberships(row.parent, row["id"])
        said = sql(
            "(select {} from {} where {} order by {} desc nulls first limit 1)",
            member[column],
            member.source,
            theirs,
            member["removed_at"],
        )
        return (
            said
            if viewing
            else sql("case when {} = {}.account_id then {} else {} end", row["id"], VIEWER, row[column], said)
        )

    return Leaf(value)


def _kind(row: Row, arguments: Arguments) -> Sql:
    """The kind of account; the account of a viewed member is a MEMBER, whatever else it may be."""
    assert row.parent is not None, "a session or a change of access leads to an account"
    viewed = row.ctx.kind is CredentialKind.VIEW_AS and row.parent.rows.table is credential
    return literal("MEMBER") if viewed else row["kind"]


def _actor(row: Row, login: Row) -> tuple[Sql, ...]:
    """The link to the account that made a change; an account that was never in the company is hidden.

    In the viewer's own changes an account other than the viewer's is for owners only, who alone see the e-mail
    addresses of colleagues.
    """
    member, theirs = _memberships(row, login["id"])
    was_here = sql("exists (select from {} where {})", member.source, theirs)
    did = sql("{} = {}", login["id"], row["actor_id"])
    if row.parent is None or row.parent.rows.table is not credential:
        return (did, was_here)
    role = row.company_scope.membership["role"]
    return (did, was_here, sql("({} = {}.account_id or coalesce({} = 'OWNER', false))", login["id"], VIEWER, role))


def _changed(row: Row, person: Row) -> tuple[Sql, ...]:
    """The link to the person whose access changed; the conditions of the type select users or external users."""
    return (sql("{} = {}", person["id"], row["membership_id"]),)


def _opening(row: Row, key: Row) -> tuple[Sql, ...]:
    """The link to the API keys that open the company or are bound to it; only a session sees any.

    They are looked up by the accounts of the company's members, since the table has the keys of all companies.
    """
    if row.ctx.kind is not CredentialKind.SESSION:
        return (sql("false"),)
    member, owned = row.ctx.rows(membership, company=row.company), row.ctx.rows(credential)
    position = number(CATALOGUE[App.API_ACCESS].position)
    allowed = sql("get_bit({} & {}, {}) = 1", awake(row.company_scope.company), held(member), position)
    conditions = [
        *member.where,
        is_in(member),
        sql("{} = 'API_KEY'", owned["kind"]),
        carries(member, owned.name),
        sql("({} is not null or {})", owned["company_id"], allowed),
    ]
    keys = sql(
        "select {} from {} join {} on {} = {} where {}",
        owned["id"],
        member.source,
        owned.source,
        owned["account_id"],
        member["account_id"],
        every(conditions),
    )
    return (sql("{} = any(array({}))", key["id"], keys), sql("{} > now()", key["expires_at"]))


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Company.access": SameRow(lambda row: row.company_scope.membership),
    "Company.activeApps": Leaf(lambda row, arguments: apps_in(row, awake(row.rows))),
    "Company.sleepingApps": Leaf(lambda row, arguments: apps_in(row, asleep(row.rows))),
    "Company.apiKeys": Listing(_opening),
    "ApiKey.apps": Leaf(_apps_of_key),
    "Access.company": SameRow(lambda row: row.company_scope.company),
    "Access.user": SameRow(lambda row: row.rows, when=lambda row: sql("not {}", row["external"])),
    "Access.since": Leaf(lambda row, arguments: row["created_at"]),
    "Access.apps": Leaf(lambda row, arguments: apps_in(row, row.company_scope.effective)),
    "Access.can": Leaf(_can),
    "User.email": _account("email"),
    "User.status": Leaf(
        lambda row, arguments: sql(
            "case when {} is null then case when {} is null then 'PENDING' else 'ACTIVE' end end",
            row["removed_at"],
            row["accepted_at"],
        )
    ),
    "User.apps": Leaf(_member_apps),
    "ExternalUser.email": _account("email"),
    "ExternalUser.kind": _account("kind"),
    "ExternalUser.officeName": _account("office_name"),
    "ExternalUser.since": Leaf(lambda row, arguments: row["created_at"]),
    "Account.firstName": _name("first_name"),
    "Account.lastName": _name("last_name"),
    "Account.language": _name("language"),
    "Account.kind": Leaf(_kind),
    "AccessChange.actor": ToOne(_actor, hides=True),
    "AccessChange.user": ToOne(_changed),
    "AccessChange.externalUser": ToOne(_changed),
    "AccessChange.app": Leaf(lambda row, arguments: row["app_id"]),
}

HOMES: Final[Mapping[str, str]] = {"Access": "membership"}
