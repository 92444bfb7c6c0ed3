"""The texts of the console: the same keys and values in four languages, each used, none missing."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Final

import pytest
from graphql import FieldNode, OperationDefinitionNode, parse

from gateway.operation_files import operations_of
from gateway.pages.files import FOLDER
from gateway.pages.reference import KINDS
from schema.apps import App
from schema.mutations.previews import AccessExtent
from schema.roles import Role
from schema.types.core.access import AccessChangeKind, AccountKind, CellReason, InvitationState
from schema.types.figures.explanations import HiddenReason

TEXTS = FOLDER / "texts"
LANGUAGES = ("fr", "nl", "en", "de")
SETS = ("door", "pages", "explorer", "reference")
ENTRY = re.compile(r'^  ("[^"]+"): (".*"),$', re.MULTILINE)
VALUE = re.compile(r"\{(\w+)\}")
CALL = re.compile(r'\bt\((?:[^"`()]*\? )?"([\w.-]+)"(?: : "([\w.-]+)")?')
MADE = re.compile(r"`([\w.-]+\.)\$\{")
WORD = re.compile(r"[\w-]+")

NO_TEXT: Final = "enfact.draft."
"""What a page makes a name of that is no key."""

UNSAID: Final = {"id", "nodes", "totalCount", "user", "firstName"}
"""Selections that pages do not name: what holds others, and what everybody sees."""


def texts(which: str, language: str) -> dict[str, str]:
    """The texts of a file by their keys, in its order."""
    written = (TEXTS / f"{which}.{language}.js").read_text(encoding="utf-8")
    entries = ENTRY.findall(written)
    assert len(entries) == len(written.splitlines()) - 2, "a line is no text"
    assert Counter(key for key, _ in entries).most_common(1)[0][1] == 1, "a key is there twice"
    return {json.loads(key): json.loads(text) for key, text in entries}


def script(path: str) -> str:
    return (FOLDER / path).read_text(encoding="utf-8")


def scripts() -> str:
    paths = [path for path in FOLDER.rglob("*.js") if path.parent.name not in ("texts", "vendor")]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


@pytest.mark.parametrize("which", SETS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys_and_values(which: str, language: str) -> None:
    french, here = texts(which, "fr"), texts(which, language)
    assert list(here) == sorted(french)
    for key, text in here.items():
        assert text.strip(), key
        forms, own = french[key].split("|"), text.split("|")
        assert len(own) == len(forms), key
        assert [sorted(set(VALUE.findall(form))) for form in own] == [
            sorted(set(VALUE.findall(form))) for form in forms
        ], key


def every_key() -> list[str]:
    return [key for which in SETS for key in texts(which, "fr")]


def test_no_key_is_in_two_sets() -> None:
    assert len(set(every_key())) == len(every_key())


# --- keys that pages make -------------------------------------------------------------------------------------------


def array(path: str, name: str) -> set[str]:
    """The words of a constant array of a script."""
    found = re.search(rf"const {name} = \[(.*?)\];", script(path), re.DOTALL)
    assert found is not None, name
    return set(WORD.findall(found[1]))


def names(enum: type[Enum]) -> set[str]:
    return {member.name for member in enum}


def fields_of(node: FieldNode | OperationDefinitionNode) -> list[FieldNode]:
    return [one for one in node.selection_set.selections if isinstance(one, FieldNode)] if node.selection_set else []


def below(node: FieldNode | OperationDefinitionNode) -> Iterator[str]:
    """The names of everything that is selected below a node."""
    for one in fields_of(node):
        yield one.name.value
        yield from below(one)


def operation(text: str) -> OperationDefinitionNode:
    found = parse(text).definitions[0]
    assert isinstance(found, OperationDefinitionNode)
    return found


def lists() -> tuple[set[str], set[str]]:
    """The lists that the pages show and explain, and the columns in them."""
    desk = operation(operations_of(script("operations.graphql"))["Desk"])
    examples = re.findall(r'^  \["(\w+)", "(\{ .+ \})"\],$', script("pages/why.js"), re.MULTILINE)
    assert examples
    roots = [fields_of(desk)[0], *(operation(part) for _, part in examples)]
    found = {one.name.value for root in roots for one in fields_of(root)} - UNSAID
    assert {name for name, _ in examples} <= found
    return found, {name for root in roots for name in below(root)} - found - UNSAID


def made() -> Mapping[str, set[str]]:
    """By the part of a key that is written in a script, what may stand behind it."""
    desk, field = lists()
    return {
        "apps.": {"active", "asleep", "inactive"},
        "attention.": {"asleep", "trial", "until"},
        "category.": {app.declared.category for app in App},
        "desk.": desk,
        "developers.": {"explorer", "reference"},
        "did.": names(AccessChangeKind) - {"TOGGLE"} | {"ON", "OFF"},
        "explorer.example.": set(re.findall(r"^  (\w+): \{$", script("explorer/examples.js"), re.MULTILINE)),
        "explorer.mode.": array("explorer/explorer.js", "MODES"),
        "explorer.role.": names(Role),
        "extent.": names(AccessExtent),
        "field.": field,
        "fixed.": names(CellReason) - {"TOGGLE"} | {"DIFFERS", "PAST"},
        "kind.": names(AccessChangeKind),
        "reason.": names(HiddenReason),
        "reference.kind.": set(KINDS.values()),
        "review.": {"lost", "gained"},
        "role.": names(Role) | names(AccountKind) - {"MEMBER"},
        "state.": names(InvitationState) | {"ACTIVE"},
    }


def titles() -> set[str]:
    """The keys of titles that pages make: those of the menu's entries and of letters."""
    entries = set(re.findall(r'menu: "(\w+)"', script("core.js")))
    letters = array("console.js", "LETTERS") | {"forgotten"}
    return {f"{name}.title" for name in entries | letters}


def test_what_pages_make_names_of_is_known() -> None:
    code = scripts()
    assert set(MADE.findall(code)) == made().keys() | {NO_TEXT}
    assert set(re.findall(r"\bt\(`\$\{(\w+)\}[^`]*`", code)) == {"page", "letter", "start"}
    assert '["field", "desk"].map((start) =>' in code


def test_what_pages_name_exists_and_what_exists_is_named() -> None:
    known = set(every_key())
    code = scripts()
    named = {key for found in CALL.findall(code) for key in found if key}
    named |= {key for key in known if f'"{key}"' in code}
    named |= {start + end for start, ends in made().items() for end in ends} | titles()
    assert named - known == set(), "these have no text"
    assert known - named == set(), "no page names these"


def test_the_history_can_be_filtered_by_every_kind() -> None:
    assert array("pages/history.js", "KINDS") == names(AccessChangeKind)
