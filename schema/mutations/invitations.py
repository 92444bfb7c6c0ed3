"""Invitations: inputs and payloads."""

import datetime

import strawberry

from schema.declarations.fields import field, input_field
from schema.declarations.object_types import input_object, payload
from schema.types.core.access import User
from schema.types.core.company import Company
from schema.types.core.viewer import Viewer


@input_object("An invitation to send again.")
class ResendInvitationInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    user_id: strawberry.ID = input_field("The user.", optional=False)


@payload("The answer to an invitation that is sent again; the one before works no more.")
class ResendInvitationPayload:
    user: User | None = field("The user.")
    company: Company | None = field("The company.")
    invitation_token: str | None = field("The token of the invitation, in a demo without mail; null everywhere else.")


@input_object("An invitation to accept.")
class AcceptInvitationInput:
    token: str = input_field("The token of the invitation.", optional=False)
    password: str | None = input_field("A password, for a login that has none yet; at least 10 characters.")


@payload("The answer to an accepted invitation.")
class AcceptInvitationPayload:
    token: str | None = field("The token to send as `Authorization: Bearer` from now on; null for who has one already.")
    expires_at: datetime.datetime | None = field("When the token stops working unless it is used before.")
    company: Company | None = field("The company.")
    viewer: Viewer | None = field("Who is signed in.")


@input_object("An invitation that somebody does not want.")
class DeclineInvitationInput:
    invitation_id: strawberry.ID = input_field("The invitation, one of `viewer { invitations }`.", optional=False)


@payload("The answer to a declined invitation.")
class DeclineInvitationPayload:
    viewer: Viewer | None = field("Who declined it.")
