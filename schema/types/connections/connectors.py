"""Connections with other services: one record for each that a company has set up, for every kind of service."""

import datetime
from enum import Enum
from typing import cast

import strawberry

from schema.apps import CATALOGUE, AppKind
from schema.declarations.criteria import DateTimeCriterion, TextCriterion
from schema.declarations.fields import connection, enum_value, field, open_field
from schema.declarations.gates import OPEN
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object, thing
from schema.declarations.relay import Connection, Node
from schema.types.core.access import User
from schema.types.core.company import Company


def services(name: str, description: str, category: str | None = None) -> type[Enum]:
    """An enum of the connections of the catalogue (of one category), each value behind the app of its name."""
    entries = [entry for entry in CATALOGUE.values() if entry.kind is AppKind.CONNECTION]
    values = {
        entry.app.name: enum_value(entry.app.name, f"{entry.label}.", entry.app)
        for entry in entries
        if category in (None, entry.category)
    }
    return strawberry.enum(description=description)(cast("type[Enum]", Enum(name, values)))


Connector = services("Connector", "A service that a company can be connected with.")


@strawberry.enum(description="How a connection with a service is doing.")
class ConnectionStatus(Enum):
    PENDING = enum_value("PENDING", "It is set up, but has not worked yet.")
    CONNECTED = enum_value("CONNECTED", "It works.")
    ERROR = enum_value("ERROR", "The last attempt failed.")
    DISABLED = enum_value("DISABLED", "It was switched off.")


@thing("opt", description="A setting of a connection that is no secret.")
class ConnectorOption:
    name: str = field("What is set.")
    value: str = field("What it is set to.")


@entity("cns", OPEN, description="A connection with a service. Its secret can be written but never read.")
class ConnectedService(Node):
    connector: Connector = open_field("The service.")  # type: ignore[valid-type]
    label: str = open_field("What the company calls it.")
    status: ConnectionStatus = open_field("How it is doing.")
    external_account: str | None = open_field("The account at the service.")
    options: list[ConnectorOption] = open_field("What is set, but for secrets.")
    has_secret: bool = open_field("Whether a secret is kept for it.")
    secret_last4: str | None = open_field("The end of the secret, to recognize it by.")
    last_sync_at: datetime.datetime | None = open_field("When data last went over it.")
    last_error: str | None = open_field("What went wrong last.")
    created_by: User | None = open_field("Who set it up.")
    created_at: datetime.datetime = open_field("When it was set up.")


@filter_object("Which connections.")
class ConnectedServiceFilter:
    connector: list[Connector] | None = reads(ConnectedService, "connector")  # type: ignore[valid-type]
    status: list[ConnectionStatus] | None = reads(ConnectedService, "status")
    last_sync_at: DateTimeCriterion | None = reads(ConnectedService, "last_sync_at")
    label: TextCriterion | None = reads(ConnectedService, "label")
    search: str | None = reads(ConnectedService, "label", "external_account")


ConnectedServiceOrder = order_enum(
    "ConnectedServiceOrder", ConnectedService, "connector", "label", "last_sync_at", "created_at"
)


@extends(Company)
class CompanyConnectors:
    connected_services: Connection[ConnectedService] | None = connection(
        "Connections with services.", is_open=True, filter=ConnectedServiceFilter, order=ConnectedServiceOrder
    )
