"""External users of a company, and leaving a company: inputs and payloads."""

import datetime

import strawberry

from schema.declarations.fields import field, input_field
from schema.declarations.object_types import input_object, payload
from schema.types.core.access import ExternalUser
from schema.types.core.company import Company
from schema.types.core.viewer import Viewer


@input_object("An accountant to give access.")
class AddExternalUserInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    email: str = input_field("The e-mail address of the accountant's login.", optional=False)
    until: datetime.datetime | None = input_field("When the access ends by itself; without, it does not.")


@payload("The answer to a new external user, who reaches all active apps at once.")
class AddExternalUserPayload:
    external_user: ExternalUser | None = field("The external user.")
    company: Company | None = field("The company.")


@input_object("An external user to change; what is left out stays as it is.")
class UpdateExternalUserInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    external_user_id: strawberry.ID = input_field("The external user; support is setSupportAccess's.", optional=False)
    until: datetime.datetime | None = input_field("When the access ends by itself; null for never.")


@payload("The answer to a change of an external user.")
class UpdateExternalUserPayload:
    external_user: ExternalUser | None = field("The external user.")
    company: Company | None = field("The company.")


@input_object("An external user whose access ends.")
class RemoveExternalUserInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    external_user_id: strawberry.ID = input_field("The external user.", optional=False)


@payload("The answer to the end of an external user's access.")
class RemoveExternalUserPayload:
    company: Company | None = field("The company.")


@input_object("A company that somebody leaves: an external user, an employee, or one of several owners.")
class LeaveCompanyInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)


@payload("The answer to the end of one's own access.")
class LeaveCompanyPayload:
    viewer: Viewer | None = field("Who left.")
