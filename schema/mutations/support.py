"""The switch that lets support in: inputs and payloads."""

import datetime

import strawberry

from schema.declarations.fields import field, input_field
from schema.declarations.object_types import input_object, payload
from schema.types.core.company import Company


@input_object("The switch that lets support in.")
class SetSupportAccessInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    enabled: bool = input_field("On or off.", optional=False)
    until: datetime.datetime | None = input_field("When it goes off by itself; in 7 days by default.")


@payload("The answer to a change of support access.")
class SetSupportAccessPayload:
    company: Company | None = field("The company, with support among its external users.")
