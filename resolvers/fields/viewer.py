"""The viewer: the row of the credential that the request came with."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, every, rows, sql
from db.tables.access import access_change
from db.tables.identity import membership
from db.tokens import CredentialKind
from resolvers.compilation import Row
from resolvers.resolution import Arguments, Companies, Found, Leaf, Listing, Reference, Resolution, Scattered
from resolvers.scopes import VIEWER


def _own_changes(row: Row) -> Found:
    """The changes of the viewer's own access: those of the memberships that the viewer has or had.

    Invitations that nobody accepted tell nothing, as they give nothing.
    """
    mine = sql("o")
    change = row.to.rows(access_change, company=sql("{}.company_id", mine))
    member = rows(membership, mine, company=change["company_id"])
    on = every([*member.where, sql("{} = {}", member["id"], change["membership_id"])])
    theirs = sql("{} = {}", member["account_id"], row["account_id"])
    conditions = (
        *change.where,
        theirs,
        sql("{} is not null", member["accepted_at"]),
        *_told(row, change["company_id"]),
    )
    return Found(change, sql("{} join {} on {}", change.source, member.source, on), conditions)


def _told(row: Row, company: Sql) -> tuple[Sql, ...]:
    """Of which companies a credential other than a session tells changes: a key of those it opens, a look of none."""
    match row.to.kind:
        case CredentialKind.SESSION:
            return ()
        case CredentialKind.API_KEY:
            return (row.to.entered(company),)
        case CredentialKind.VIEW_AS:
            return (sql("false"),)


def _own(row: Row, credential: Row) -> tuple[Sql, ...]:
    """The credentials of the viewer that have not expired; only a session sees any."""
    if row.to.kind is not CredentialKind.SESSION:
        return (sql("false"),)
    return (sql("{} = {}", credential["account_id"], row["account_id"]), sql("{} > now()", credential["expires_at"]))


def _of_key(column: str) -> Leaf:
    """A column of a credential that every API key has; a constraint sees to it."""
    return Leaf(lambda row, arguments: row[column])


def _last_used(row: Row, arguments: Arguments) -> Sql:
    """When a key was last used; of somebody else's that opens several companies it would tell of the others."""
    mine = sql("{} = {}.account_id", row["account_id"], VIEWER)
    return sql("case when {} is not null or {} then {} end", row["company_id"], mine, row["last_used_at"])


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Viewer.account": Reference(lambda row, account: (sql("{} = {}", account["id"], row["account_id"]),)),
    "Viewer.companies": Companies(),
    "Viewer.accessChanges": Scattered(_own_changes),
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
