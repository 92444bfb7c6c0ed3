"""Requests for access: inputs and payloads."""

import datetime

import strawberry

from schema.apps import App
from schema.declarations.fields import field, input_field
from schema.declarations.object_types import input_object, payload
from schema.types.core.access import PermissionMatrix
from schema.types.core.access_requests import AccessRequest
from schema.types.core.company import Company


@input_object("An app to ask for.")
class RequestAccessInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    app: App = input_field("The app; nobody learns whether it is active.", optional=False)
    reason: str = input_field("What for, at most 500 characters.", optional=False)


@payload("The answer to a request for access.")
class RequestAccessPayload:
    access_request: AccessRequest | None = field("The request.")
    company: Company | None = field("The company.")


@input_object("A request for access to decide.")
class DecideAccessRequestInput:
    request_id: strawberry.ID = input_field("The request.", optional=False)
    granted: bool = input_field("Whether the app is switched on.", optional=False)
    until: datetime.datetime | None = input_field("Until when it is on; without it, until it is switched off.")


@payload("The answer to a decision.")
class DecideAccessRequestPayload:
    access_request: AccessRequest | None = field("The request as it is now.")
    permission_matrix: PermissionMatrix | None = field("The matrix after the decision.")
    company: Company | None = field("The company.")
