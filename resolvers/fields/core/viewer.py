"""The viewer: the row of the credential that the request came with."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, every, rows, sql
from db.tables.core.access import access_change
from db.tables.core.identity import membership
from db.tokens import CredentialKind
from resolvers.compilation.company_scope import VIEWER
from resolvers.compilation.context import Row
from resolvers.compilation.resolution import (
    AcrossCompanies,
    Arguments,
    Companies,
    GlobalId,
    Leaf,
    Listing,
    Resolution,
    RowSource,
    ToOne,
)


def _own_changes(row: Row) -> RowSource:
    """The changes of the viewer's own access: those of all memberships that the viewer has or had.

    An invitation that was not accepted gives no access, so its changes are left out.
    """
    mine = sql("o")
    change = row.ctx.rows(access_change, company=sql("{}.company_id", mine))
    member = rows(membership, mine, company=change["company_id"])
    on = every([*member.where, sql("{} = {}", member["id"], change["membership_id"])])
    theirs = sql("{} = {}", member["account_id"], row["account_id"])
    conditions = (
        *change.where,
        theirs,
        sql("{} is not null", member["accepted_at"]),
        *_of_shown_companies(row, change["company_id"]),
    )
    return RowSource(change, sql("{} join {} on {}", change.source, member.source, on), conditions)


def _of_shown_companies(row: Row, company: Sql) -> tuple[Sql, ...]:
    """The condition on the companies whose changes are shown.

    A session shows those of every company, an API key those of the companies that it opens, a view-as credential none.
    """
    match row.ctx.kind:
        case CredentialKind.SESSION:
            return ()
        case CredentialKind.API_KEY:
            return (row.ctx.entered(company),)
        case CredentialKind.VIEW_AS:
            return (sql("false"),)


def _own(row: Row, credential: Row) -> tuple[Sql, ...]:
    """The link to the viewer's credentials that have not expired; only a session sees any."""
    if row.ctx.kind is not CredentialKind.SESSION:
        return (sql("false"),)
    return (sql("{} = {}", credential["account_id"], row["account_id"]), sql("{} > now()", credential["expires_at"]))


def _of_key(column: str) -> Leaf:
    """The resolution of a field by a credential's column; a constraint of the table requires it for API keys."""
    return Leaf(lambda row, arguments: row[column])


def _last_used(row: Row, arguments: Arguments) -> Sql:
    """The last use of a key; null for another account's key to several companies, since it may be a use elsewhere."""
    mine = sql("{} = {}.account_id", row["account_id"], VIEWER)
    return sql("case when {} is not null or {} then {} end", row["company_id"], mine, row["last_used_at"])


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Viewer.id": GlobalId(lambda row: row["account_id"]),
    "Viewer.account": ToOne(lambda row, account: (sql("{} = {}", account["id"], row["account_id"]),)),
    "Viewer.companies": Companies(),
    "Viewer.accessChanges": AcrossCompanies(_own_changes),
    "Viewer.apiKeys": Listing(_own),
    "Viewer.sessions": Listing(_own),
    "ApiKey.label": _of_key("label"),
    "ApiKey.last4": _of_key("last4"),
    "ApiKey.hiddenFields": _of_key("hidden_fields"),
    "ApiKey.lastUsedAt": Leaf(_last_used),
    "ApiKey.expiresAt": Leaf(lambda row, arguments: sql("nullif({}, 'infinity')", row["expires_at"])),
    "Session.current": Leaf(lambda row, arguments: sql("({} = {}.id)", row["id"], VIEWER)),
}

HOMES: Final[Mapping[str, str]] = {"Viewer": "credential"}
