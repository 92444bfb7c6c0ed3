"""The closed lists of error codes, each with its message in English, the source of the translations.

A `UserError` is in the payload of a mutation; an `ErrorCode` is the `extensions.code` of a top-level error.
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import strawberry

from schema.apps import App
from schema.localization.language import Language
from schema.localization.translate import translate
from schema.roles import Role


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
        "VERSION_CONFLICT", description="There is a newer version than `expectedVersion`."
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
    APP_REQUIRED = strawberry.enum_value(
        "APP_REQUIRED", description="The value needs the app `app`, which the caller does not hold."
    )
    ROLE_REQUIRED = strawberry.enum_value(
        "ROLE_REQUIRED", description="The value needs the role `role`, which the caller does not have."
    )
    WRONG_STATE = strawberry.enum_value("WRONG_STATE", description="That is not possible in the object's state.")
    LOCKED = strawberry.enum_value("LOCKED", description="The object was handed over to accounting.")
    INCOMPLETE = strawberry.enum_value(
        "INCOMPLETE", description="Something is missing for what was asked; `about` says where."
    )
    TAKEN = strawberry.enum_value("TAKEN", description="The value is in use, and may be used once only.")
    AMOUNT_EXCEEDED = strawberry.enum_value("AMOUNT_EXCEEDED", description="The amount is more than is open.")
    DATE_ORDER = strawberry.enum_value(
        "DATE_ORDER", description="The day is before that of a number that was given already."
    )
    NOT_REACHABLE = strawberry.enum_value(
        "NOT_REACHABLE", description="The receiver cannot be reached in the way that was asked for."
    )
    KEY_REUSED = strawberry.enum_value(
        "KEY_REUSED", description="The idempotency key was used for another input, or when this item was not written."
    )


@strawberry.enum(description="What is wrong with a value, where the code is VALIDATION.")
class ValidationReason(enum.Enum):
    """The reasons of a VALIDATION."""

    REQUIRED = strawberry.enum_value("REQUIRED", description="It is empty.")
    TOO_LONG = strawberry.enum_value("TOO_LONG", description="It has too many characters, or too many items.")
    FORMAT = strawberry.enum_value("FORMAT", description="It is not written as such a value is.")
    CHECK_DIGITS = strawberry.enum_value("CHECK_DIGITS", description="Its check digits are wrong.")
    RANGE = strawberry.enum_value("RANGE", description="It is too small, too large, too early or too late.")
    DECIMALS = strawberry.enum_value("DECIMALS", description="It has too many decimals.")
    NOT_ALLOWED = strawberry.enum_value("NOT_ALLOWED", description="The value is valid elsewhere, but not here.")
    COMBINATION = strawberry.enum_value("COMBINATION", description="It does not go with the other values.")
    NULL_SENT = strawberry.enum_value("NULL_SENT", description="A null was sent for what the caller may not write.")


@strawberry.type(description="What a reason is about, where that is no value of the input.")
class ErrorSubject:
    """The object that lacks something, and the field."""

    id: strawberry.ID = strawberry.field(description="The object.")
    path: list[str] = strawberry.field(description="The path in it, as `vatNumber` or `customer`, `vatNumber`.")


@strawberry.type(description="A reason, meant for the end user, why a mutation did not do what was asked.")
class UserError:
    """One entry of a payload's `errors`."""

    code: UserErrorCode = strawberry.field(description="The reason, for programs.")
    message: str = strawberry.field(description="The reason, for people, in the account's language.")
    field: list[str] | None = strawberry.field(default=None, description="The path in the input that it concerns.")
    reason: ValidationReason | None = strawberry.field(
        default=None,
        description="What is wrong with the value, for programs; with VALIDATION, or where a null was refused.",
    )
    app: App | None = strawberry.field(default=None, description="The app that is missing; only with APP_REQUIRED.")
    role: Role | None = strawberry.field(default=None, description="The role that is missing; only with ROLE_REQUIRED.")
    about: ErrorSubject | None = strawberry.field(
        default=None, description="What is not as it should be, where that is no value of the input."
    )


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
        UserErrorCode.APP_REQUIRED: "{field}: this needs access to the app {app}.",
        UserErrorCode.ROLE_REQUIRED: "{field}: this needs the role {role}.",
        UserErrorCode.WRONG_STATE: "This is not possible any more, or not yet: the state is “{state}”.",
        UserErrorCode.LOCKED: "This was handed over to accounting and cannot be changed any more.",
        UserErrorCode.INCOMPLETE: "{field}: please fill this in first.",
        UserErrorCode.TAKEN: "{field}: this is already in use.",
        UserErrorCode.AMOUNT_EXCEEDED: "{field}: this is too much; {most} is the most.",
        UserErrorCode.DATE_ORDER: "{field}: please choose {date} or a later day, since a number of that day was given.",
        UserErrorCode.NOT_REACHABLE: "The receiver cannot be reached this way; please choose another.",
        UserErrorCode.KEY_REUSED: "This was sent before with other values; please send it again as something new.",
    }
)

REASONS: Mapping[ValidationReason, str] = MappingProxyType(
    {
        ValidationReason.REQUIRED: "{field}: please fill this in.",
        ValidationReason.TOO_LONG: "{field}: this is too long; it may have {most} characters.",
        ValidationReason.FORMAT: "{field}: please check how this is written.",
        ValidationReason.CHECK_DIGITS: "{field}: a digit must be wrong; please check for a typing error.",
        ValidationReason.RANGE: "{field}: this is outside what is allowed.",
        ValidationReason.DECIMALS: "{field}: this has too many decimals.",
        ValidationReason.NOT_ALLOWED: "{field}: this is not possible here.",
        ValidationReason.COMBINATION: "{field}: this does not go with the other values.",
        ValidationReason.NULL_SENT: "{field}: you may not empty this.",
    }
)
"""The messages of VALIDATION by their reason; a problem without one has the message of its code."""

TOO_MANY: Final = "{field}: these are too many; {most} are the most."
TOO_SHORT: Final = "{field}: please choose at least {least} characters."
GUESSABLE: Final = "{field}: this is easy to guess; please choose another."

NO_COOKIE_HERE: Final = (
    "{field}: a cookie cannot be kept here; that needs https (ENFACT_PUBLIC_URL) or an address of this machine. Please "
    "ask for a token."
)
COOKIE_LOST: Final = (
    "{field}: the cookie would be lost, since the page and the gateway have different names; please use localhost or "
    "127.0.0.1 for both."
)
NO_COOKIE_IN_ARRAY: Final = (
    "{field}: an array of requests sets no cookie; please send this one by itself, or ask for a token."
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

ROW_CHANGED: Final = (
    "Somebody changed this in the meantime; please look at it again and repeat what you still want to change."
)

LONG_TERM: Final = "{field}: between businesses the law allows 60 days at most."

NOT_WRITTEN: Final = "This was not saved when the list was sent first; please send it again as something new."
REACHES_ALL: Final = "This person reaches every app, so there are no switches to copy or to set."

FOR_SOMEBODY_ELSE: Final = (
    "This invitation is for another login than the one you are signed in with; please sign out and open the link again."
)
ASKED_ALREADY: Final = "You have asked for {app} already; an owner still has to decide."
HAS_ALREADY: Final = "You have {app} already."
DECIDED_ALREADY: Final = "This request was decided already."
ALREADY_ACCEPTED: Final = "You have accepted this invitation already; please sign in."

EXPLANATIONS: Final = (
    NO_SECRET_KEY, TOO_MANY_KEYS, TOO_MANY_WAITING, TOO_MANY_SERVICES, PROVE_LOGIN, CLIENTS_WAIT, INVITATIONS_WAIT,
    OTHER_OWNER_FIRST, TOO_MANY, TOO_SHORT, GUESSABLE, NO_COOKIE_HERE,
    COOKIE_LOST, NO_COOKIE_IN_ARRAY, FOR_SOMEBODY_ELSE, ALREADY_ACCEPTED, ROW_CHANGED, ASKED_ALREADY, HAS_ALREADY,
    DECIDED_ALREADY, LONG_TERM, NOT_WRITTEN, REACHES_ALL,
)  # fmt: skip
"""Messages that replace the message of their code, since they say more."""

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
    """The message of a `UserError`, with its placeholders filled. Raises KeyError for one without a value.

    `text` is one of `EXPLANATIONS` or `REASONS`, or None for the code's own message.
    """
    return translate(language, "user-error", text or MESSAGES[code], **values)


def error_message(code: ErrorCode, language: Language | str, /, **values: str) -> str:
    """The message of a top-level error, with its placeholders filled. Raises KeyError for one without a value."""
    return translate(language, "error", ERROR_MESSAGES[code], **values)


def role_label(role: str, language: Language | str) -> str:
    """The name of a role (OWNER, EMPLOYEE), as messages show it. Raises KeyError for any other."""
    return translate(language, "role-label", ROLE_LABELS[role])
