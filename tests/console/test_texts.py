"""The texts of the console: the same keys and values in four languages, each used, none missing."""

import json
import re
from collections import Counter

import pytest

from gateway.pages.files import FOLDER
from schema.apps import App
from schema.roles import Role
from schema.types.core.access import AccessChangeKind, CellReason, InvitationState
from schema.types.figures.explanations import HiddenReason

TEXTS = FOLDER / "texts"
LANGUAGES = ("fr", "nl", "en", "de")
SETS = ("door", "pages", "explorer", "reference")
ENTRY = re.compile(r'^  ("[^"]+"): (".*"),$', re.MULTILINE)
VALUE = re.compile(r"\{(\w+)\}")
CALL = re.compile(r'\bt\((?:[^"`()]*\? )?"([\w.-]+)"(?: : "([\w.-]+)")?')
MADE = re.compile(r"`([\w.-]+\.)\$\{")


def texts(which: str, language: str) -> dict[str, str]:
    """The texts of a file by their keys, in its order."""
    written = (TEXTS / f"{which}.{language}.js").read_text(encoding="utf-8")
    entries = ENTRY.findall(written)
    assert len(entries) == len(written.splitlines()) - 2, "a line is no text"
    assert Counter(key for key, _ in entries).most_common(1)[0][1] == 1, "a key is there twice"
    return {json.loads(key): json.loads(text) for key, text in entries}


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


def test_what_pages_name_exists_and_what_exists_is_named() -> None:
    known = set(every_key())
    code = scripts()
    named = {key for found in CALL.findall(code) for key in found if key}
    assert named - known == set()
    made = tuple(MADE.findall(code))
    unused = {key for key in known - named if not key.startswith(tuple(start for start in made if start))}
    assert {key for key in unused if f'"{key}"' not in code and not key.endswith(".title")} == set()


def test_what_the_api_may_answer_has_a_name() -> None:
    known = set(texts("pages", "fr"))
    assert {f"category.{app.declared.category}" for app in App} <= known
    enums = {
        "kind": AccessChangeKind,
        "fixed": CellReason,
        "reason": HiddenReason,
        "role": Role,
        "state": InvitationState,
    }
    for start, enum in enums.items():
        named = {f"{start}.{value.name}" for value in enum} - {"fixed.TOGGLE"}
        assert named <= known, named - known
    kinds = re.search(
        r"const KINDS = \[(.*?)\]", (FOLDER / "pages" / "history.js").read_text(encoding="utf-8"), re.DOTALL
    )
    assert kinds is not None
    assert set(re.findall(r"\w+", kinds[1])) == {kind.name for kind in AccessChangeKind}
