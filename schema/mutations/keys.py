"""API keys, and view-as tokens with which an owner sees a company as one of its users: inputs and payloads."""

import datetime

import strawberry

from schema.apps import App
from schema.declarations.fields import field, input_field
from schema.declarations.object_types import input_object, payload
from schema.hidden_fields import HiddenFields
from schema.types.core.access import ApiKey, User
from schema.types.core.company import Company
from schema.types.core.viewer import Viewer


@input_object("An API key to make.")
class CreateApiKeyInput:
    label: str = input_field("What the key is for; at most 100 characters.", optional=False)
    company_id: strawberry.ID | None = input_field(
        "The only company that it opens; by default all that its owner is in now and that allow keys."
    )
    apps: list[App] | None = input_field(
        "The only apps that it reaches, as far as its owner reaches them at that moment; by default all. Apps that "
        "cannot be switched off and API_ACCESS are always among them. Fields for owners stay open to an owner's key."
    )
    expires_at: datetime.datetime | None = input_field("When it stops working; never by default.")
    read_only: bool | None = input_field("Whether nothing can be changed with it; false by default.")
    hidden_fields: HiddenFields | None = input_field("How hidden fields are told; `NULL` by default.")


@payload("The answer to a new API key.")
class CreateApiKeyPayload:
    key: str | None = field("The key to send as `Authorization: Bearer`; it is shown this once.")
    api_key: ApiKey | None = field("What is kept of it.")
    viewer: Viewer | None = field("Who is signed in.")


@input_object("An API key of one's own, or one that opens a company of which one is an owner.")
class RevokeApiKeyInput:
    api_key_id: strawberry.ID = input_field("The key.", optional=False)
    company_id: strawberry.ID | None = input_field(
        "The company that it is to open no more, for its owners; by default one's own key ends altogether, and "
        "somebody else's opens no company of the caller's any more."
    )


@payload("The answer to the end of an API key.")
class RevokeApiKeyPayload:
    viewer: Viewer | None = field("Who is signed in.")
    company: Company | None = field("The only company that was closed to the key by its owner.")


@input_object("As whom an owner looks at a company.")
class StartViewAsInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    user_id: strawberry.ID = input_field("One of its users.", optional=False)


@payload("The answer to an owner who wants to look as somebody else.")
class StartViewAsPayload:
    token: str | None = field("The token to send as `Authorization: Bearer` to see what the user sees.")
    expires_at: datetime.datetime | None = field("When the token stops working.")
    user: User | None = field("The user.")
    company: Company | None = field("The company.")
