"""The viewer: the row of the credential that the request came with."""

from collections.abc import Mapping
from typing import Final

from db.sql import sql
from resolvers.compilation import VIEWER
from resolvers.resolution import Companies, Leaf, Listing, Reference, Resolution

RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Viewer.account": Reference(lambda row, account: (sql("{} = {}", account["id"], row["account_id"]),)),
    "Viewer.companies": Companies(),
    "Viewer.sessions": Listing(
        lambda row, session: (
            sql("{} = {}", session["account_id"], row["account_id"]),
            sql("{} > now()", session["expires_at"]),
        )
    ),
    "Session.current": Leaf(lambda row, arguments: sql("({} = {}.id)", row["id"], VIEWER)),
}

HOMES: Final[Mapping[str, str]] = {"Viewer": "credential"}
