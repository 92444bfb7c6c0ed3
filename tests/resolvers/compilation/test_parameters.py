"""parameters.py: what PostgreSQL could not take is refused, and an id that is none finds nothing."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from resolvers.compilation import parameters
from resolvers.compilation.parameters import criterion
from resolvers.compilation.texts import Sought, SoughtAny
from resolvers.global_ids import Key, prefix
from resolvers.request import RequestError
from resolvers.request_limits import LIST_ITEMS, LONGEST_CRITERION
from schema.apps import App
from schema.errors import ErrorCode

KEY = uuid.UUID("018b514d43a07000ac2b7ed4c4760a71")
ID = f"com_{KEY.hex}"


@pytest.mark.parametrize("value", ["a\0b", "\ud800", "\udfffx"])
@pytest.mark.parametrize("several", [False, True])
def test_a_text_that_is_no_text_is_refused(several: bool, value: str) -> None:
    with pytest.raises(RequestError) as refused:
        SoughtAny(None)(["fine", value]) if several else parameters.text(value)
    assert refused.value.entry.code is ErrorCode.BAD_USER_INPUT
    assert value not in refused.value.entry.message


@pytest.mark.parametrize("value", ["", "é", "\U0001f600", "\x01", "' or true --", None])
def test_any_other_text_goes_through(value: str | None) -> None:
    assert parameters.text(value) == value


def test_a_text_to_compare_with_is_bounded() -> None:
    assert criterion("é" * LONGEST_CRITERION) == "é" * LONGEST_CRITERION
    assert criterion(None) is None
    for read, value in ((criterion, "a" * 201), (Sought("iban"), "a" * 201), (SoughtAny(None), ["b", "a" * 201])):
        with pytest.raises(RequestError, match="more than 200 characters") as refused:
            read(value)
        assert refused.value.entry.code is ErrorCode.BAD_USER_INPUT


def test_a_global_id_is_a_prefix_and_a_key() -> None:
    assert (prefix(ID), Key()(ID)) == ("com", KEY.hex)


NO_IDS = (
    None,
    7,
    "",
    KEY.hex,
    f"com_{KEY}",
    ID.upper(),
    f"{ID}0",
    f" {ID}",
    f"{ID}\n",
    f"comp_{KEY.hex}",
    f"com_{'g' * 32}",
)


@pytest.mark.parametrize("value", NO_IDS)
def test_anything_else_finds_nothing(value: object) -> None:
    assert (prefix(value), Key()(value)) == (None, None)


def test_lists_keep_their_order_and_their_gaps() -> None:
    assert parameters.Keys()([ID, "nonsense", ID]) == [KEY.hex, None, KEY.hex]
    assert parameters.enum_names([App.STOCK, "INVOICES", None]) == ["STOCK", "INVOICES", None]
    assert parameters.Keys()(None) == []


@pytest.mark.parametrize("read", [parameters.Keys(), SoughtAny(None)])
def test_a_list_is_bounded(read: Callable[[Any], list[object]]) -> None:
    assert len(read(["a"] * LIST_ITEMS)) == LIST_ITEMS
    with pytest.raises(RequestError):
        read(["a"] * (LIST_ITEMS + 1))


def test_a_key_is_taken_only_from_ids_of_the_types_that_are_meant() -> None:
    assert parameters.Key(("com", "usr"))(ID) == KEY.hex
    assert parameters.Key(("usr",))(ID) is None
    assert parameters.Keys(("usr",))([ID, None]) == [None, None]
