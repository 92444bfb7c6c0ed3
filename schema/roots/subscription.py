"""The root type Subscription: each field returns a new result when its data has changed."""

from typing import Final

import strawberry

from schema.declarations.fields import Argument, field, gated
from schema.declarations.object_types import value
from schema.roles import Role
from schema.roots.changes import ENTITIES, Changes
from schema.types.core.access import Access, PermissionMatrix

INITIAL: Final = Argument(bool | None, "True: the first event is what there is now; then each change follows.")


@value("Everything of which one may be told as it changes: each event is what a query would have answered then.")
class LiveSubscription:
    access_changed: Access | None = field(
        "What the viewer has in a company, whenever it changes. Ends when the viewer enters the company no more.",
        company_id=Argument(strawberry.ID, "The company."),
        initial=INITIAL,
    )
    permission_matrix_changed: PermissionMatrix | None = gated(
        "Who may see what in a company, whenever it changes. Ends with the viewer's role.",
        Role.OWNER,
        company_id=Argument(strawberry.ID, "The company."),
        initial=INITIAL,
    )
    changed: Changes | None = field(
        "Which entities of a company have changed, soon after they did. Ends when the viewer enters the company no "
        "more, or may no longer see an entity that it names.",
        company_id=Argument(strawberry.ID, "The company."),
        entities=ENTITIES,
    )
