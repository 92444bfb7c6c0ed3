"""request_limits.py: one table, in which everything grows with the setting that allows more."""

from dataclasses import asdict

import pytest

from gateway.settings import Settings
from resolvers.operation.limits import parse_document
from resolvers.request import RequestError
from resolvers.request_limits import TRUSTED, Limits

OWN = {"source", "depth", "aliases", "root_fields"}
"""What a setting of its own says."""

STAY = {"name", "introspection_depth"}


def limits(monkeypatch: pytest.MonkeyPatch, **values: int) -> Limits:
    for name, value in values.items():
        monkeypatch.setenv(f"ENFACT_{name.upper()}", str(value))
    return Settings().limits


def test_the_settings_start_from_the_table() -> None:
    assert Settings().limits == Limits()


def test_longer_documents_may_have_more_of_everything_that_has_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    found, before = asdict(limits(monkeypatch, max_document=2 * Limits().source)), asdict(Limits())
    grown = {name for name in before if found[name] == 2 * before[name]}
    assert grown == before.keys() - OWN - STAY | {"source"}
    assert {name for name in before if found[name] == before[name]} == OWN - {"source"} | STAY


def test_shorter_documents_may_have_as_much_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asdict(limits(monkeypatch, max_document=1_024)) == asdict(Limits()) | {"source": 1_024}


def test_each_setting_says_its_own_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    found = limits(monkeypatch, max_depth=7, max_aliases=8, max_root_fields=9)
    assert asdict(found) == asdict(Limits()) | {"depth": 7, "aliases": 8, "root_fields": 9}


def test_trusted_documents_may_have_more_of_everything_but_longer_names() -> None:
    found, before = asdict(Limits().times(TRUSTED)), asdict(Limits())
    assert found == {name: value if name == "name" else TRUSTED * value for name, value in before.items()}


def test_a_document_of_many_tokens_passes_where_long_ones_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = "A " * 900
    text = f"{{ apps(only: [{listed}], more: [{listed}], least: [{listed}]) }}"
    with pytest.raises(RequestError, match="2000 tokens"):
        parse_document(text, Settings().limits)
    parse_document(text, limits(monkeypatch, max_document=200_000))
