"""The closed lists of error codes and, for each code, its message in English, the source of the translations.

`UserError` is what a mutation reports in its payload; `ErrorCode` is the `extensions.code` of a top-level error.
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import strawberry

from schema.language import Language
from schema.texts import translate


@strawberry.enum(description="Why a mutation did not do what was asked.")
class UserErrorCode(enum.Enum):
    """The codes of `UserError`."""

    VALIDATION = strawberry.enum_value(
        "VALIDATION", description="A value in the input is not valid; `field` says which."
    )
    EMAIL_TAKEN = strawberry.enum_value("EMAIL_TAKEN", description="The e-mail address is already in use there.")
    SELF_EDIT_FORBIDDEN = strawberry.enum_value(
        "SELF_EDIT_FORBIDDEN", description="One's own row among the users cannot be changed."
    )
    LAST_OWNER = strawberry.enum_value("LAST_OWNER", description="The change would leave the company without an owner.")
    ALWAYS_VISIBLE = strawberry.enum_value("ALWAYS_VISIBLE", description="The app cannot be switched off for anyone.")
    NOT_TOGGLEABLE = strawberry.enum_value(
        "NOT_TOGGLEABLE", description="The person reaches every app, so there is no toggle."
    )
    APP_NOT_ACTIVE = strawberry.enum_value("APP_NOT_ACTIVE", description="The company has not activated the app.")
    APP_REQUIRED_BY = strawberry.enum_value("APP_REQUIRED_BY", description="Other active apps require the app.")
    PLAN_REQUIRED = strawberry.enum_value("PLAN_REQUIRED", description="The app needs a higher plan.")
    ACCOUNTANT_NOT_FOUND = strawberry.enum_value(
        "ACCOUNTANT_NOT_FOUND", description="No accountant account can be linked with the e-mail address."
    )
    ALREADY_LINKED = strawberry.enum_value(
        "ALREADY_LINKED", description="The person already has access to the company."
    )
    VERSION_CONFLICT = strawberry.enum_value(
        "VERSION_CONFLICT", description="The permission matrix has a newer version than `expectedVersion`."
    )
    INVITATION_INVALID = strawberry.enum_value(
        "INVITATION_INVALID", description="The token is unknown, used or expired."
    )
    INVALID_CREDENTIALS = strawberry.enum_value(
        "INVALID_CREDENTIALS", description="The e-mail address or the password is wrong."
    )
    TOO_MANY_ATTEMPTS = strawberry.enum_value("TOO_MANY_ATTEMPTS", description="A limit on attempts was reached.")
    NOT_FOUND = strawberry.enum_value(
        "NOT_FOUND", description="The object does not exist, or the viewer may not know of it."
    )
    LIMIT_REACHED = strawberry.enum_value(
        "LIMIT_REACHED", description="There are as many as there may be; waiting alone does not help."
    )


@strawberry.type(description="A reason, meant for the end user, why a mutation did not do what was asked.")
class UserError:
    """One entry of a payload's `errors`."""

    code: UserErrorCode = strawberry.field(description="The reason, for programs.")
    message: str = strawberry.field(description="The reason, for people, in the account's language.")
    field: list[str] | None = strawberry.field(default=None, description="The path in the input that it concerns.")


class ErrorCode(enum.StrEnum):
    """The codes of top-level errors."""

    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    OPERATION_RESOLUTION_FAILURE = "OPERATION_RESOLUTION_FAILURE"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    APP_REQUIRED = "APP_REQUIRED"
    ROLE_REQUIRED = "ROLE_REQUIRED"
    RATE_LIMITED = "RATE_LIMITED"
    COST_EXCEEDED = "COST_EXCEEDED"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    PERSISTED_QUERY_REQUIRED = "PERSISTED_QUERY_REQUIRED"
    ACCESS_REVOKED = "ACCESS_REVOKED"
    TIMEOUT = "TIMEOUT"
    UNAVAILABLE = "UNAVAILABLE"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    CSRF_REFUSED = "CSRF_REFUSED"
    INTERNAL = "INTERNAL"


MESSAGES: Mapping[UserErrorCode, str] = MappingProxyType(
    {
        UserErrorCode.VALIDATION: "Please check the value of {field}.",
        UserErrorCode.EMAIL_TAKEN: "This e-mail address is already in use.",
        UserErrorCode.SELF_EDIT_FORBIDDEN: "You cannot change your own access; please ask another owner.",
        UserErrorCode.LAST_OWNER: "A company needs at least one owner.",
        UserErrorCode.ALWAYS_VISIBLE: "{app} is visible to everyone and cannot be switched off.",
        UserErrorCode.NOT_TOGGLEABLE: "This person reaches every app, so {app} cannot be switched on or off.",
        UserErrorCode.APP_NOT_ACTIVE: "{app} is not active in this company; please activate it first.",
        UserErrorCode.APP_REQUIRED_BY: "{app} cannot be deactivated while it is needed by: {apps}.",
        UserErrorCode.PLAN_REQUIRED: "{app} needs the {plan} plan.",
        UserErrorCode.ACCOUNTANT_NOT_FOUND: "There is no accountant account to link for this e-mail address.",
        UserErrorCode.ALREADY_LINKED: "This person already has access to the company.",
        UserErrorCode.VERSION_CONFLICT: "The permissions were changed in the meantime; please reload and try again.",
        UserErrorCode.INVITATION_INVALID: "This link is not valid any more; please ask for a new one.",
        UserErrorCode.INVALID_CREDENTIALS: "The e-mail address or the password is not correct.",
        UserErrorCode.TOO_MANY_ATTEMPTS: "Too many attempts; please wait a while and try again.",
        UserErrorCode.NOT_FOUND: "This could not be found.",
        UserErrorCode.LIMIT_REACHED: "There are as many of these as there may be; please remove one first.",
    }
)

NO_SECRET_KEY: Final = "A secret cannot be kept here: the operator has set no key to encrypt it with."  # noqa: S105 (a message)

TOO_MANY_KEYS: Final = "You have {most} API keys, which is the most; please revoke one that you no longer need."
TOO_MANY_WAITING: Final = (
    "{most} of your requests are waiting, which is the most; please wait until one of them is done."
)
TOO_MANY_SERVICES: Final = (
    "The company has {most} connections, which is the most; please remove one that it no longer needs."
)
PROVE_LOGIN: Final = (
    "Please sign in first, or give the password with which this address signed up. If that was not you, say so with "
    "the other link of the letter: the address is yours alone then."
)
CLIENTS_WAIT: Final = (
    "Too many of your clients have not taken over their company yet; please ask them to accept their invitations, or "
    "wait until one has lapsed."
)
INVITATIONS_WAIT: Final = (
    "Too many invitations of this company wait for an answer; please delete users who do not need theirs any more."
)
OTHER_OWNER_FIRST: Final = (
    "You are the only owner of this company; please make somebody else an owner first, who has accepted it."
)

EXPLANATIONS: Final = (
    NO_SECRET_KEY, TOO_MANY_KEYS, TOO_MANY_WAITING, TOO_MANY_SERVICES, PROVE_LOGIN, CLIENTS_WAIT, INVITATIONS_WAIT,
    OTHER_OWNER_FIRST,
)  # fmt: skip
"""Messages that say more than the one of their code, whose place they take."""

ERROR_MESSAGES: Mapping[ErrorCode, str] = MappingProxyType(
    {
        ErrorCode.GRAPHQL_PARSE_FAILED: "The operation could not be read.",
        ErrorCode.GRAPHQL_VALIDATION_FAILED: "The operation does not fit the schema.",
        ErrorCode.OPERATION_RESOLUTION_FAILURE: "It is not clear which operation is to run.",
        ErrorCode.BAD_USER_INPUT: "A value in the request is not valid.",
        ErrorCode.UNAUTHENTICATED: "Please sign in.",
        ErrorCode.FORBIDDEN: "You are not allowed to do this.",
        ErrorCode.APP_REQUIRED: "This needs access to the app {app}.",
        ErrorCode.ROLE_REQUIRED: "This needs the role {role}.",
        ErrorCode.RATE_LIMITED: "Too many requests; please wait a moment.",
        ErrorCode.COST_EXCEEDED: "This costs {cost}, and {limit} is allowed; please ask for less, mainly of {field}.",
        ErrorCode.PERSISTED_QUERY_NOT_FOUND: "This stored operation is not known.",
        ErrorCode.PERSISTED_QUERY_REQUIRED: "Only operations that were stored in advance are accepted.",
        ErrorCode.ACCESS_REVOKED: "Your access has ended.",
        ErrorCode.TIMEOUT: "This took too long; please try again or ask for less.",
        ErrorCode.UNAVAILABLE: "The service is not available at the moment; please try again shortly.",
        ErrorCode.METHOD_NOT_ALLOWED: "This HTTP method is not allowed here.",
        ErrorCode.NOT_ACCEPTABLE: "The answer cannot be given in any of the formats asked for.",
        ErrorCode.PAYLOAD_TOO_LARGE: "The request is too large.",
        ErrorCode.UNSUPPORTED_MEDIA_TYPE: "The content type of the request is not supported.",
        ErrorCode.CSRF_REFUSED: "The request was refused because it does not come from a trusted site.",
        ErrorCode.INTERNAL: "Something went wrong on our side; please try again later.",
    }
)

ROLE_LABELS: Mapping[str, str] = MappingProxyType({"OWNER": "owner", "EMPLOYEE": "employee"})


def user_message(code: UserErrorCode, language: Language | str, text: str | None = None, /, **values: str) -> str:
    """Return the message of a `UserError` with its placeholders filled; KeyError when one has no value.

    `text` is one of `EXPLANATIONS`, or None for the code's own message.
    """
    return translate(language, "user-error", text or MESSAGES[code], **values)


def error_message(code: ErrorCode, language: Language | str, /, **values: str) -> str:
    """Return the message of a top-level error with its placeholders filled; KeyError when one has no value."""
    return translate(language, "error", ERROR_MESSAGES[code], **values)


def role_label(role: str, language: Language | str) -> str:
    """Return the name of a role, given by its id (OWNER, EMPLOYEE; else KeyError), as a message shows it."""
    return translate(language, "role-label", ROLE_LABELS[role])
