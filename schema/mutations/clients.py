"""Companies that an accountant creates for clients: inputs and payloads."""

from schema.declarations.fields import field, input_field
from schema.declarations.object_types import input_object, payload
from schema.types.core.company import Company
from schema.types.core.viewer import Viewer


@input_object("A company that an accountant creates for a client.")
class CreateClientCompanyInput:
    name: str = input_field("The company's name.", optional=False)
    owner_email: str = input_field("The e-mail address of its owner, who is invited.", optional=False)
    owner_first_name: str = input_field("The owner's first name.", optional=False)
    owner_last_name: str = input_field("The owner's last name.", optional=False)


@payload("The answer to a client's new company: its owner is invited, and the accountant is an external user.")
class CreateClientCompanyPayload:
    company: Company | None = field("The new company.")
    viewer: Viewer | None = field("Who is signed in.")
    invitation_token: str | None = field(
        "The token of the owner's invitation, in a demo without mail; null everywhere else."
    )
