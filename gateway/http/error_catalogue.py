"""The catalogue of errors: each code with its meaning and what to do, from the closed lists of codes."""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Final, NamedTuple, cast

from strawberry.types.enum import StrawberryEnumDefinition

from gateway.http.errors import STATUSES
from schema.errors import ERROR_MESSAGES, ErrorCode, UserErrorCode, ValidationReason

ADVICE: Final[Mapping[ErrorCode, str]] = {
    ErrorCode.GRAPHQL_PARSE_FAILED: "Correct the document at `locations`.",
    ErrorCode.GRAPHQL_VALIDATION_FAILED: "Compare the document with the schema, and with the limits on its size.",
    ErrorCode.OPERATION_RESOLUTION_FAILURE: "Send `operationName`, as it is in the document.",
    ErrorCode.BAD_USER_INPUT: "Correct the request, at `path` or in the variable `extensions.variable`.",
    ErrorCode.UNAUTHENTICATED: "Sign in again, and forget the credential that was sent.",
    ErrorCode.FORBIDDEN: "Ask an owner; another credential may be allowed what this one is not.",
    ErrorCode.APP_REQUIRED: "Leave out what needs the app, or ask an owner for it.",
    ErrorCode.ROLE_REQUIRED: "Leave out what needs the role, or ask an owner for it.",
    ErrorCode.RATE_LIMITED: "Wait as long as Retry-After says, and send less at once.",
    ErrorCode.COST_EXCEEDED: "Ask for less: smaller pages, fewer lists inside lists.",
    ErrorCode.PERSISTED_QUERY_NOT_FOUND: "Send the text beside the hash; a document id has to be in a manifest.",
    ErrorCode.PERSISTED_QUERY_REQUIRED: "Send the id of a document of a manifest, not a text.",
    ErrorCode.ACCESS_REVOKED: "Subscribe again once the access is back.",
    ErrorCode.TIMEOUT: "Try again, or ask for less; a mutation may have been done where `written` says so.",
    ErrorCode.UNAVAILABLE: "Try again in a moment, as Retry-After says.",
    ErrorCode.METHOD_NOT_ALLOWED: "Use the method in Allow; mutations go by POST.",
    ErrorCode.NOT_ACCEPTABLE: "Accept application/graphql-response+json; for a subscription text/event-stream.",
    ErrorCode.PAYLOAD_TOO_LARGE: "Send less, in several requests.",
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: "Send JSON in UTF-8, as application/json.",
    ErrorCode.CSRF_REFUSED: "Send the cookie from a page whose origin is set, or use a token.",
    ErrorCode.INTERNAL: "Report the `requestId`.",
}
USER_ADVICE: Final[Mapping[UserErrorCode, str]] = {
    UserErrorCode.VALIDATION: "Show `message` beside `field`; `reason` says what is wrong.",
    UserErrorCode.EMAIL_TAKEN: "Use another address, or sign in with this one.",
    UserErrorCode.SELF_EDIT_FORBIDDEN: "Let another owner do it.",
    UserErrorCode.LAST_OWNER: "Make somebody else an owner first.",
    UserErrorCode.ALWAYS_VISIBLE: "Leave the app on.",
    UserErrorCode.NOT_TOGGLEABLE: "Leave the person out of the changes.",
    UserErrorCode.APP_NOT_ACTIVE: "Activate the app first.",
    UserErrorCode.APP_REQUIRED_BY: "Deactivate the other apps first.",
    UserErrorCode.PLAN_REQUIRED: "Choose a higher plan.",
    UserErrorCode.ACCOUNTANT_NOT_FOUND: "Ask the accountant to register and to confirm the address.",
    UserErrorCode.ALREADY_LINKED: "Nothing: the person has access.",
    UserErrorCode.VERSION_CONFLICT: "Read the object again, and repeat the change.",
    UserErrorCode.INVITATION_INVALID: "Ask for a new link.",
    UserErrorCode.INVALID_CREDENTIALS: "Try again, or reset the password.",
    UserErrorCode.TOO_MANY_ATTEMPTS: "Wait, and try again.",
    UserErrorCode.NOT_FOUND: "Read again what is there.",
    UserErrorCode.LIMIT_REACHED: "Remove one that is no longer needed.",
    UserErrorCode.APP_REQUIRED: "Leave out the value at `field`, or ask an owner for the app.",
    UserErrorCode.ROLE_REQUIRED: "Leave out the value at `field`, or ask an owner.",
    UserErrorCode.WRONG_STATE: "Read the object again; its state says what is possible.",
    UserErrorCode.LOCKED: "Leave it as it is; correct it by a new document.",
    UserErrorCode.INCOMPLETE: "Fill in what `about` or `field` names, and repeat.",
    UserErrorCode.TAKEN: "Choose another value, or leave it out.",
    UserErrorCode.AMOUNT_EXCEEDED: "Read what is open, and repeat with that at most.",
    UserErrorCode.DATE_ORDER: "Choose a later day.",
    UserErrorCode.NOT_REACHABLE: "Choose another way, or ask the receiver.",
    UserErrorCode.KEY_REUSED: "Make a new key for each new input.",
}


class Line(NamedTuple):
    """One code of a list; `status` is empty for what comes within a payload."""

    code: str
    status: str
    meaning: str
    advice: str


HEADER: Final = Line("code", "status", "meaning", "what to do")


def top_level() -> Iterator[Line]:
    """The codes of top-level errors, with the status of a request that is refused with each."""
    for code, message in ERROR_MESSAGES.items():
        yield Line(code.value, str(STATUSES[code]), message, ADVICE[code])


def of_payloads() -> Iterator[Line]:
    """The codes of `UserError`."""
    meanings = _descriptions(UserErrorCode)
    for code in UserErrorCode:
        yield Line(code.name, "", meanings[code.name], USER_ADVICE[code])


def of_validation() -> Iterator[Line]:
    """The reasons of VALIDATION."""
    for name, meaning in _descriptions(ValidationReason).items():
        yield Line(name, "", meaning, "")


def _descriptions(enum: type[Enum]) -> Mapping[str, str]:
    """The descriptions of an enum's values in the schema, by name."""
    definition = cast("StrawberryEnumDefinition", cast("Any", enum).__strawberry_definition__)
    return {value.name: value.description or "" for value in definition.values}
