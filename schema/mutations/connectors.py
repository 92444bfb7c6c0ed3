"""Connections with other services: inputs and payloads. A secret is written and never returned."""

import strawberry

from schema.apps import App
from schema.declarations.fields import field, input_field
from schema.declarations.object_types import input_object, payload
from schema.types.connections.connectors import ConnectedService
from schema.types.core.company import Company


@input_object("A setting of a connection that is no secret.")
class ConnectorOptionInput:
    name: str = input_field("What is set, at most 100 characters.", optional=False)
    value: str = input_field("What it is set to, at most 1,000 characters.", optional=False)


@input_object("A connection to set up; a company may have several with one service.")
class ConnectServiceInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    app: App = input_field("The service: an active app of the kind CONNECTION.", optional=False)
    label: str = input_field("What the company calls it.", optional=False)
    external_account: str | None = input_field("The account at the service.")
    secret: str | None = input_field(
        "What one signs in with there, 1 to 4,000 characters; kept encrypted, never shown."
    )
    options: list[ConnectorOptionInput] | None = input_field("What is set, but for secrets; at most 20.")


@payload("The answer to a new connection.")
class ConnectServicePayload:
    connected_service: ConnectedService | None = field("The connection.")
    company: Company | None = field("The company.")


@input_object("A connection to change; what is left out stays as it is.")
class UpdateConnectedServiceInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    connected_service_id: strawberry.ID = input_field("The connection.", optional=False)
    label: str | None = input_field("What the company calls it.")
    external_account: str | None = input_field("The account at the service; null takes it away.")
    secret: str | None = input_field("Another secret; null takes it away.")
    options: list[ConnectorOptionInput] | None = input_field("What is set: all of it, in place of what was.")
    enabled: bool | None = input_field("Switch it on or off.")


@payload("The answer to a change of a connection.")
class UpdateConnectedServicePayload:
    connected_service: ConnectedService | None = field("The connection.")
    company: Company | None = field("The company.")


@input_object("A connection to delete with its secret.")
class DisconnectServiceInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    connected_service_id: strawberry.ID = input_field("The connection.", optional=False)


@payload("The answer to the end of a connection; what came over it stays.")
class DisconnectServicePayload:
    company: Company | None = field("The company.")
