"""The viewer, and the companies that the viewer may enter."""

from schema.declarations.fields import Argument, connection, field
from schema.declarations.object_types import thing
from schema.declarations.relay import Connection
from schema.types.core.access import AccessChange, Account, ApiKey, OwnInvitation, Session
from schema.types.core.company import Company, ViewerCompanyFilter, ViewerCompanyOrder


@thing("vwr", description="Who is signed in.")
class Viewer:
    account: Account = field("The login.")
    companies: Connection[Company] = connection(
        "The companies that the viewer may enter.",
        filter=ViewerCompanyFilter,
        order_by=Argument(ViewerCompanyOrder | None, "The order; by name by default."),
    )
    access_changes: Connection[AccessChange] = connection(
        "The changes of the viewer's own access, newest first; a company that is lost appears by its id only."
    )
    invitations: list[OwnInvitation] = field(
        "The invitations to the viewer's login that are not accepted, oldest first. Empty for a login without a "
        "confirmed address, and for an API key."
    )
    api_keys: list[ApiKey] = field("The viewer's API keys, newest first; empty for who shows a key.")
    sessions: list[Session] = field("The viewer's sessions, newest first.")
