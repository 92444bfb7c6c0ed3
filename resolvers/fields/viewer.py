"""The viewer: the row of the credential that the request came with."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, sql
from db.tokens import CredentialKind
from resolvers.compilation import VIEWER, Row
from resolvers.resolution import Companies, Leaf, Listing, Reference, Resolution


def _own(row: Row, credential: Row) -> tuple[Sql, ...]:
    """The credentials of the viewer that have not expired; only a session sees any."""
    if row.to.kind is not CredentialKind.SESSION:
        return (sql("false"),)
    return (sql("{} = {}", credential["account_id"], row["account_id"]), sql("{} > now()", credential["expires_at"]))


def _of_key(column: str) -> Leaf:
    """A column of a credential that every API key has; a constraint sees to it."""
    return Leaf(lambda row, arguments: row[column])


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Viewer.account": Reference(lambda row, account: (sql("{} = {}", account["id"], row["account_id"]),)),
    "Viewer.companies": Companies(),
    "Viewer.apiKeys": Listing(_own),
    "Viewer.sessions": Listing(_own),
    "ApiKey.label": _of_key("label"),
    "ApiKey.last4": _of_key("last4"),
    "ApiKey.hiddenFields": _of_key("hidden_fields"),
    "ApiKey.expiresAt": Leaf(lambda row, arguments: sql("nullif({}, 'infinity')", row["expires_at"])),
    "Session.current": Leaf(lambda row, arguments: sql("({} = {}.id)", row["id"], VIEWER)),
}

HOMES: Final[Mapping[str, str]] = {"Viewer": "credential"}
