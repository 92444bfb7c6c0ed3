"""The root of reading."""

import strawberry

from schema.access import AccessChange, Account, ApiKey, AppInfo, Session
from schema.apps import AppKind
from schema.company import Company, ViewerCompanyFilter, ViewerCompanyOrder
from schema.declarations import PAGE, Argument, field, value
from schema.relay import Connection, Node


@value("Who is signed in.")
class Viewer:
    account: Account = field("The login.")
    companies: Connection[Company] = field(
        "The companies that the viewer may enter.",
        **PAGE,
        filter=Argument(ViewerCompanyFilter | None, "Only companies that meet every criterion."),
        order_by=Argument(ViewerCompanyOrder | None, "The order; by name by default."),
    )
    access_changes: Connection[AccessChange] = field(
        "The changes of the viewer's own access, newest first; a company that is lost appears by its id only.",
        **PAGE,
    )
    api_keys: list[ApiKey] = field("The viewer's API keys, newest first; empty for who shows a key.")
    sessions: list[Session] = field("The viewer's sessions, newest first.")


@value("Everything that can be read.")
class Query:
    viewer: Viewer | None = field("Who is signed in; null when nobody is.")
    company: Company | None = field(
        "A company that the viewer may enter.", id=Argument(strawberry.ID, "Its global id.")
    )
    node: Node | None = field("Any object that the viewer may see.", id=Argument(strawberry.ID, "Its global id."))
    nodes: list[Node | None] = field(
        "Several objects; null in the place of each that the viewer may not see.",
        ids=Argument(list[strawberry.ID], "Their global ids, at most 100."),
    )
    apps: list[AppInfo] = field("The catalogue of apps.", kind=Argument(AppKind | None, "Only this kind."))
