"""Apps of a company: inputs and payloads."""

import strawberry

from schema.apps import App
from schema.declarations.fields import field, input_field
from schema.declarations.object_types import input_object, payload
from schema.types.core.access import AppInfo
from schema.types.core.company import Company


@input_object("An app to activate.")
class ActivateAppInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    app: App = input_field("The app.", optional=False)


@payload("The answer to an activation.")
class ActivateAppPayload:
    app: AppInfo | None = field("The app.")
    company: Company | None = field("The company.")


@input_object("An app to deactivate; its data and toggles are kept.")
class DeactivateAppInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    app: App = input_field("The app.", optional=False)


@payload("The answer to a deactivation.")
class DeactivateAppPayload:
    app: AppInfo | None = field("The app.")
    company: Company | None = field("The company.")
