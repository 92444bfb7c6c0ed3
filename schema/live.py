"""The root of live operations: what a client is told of as it changes."""

import strawberry

from schema.access import Access, PermissionMatrix
from schema.declarations import Argument, Role, field, gated, value


@value("Everything of which one may be told as it changes: each event is what a query would have answered then.")
class LiveSubscription:
    access_changed: Access | None = field(
        "What the viewer has in a company, whenever it changes. Ends when the viewer enters the company no more.",
        company_id=Argument(strawberry.ID, "The company."),
    )
    permission_matrix_changed: PermissionMatrix | None = gated(
        "Who may see what in a company, whenever it changes. Ends with the viewer's role.",
        Role.OWNER,
        company_id=Argument(strawberry.ID, "The company."),
    )
