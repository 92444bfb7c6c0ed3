"""The texts in four languages: complete, none left over, placeholders equal, never English by accident."""

import subprocess
import sys
from collections.abc import Mapping
from importlib.resources import files
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from graphql import GraphQLInputObjectType

from gateway.demo_logins import LOGINS
from gateway.pages.texts import PAGE_TEXTS
from resolvers.gates.coordinates import named_type
from schema import schema
from schema.apps import CATALOGUE, App, AppKind, app_description, app_label
from schema.errors import (
    ERROR_MESSAGES,
    EXPLANATIONS,
    MESSAGES,
    REASONS,
    ROLE_LABELS,
    ErrorCode,
    UserErrorCode,
    ValidationReason,
    error_message,
    role_label,
    user_message,
)
from schema.localization.emails import (
    BY_ACCOUNTANT,
    DAYS,
    GREETING,
    GREETING_WITHOUT_NAME,
    LETTERS,
    MINUTES,
    STARTS_EMPTY,
)
from schema.localization.field_labels import FIELD_LABELS, field_label
from schema.localization.language import Language
from schema.localization.translate import translate

USED = {
    *(("app-label", entry.label) for entry in CATALOGUE.values()),
    *(("app-description", entry.description) for entry in CATALOGUE.values()),
    *(("user-error", text) for text in MESSAGES.values()),
    *(("user-error", text) for text in EXPLANATIONS),
    *(("user-error", text) for text in REASONS.values()),
    *(("field-label", text) for text in FIELD_LABELS.values()),
    *(("error", text) for text in ERROR_MESSAGES.values()),
    *(("role-label", text) for text in ROLE_LABELS.values()),
    *(("letter-subject", letter.subject) for letter in (*LETTERS.values(), BY_ACCOUNTANT)),
    *(("letter", text) for letter in (*LETTERS.values(), BY_ACCOUNTANT) for text in (letter.request, letter.otherwise)),
    *(("letter", text) for text in (GREETING, GREETING_WITHOUT_NAME, DAYS, MINUTES, STARTS_EMPTY)),
    *(("page", text) for text in PAGE_TEXTS),
    *(("demo-login", words) for _, words in LOGINS),
}
TRANSLATED = ["fr", "nl", "de"]
VALUES = {
    "app": "Agenda",
    "apps": "Climapulse",
    "cost": "100001",
    "limit": "100000",
    "date": "2026-03-02",
    "field": "Email",
    "most": "12.50",
    "plan": "Pro",
    "role": "owner",
    "state": "SENT",
}
# Connections whose label has a word in it besides the brand.
WORDED = {App.CODABOX_BANK, App.CODABOX_ACCOUNTING, App.SEPA_EPC_QR}


def po_text(language: str) -> str:
    return files("schema").joinpath("locale", f"{language}.po").read_text("utf-8")


def po_catalog(language: str) -> Catalog:
    return read_po(po_text(language).splitlines(keepends=True), abort_invalid=True)


def translations(language: str) -> dict[tuple[str, str], str]:
    """Return what a .po file translates, by context and English text; no text here has plural forms."""
    return {
        (str(message.context), str(message.id)): str(message.string) for message in po_catalog(language) if message.id
    }


def placeholders(text: str) -> list[str]:
    """Return the placeholders of a text, sorted; anything but a plain name in braces fails."""
    found: list[str] = []
    for _, name, spec, conversion in Formatter().parse(text):
        if name is not None:
            assert name.isidentifier(), text
            assert not spec, text
            assert conversion is None, text
            found.append(name)
    return sorted(found)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_in_use_is_translated_and_no_other_is_kept(language: str) -> None:
    assert set(translations(language)) == USED


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_empty_uncertain_double_or_commented_out(language: str) -> None:
    catalog = po_catalog(language)
    assert all(string.strip() == string != "" for string in translations(language).values())
    assert not [message.id for message in catalog if message.fuzzy and message.id]
    assert not catalog.obsolete
    assert po_text(language).count("\nmsgctxt ") == len(USED)


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_are_the_same_in_every_language(language: str) -> None:
    for (context, text), translation in translations(language).items():
        assert placeholders(translation) == placeholders(text), (context, text)


def test_which_messages_have_placeholders() -> None:
    sources: Mapping[UserErrorCode | ErrorCode, str] = {**MESSAGES, **ERROR_MESSAGES}
    assert {code: names for code, text in sources.items() if (names := placeholders(text))} == {
        UserErrorCode.VALIDATION: ["field"],
        UserErrorCode.ALWAYS_VISIBLE: ["app"],
        UserErrorCode.NOT_TOGGLEABLE: ["app"],
        UserErrorCode.APP_NOT_ACTIVE: ["app"],
        UserErrorCode.APP_REQUIRED_BY: ["app", "apps"],
        UserErrorCode.PLAN_REQUIRED: ["app", "plan"],
        UserErrorCode.APP_REQUIRED: ["app", "field"],
        UserErrorCode.ROLE_REQUIRED: ["field", "role"],
        UserErrorCode.WRONG_STATE: ["state"],
        UserErrorCode.INCOMPLETE: ["field"],
        UserErrorCode.TAKEN: ["field"],
        UserErrorCode.AMOUNT_EXCEEDED: ["field", "most"],
        UserErrorCode.DATE_ORDER: ["date", "field"],
        ErrorCode.APP_REQUIRED: ["app"],
        ErrorCode.COST_EXCEEDED: ["cost", "field", "limit"],
        ErrorCode.ROLE_REQUIRED: ["role"],
    }


def test_user_error_codes_are_a_closed_list() -> None:
    names = """
        VALIDATION EMAIL_TAKEN SELF_EDIT_FORBIDDEN LAST_OWNER ALWAYS_VISIBLE NOT_TOGGLEABLE APP_NOT_ACTIVE
        APP_REQUIRED_BY PLAN_REQUIRED ACCOUNTANT_NOT_FOUND ALREADY_LINKED VERSION_CONFLICT INVITATION_INVALID
        INVALID_CREDENTIALS TOO_MANY_ATTEMPTS NOT_FOUND LIMIT_REACHED APP_REQUIRED ROLE_REQUIRED WRONG_STATE LOCKED
        INCOMPLETE TAKEN AMOUNT_EXCEEDED DATE_ORDER NOT_REACHABLE KEY_REUSED
    """
    assert [code.value for code in UserErrorCode] == names.split()
    assert list(MESSAGES) == list(UserErrorCode)


def test_error_codes_are_a_closed_list() -> None:
    names = """
        GRAPHQL_PARSE_FAILED GRAPHQL_VALIDATION_FAILED OPERATION_RESOLUTION_FAILURE BAD_USER_INPUT UNAUTHENTICATED
        FORBIDDEN APP_REQUIRED ROLE_REQUIRED RATE_LIMITED COST_EXCEEDED PERSISTED_QUERY_NOT_FOUND
        PERSISTED_QUERY_REQUIRED ACCESS_REVOKED TIMEOUT UNAVAILABLE METHOD_NOT_ALLOWED NOT_ACCEPTABLE
        PAYLOAD_TOO_LARGE UNSUPPORTED_MEDIA_TYPE CSRF_REFUSED INTERNAL
    """
    assert [code.value for code in ErrorCode] == names.split()
    assert list(ERROR_MESSAGES) == list(ErrorCode)


def test_every_reason_has_a_message_that_names_the_field() -> None:
    names = "REQUIRED TOO_LONG FORMAT CHECK_DIGITS RANGE DECIMALS NOT_ALLOWED COMBINATION NULL_SENT"
    assert [reason.value for reason in ValidationReason] == names.split()
    assert list(REASONS) == list(ValidationReason)
    assert all(placeholders(text) in (["field"], ["field", "most"]) for text in REASONS.values())


def test_every_member_of_a_mutation_has_a_label() -> None:
    mutations = schema.core.mutation_type
    assert mutations is not None
    waiting = [
        named_type(mutations.fields[name].args["input"]) for name in mutations.fields if mutations.fields[name].args
    ]
    members: set[str] = set()
    while waiting:
        type_ = waiting.pop()
        if isinstance(type_, GraphQLInputObjectType):
            members |= type_.fields.keys()
            waiting += [named_type(member) for member in type_.fields.values()]
    assert members == FIELD_LABELS.keys()


@pytest.mark.parametrize("language", list(Language))
def test_labels_of_members_begin_a_message(language: Language) -> None:
    for member in FIELD_LABELS:
        label = field_label(member, language)
        assert label[0].isupper() or label[0].isdigit(), label
        assert not label.endswith((".", ":", " ")), label


@pytest.mark.parametrize("language", list(Language))
def test_labels_are_short_and_tell_the_apps_apart(language: Language) -> None:
    labels = {app: app_label(app, language) for app in App}
    assert len(set(labels.values())) == len(App)
    assert max(len(label) for label in labels.values()) <= 40
    assert not [label for label in labels.values() if label.endswith(".")]


@pytest.mark.parametrize("language", list(Language))
def test_descriptions_are_one_sentence(language: Language) -> None:
    for app in App:
        sentence = app_description(app, language)
        assert sentence[0].isupper(), sentence
        assert sentence.endswith("."), sentence
        assert sentence.count(".") == 1, sentence


@pytest.mark.parametrize("language", list(Language))
def test_messages_are_short_sentences(language: Language) -> None:
    messages = [
        *(user_message(code, language, **VALUES) for code in UserErrorCode),
        *(error_message(code, language, **VALUES) for code in ErrorCode),
    ]
    for message in messages:
        assert message[0].isupper(), message
        assert message.endswith("."), message
        assert len(message) <= 120, message


def test_brand_names_are_the_same_in_every_language() -> None:
    for app, entry in CATALOGUE.items():
        if entry.kind is AppKind.CONNECTION and app not in WORDED:
            assert {app_label(app, language) for language in Language} == {entry.label}


def test_a_text_is_told_apart_by_its_context() -> None:
    assert [app_label(App.WORK_ORDERS, language) for language in Language] == [
        "Ordres de travail",
        "Werkbonnen",
        "Work orders",
        "Arbeitsaufträge",
    ]
    with pytest.raises(LookupError, match="no translation of 'Work orders'"):
        translate(Language.FR, "app-description", "Work orders")


def test_values_fill_the_placeholders_and_are_not_read_as_placeholders() -> None:
    message = user_message(UserErrorCode.PLAN_REQUIRED, "NL", app="{plan.__class__}", plan="Pro")
    assert message == "Voor de app {plan.__class__} is de formule Pro nodig."


def test_a_placeholder_without_a_value_is_refused() -> None:
    with pytest.raises(KeyError, match="role"):
        error_message(ErrorCode.ROLE_REQUIRED, Language.DE)


def test_a_role_is_named_in_the_readers_language() -> None:
    assert [role_label("OWNER", language) for language in Language] == ["propriétaire", "eigenaar", "owner", "Inhaber"]


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_text_without_translation_is_refused(language: str) -> None:
    with pytest.raises(LookupError, match="no translation of 'Not in any catalogue'"):
        translate(language.upper(), "app-label", "Not in any catalogue")


@pytest.mark.parametrize("language", ["fr", "IT", "", "../FR"])
def test_an_unknown_language_is_refused(language: str) -> None:
    with pytest.raises(ValueError, match="is not a valid Language"):
        translate(language, "app-label", "Customers")


def test_english_alone_does_not_load_babel() -> None:
    program = (
        "import sys; from schema.apps import App, app_label; app_label(App.TASKS, 'EN'); print('babel' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"
