"""The viewer's own account: inputs and payloads."""

from schema.declarations.fields import field, input_field
from schema.declarations.object_types import input_object, payload
from schema.localization.language import Language
from schema.types.core.viewer import Viewer


@input_object("One's own names and language; what is left out stays as it is.")
class UpdateProfileInput:
    first_name: str | None = input_field("First name.")
    last_name: str | None = input_field("Last name.")
    language: Language | None = input_field("The language of messages.")


@payload("The answer to a change of one's own data.")
class UpdateProfilePayload:
    viewer: Viewer | None = field("Who is signed in.")
