"""The plan of a company: input and payload."""

import strawberry

from schema.apps import Plan
from schema.declarations.fields import field, input_field
from schema.declarations.object_types import input_object, payload
from schema.types.core.company import Company


@input_object("Another plan for a company.")
class ChangePlanInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    plan: Plan = input_field("The plan.", optional=False)
    expected_version: int | None = input_field(
        "The version of the permission matrix that the caller has seen; another one is VERSION_CONFLICT."
    )


@payload("The answer to a change of plan.")
class ChangePlanPayload:
    company: Company | None = field("The company.")
