"""Who may see what.

Access, users, the permission matrix and its history, all read from the masks of company and membership.
"""

from collections.abc import Mapping
from typing import Final

from db.sql import Rows, Sql, every, join, literal, number, sql
from db.tables.apps import app
from db.tables.identity import account, company, credential, membership
from db.tokens import CredentialKind
from resolvers.compilation import Row
from resolvers.convert import Fingerprint, Keys, enum_name, enum_names
from resolvers.inputs import ABSENT, Input
from resolvers.past import company_then, is_past, members_then, moment
from resolvers.presence import carries, is_in
from resolvers.resolution import Arguments, Identity, Inline, Leaf, Listing, Made, Reference, Resolution
from resolvers.scopes import VIEWER, Scope
from schema.apps import CATALOGUE, App


def _scope(row: Row) -> Scope:
    assert row.scope is not None, "access exists only below a company"
    return row.scope


def _apps_in(row: Row, mask: Sql) -> Sql:
    """The ids of the apps in a mask, in the catalogue's order."""
    listed = row.to.rows(app)
    return sql(
        "array(select {} from {} where get_bit({}, {}) = 1 order by {})",
        listed["id"],
        listed.source,
        mask,
        listed["position"],
        listed["rank"],
    )


def _can(row: Row, arguments: Arguments) -> Sql:
    asked = row.to.rows(app)
    return sql(
        "(select get_bit({}, {}) = 1 from {} where {} = {})",
        _scope(row).effective,
        asked["position"],
        asked.source,
        asked["id"],
        row.to.bind(arguments["app"], enum_name, "text"),
    )


def _account(column: str) -> Leaf:
    """A column of the account behind a membership."""

    def value(row: Row, arguments: Arguments) -> Sql:
        login = row.to.rows(account)
        return sql("(select {} from {} where {} = {})", login[column], login.source, login["id"], row["account_id"])

    return Leaf(value)


def _member_apps(row: Row, arguments: Arguments) -> Sql:
    """The toggles that are on; of an owner, all active apps."""
    matrix = _matrix_of(row)
    active = matrix["mask"] if matrix is not None else _scope(row).company["mask"]
    shown = sql("case when {} = 'OWNER' then {} else {} end", row["role"], active, row["toggles"])
    return _apps_in(row, shown)


def _matrix_of(person: Row) -> Row | None:
    """The matrix of a moment in whose row somebody is shown; None elsewhere."""
    line = person.parent
    if line is None or line.rows is not person.rows or line.parent is None:
        return None
    return line.parent if is_past(line.parent) else None


def _matrix(row: Row) -> Row:
    """The matrix that has columns for a row: it itself, or the one that the row stands in."""
    matrix = row if row.rows.table is company else row.parent
    assert matrix is not None
    return matrix


def _active(row: Row, column: Row) -> tuple[Sql, ...]:
    """The matrix's columns: active apps, or those of them that were asked for."""
    matrix = _matrix(row)
    mask = matrix["mask"] if is_past(matrix) else _scope(row).company["mask"]
    active = sql("get_bit({}, {}) = 1", mask, column["position"])
    if not _asks_for(matrix, "apps"):
        return (active,)
    return (active, sql("{} = any({})", column["id"], row.to.bind(matrix.arguments["apps"], enum_names, "text[]")))


def _people(row: Row, person: Row) -> tuple[Sql, ...]:
    """The matrix's rows: everybody who was not removed, or those of them that were asked for."""
    if not _asks_for(row, "userIds"):
        return ()
    users, externals = (row.to.bind(row.arguments["userIds"], Keys((prefix,)), "uuid[]") for prefix in ("usr", "ext"))
    asked = sql("{} = any(case when {} then {} else {} end)", person["id"], person["external"], externals, users)
    return (asked,)


def _columns(row: Row) -> Input:
    """Which of the matrix's columns were asked for."""
    return _matrix(row).arguments.get("apps", ABSENT)


def _person(row: Row) -> Row:
    assert row.parent is not None, "a cell stands in a row"
    return row.parent


def _bit(row: Row, mask: str) -> Sql:
    return sql("(get_bit({}, {}) = 1)", _person(row)[mask], row["position"])


def _effective(row: Row, arguments: Arguments) -> Sql:
    """Toggled on, or out of the toggles' reach; nothing before an invitation is accepted or after a term has passed.

    That the app is active need not be asked: there are cells only for active apps.
    """
    person = _person(row)
    assert person.parent is not None, "a row stands in a matrix"
    return sql(
        "({} and {} is not null and ({} is null or {} > {}))",
        _bit(row, "mask"),
        person["accepted_at"],
        person["until"],
        person["until"],
        moment(person.parent) or sql("now()"),
    )


def _asks_for(matrix: Row, argument: str) -> bool:
    """Whether only some of the matrix's rows or columns were asked for."""
    return argument in matrix.arguments and matrix.to.inputs.given(matrix.arguments[argument])


def _mark(matrix: Row | None, *narrowing: str) -> Sql | None:
    """What sets a matrix, or a row of it, apart from the whole one of now, so that a client's cache keeps both.

    Microseconds since 1970 for the matrix of a moment; a fingerprint for each of the narrowing arguments.
    """
    assert matrix is not None, "a row stands in a matrix"
    then = moment(matrix)
    marks = [] if then is None else [sql("(extract(epoch from {}) * 1000000)::int8::text", then)]
    marks += [
        matrix.to.bind(matrix.arguments[argument], Fingerprint(argument), "text")
        for argument in narrowing
        if _asks_for(matrix, argument)
    ]
    return join(" || '_' || ", marks) or None


def _reason(row: Row, arguments: Arguments) -> Sql:
    person = _person(row)
    return sql(
        "case when {} then 'ALWAYS_VISIBLE' when {} then 'EXTERNAL' when {} = 'OWNER' then 'OWNER' else 'TOGGLE' end",
        row["always_visible"],
        person["external"],
        person["role"],
    )


def _memberships(change: Row, login: Sql) -> tuple[Rows, Sql]:
    """The memberships that a login has or had in the company of a change, and what makes a row one of them.

    There are none in a company that the viewer has lost.
    """
    member = change.to.rows(membership, company=change.company)
    return member, every([*member.where, sql("{} = {}", member["account_id"], login)])


def _name(column: str) -> Leaf:
    """A name or the language of an account: in a company, what its membership there says, or the last one said.

    Only the own account's are the viewer's to see, so that nobody learns those of a login by inviting it; nor by
    looking as it.
    """

    def value(row: Row, arguments: Arguments) -> Sql:
        assert row.parent is not None, "a session or a change of access leads to an account"
        viewing = row.to.kind is CredentialKind.VIEW_AS
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
    """What sort of account it is; who is looked as is a member, whatever else that login may be."""
    assert row.parent is not None, "a session or a change of access leads to an account"
    viewed = row.to.kind is CredentialKind.VIEW_AS and row.parent.rows.table is credential
    return literal("MEMBER") if viewed else row["kind"]


def _actor(row: Row, login: Row) -> tuple[Sql, ...]:
    """Who did it; of somebody who never was in the company nothing is told.

    Among one's own changes only owners learn it, as they alone learn the addresses of colleagues, and everybody what
    they did themselves.
    """
    member, theirs = _memberships(row, login["id"])
    was_here = sql("exists (select from {} where {})", member.source, theirs)
    did = sql("{} = {}", login["id"], row["actor_id"])
    if row.parent is None or row.parent.rows.table is not credential:
        return (did, was_here)
    role = _scope(row).membership["role"]
    return (did, was_here, sql("({} = {}.account_id or coalesce({} = 'OWNER', false))", login["id"], VIEWER, role))


def _changed(row: Row, person: Row) -> tuple[Sql, ...]:
    """The person whose access changed; what sort of person it is, the type's own conditions tell."""
    return (sql("{} = {}", person["id"], row["membership_id"]),)


def _opening(row: Row, key: Row) -> tuple[Sql, ...]:
    """The keys that open the company, or are bound to it, for a session to see.

    They are found by their owners: the keys of everybody are many.
    """
    if row.to.kind is not CredentialKind.SESSION:
        return (sql("false"),)
    member, held = row.to.rows(membership, company=row.company), row.to.rows(credential)
    position = number(CATALOGUE[App.API_ACCESS].position)
    allowed = sql("get_bit({} & {}, {}) = 1", _scope(row).company["mask"], member["mask"], position)
    conditions = [
        *member.where,
        is_in(member),
        sql("{} = 'API_KEY'", held["kind"]),
        carries(member, held.name),
        sql("({} is not null or {})", held["company_id"], allowed),
    ]
    keys = sql(
        "select {} from {} join {} on {} = {} where {}",
        held["id"],
        member.source,
        held.source,
        held["account_id"],
        member["account_id"],
        every(conditions),
    )
    return (sql("{} = any(array({}))", key["id"], keys), sql("{} > now()", key["expires_at"]))


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Company.access": Inline(lambda row: _scope(row).membership),
    "Company.activeApps": Leaf(lambda row, arguments: _apps_in(row, row["mask"])),
    "Company.apiKeys": Listing(_opening),
    "Company.permissionMatrix": Made(company_then),
    "Access.since": Leaf(lambda row, arguments: row["created_at"]),
    "Access.apps": Leaf(lambda row, arguments: _apps_in(row, _scope(row).effective)),
    "Access.can": Leaf(_can),
    "User.email": _account("email"),
    "User.status": Leaf(
        lambda row, arguments: sql("case when {} is null then 'PENDING' else 'ACTIVE' end", row["accepted_at"])
    ),
    "User.apps": Leaf(_member_apps),
    "ExternalUser.email": _account("email"),
    "ExternalUser.kind": _account("kind"),
    "ExternalUser.officeName": _account("office_name"),
    "ExternalUser.since": Leaf(lambda row, arguments: row["created_at"]),
    "PermissionMatrix.id": Identity(lambda row: row["id"], mark=lambda row: _mark(row, "apps", "userIds")),
    "PermissionMatrix.version": Leaf(lambda row, arguments: row["access_version"]),
    "PermissionMatrix.apps": Listing(_active, narrowed=_columns),
    "PermissionMatrix.rows": Listing(
        _people,
        order=("external", "created_at"),
        instead=members_then,
        narrowed=lambda row: row.arguments.get("userIds", ABSENT),
    ),
    "PermissionRow.id": Identity(lambda row: row["id"], mark=lambda row: _mark(row.parent, "apps")),
    "PermissionRow.user": Inline(lambda row: row.rows, when=lambda row: sql("not {}", row["external"])),
    "PermissionRow.externalUser": Inline(lambda row: row.rows, when=lambda row: row["external"]),
    "PermissionRow.cells": Listing(_active, narrowed=_columns),
    "PermissionCell.app": Leaf(lambda row, arguments: row["id"]),
    "PermissionCell.granted": Leaf(lambda row, arguments: _bit(row, "toggles")),
    "PermissionCell.effective": Leaf(_effective),
    "PermissionCell.editable": Leaf(
        lambda row, arguments: sql(
            "(not {} and {} = 'EMPLOYEE')", row["always_visible"], sql("coalesce({}, '')", _person(row)["role"])
        )
    ),
    "PermissionCell.reason": Leaf(_reason),
    "Account.firstName": _name("first_name"),
    "Account.lastName": _name("last_name"),
    "Account.language": _name("language"),
    "Account.kind": Leaf(_kind),
    "AccessChange.actor": Reference(_actor),
    "AccessChange.user": Reference(_changed),
    "AccessChange.externalUser": Reference(_changed),
    "AccessChange.app": Leaf(lambda row, arguments: row["app_id"]),
}

HOMES: Final[Mapping[str, str]] = {
    "Access": "membership",
    "PermissionMatrix": "company",
    "PermissionRow": "membership",
    "PermissionCell": "app",
}
