"""Requests for access: all of a company for owners, one's own for others."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, sql
from resolvers.compilation.context import Row
from resolvers.compilation.resolution import Leaf, Listing, Resolution, ToOne
from resolvers.fields.core.authors import author


def _open(row: Row, request: Row) -> tuple[Sql, ...]:
    """The link to the open requests of a company."""
    return (sql("{} = 'OPEN'", request["state"]),)


def _own(row: Row, request: Row) -> tuple[Sql, ...]:
    """The link to a member's open requests."""
    return (sql("{} = {}", request["user_id"], row["id"]), *_open(row, request))


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "AccessRequest.app": Leaf(lambda row, arguments: row["app_id"]),
    "AccessRequest.decidedBy": ToOne(author("decided_by")),
    "PermissionMatrix.openRequests": Listing(_open),
    "Access.openRequests": Listing(_own),
}
