"""A common form for the answers of all contenders, so that equivalent answers are equal.

Global ids and uuids become 32 hexadecimal digits, decimals lose trailing zeros, moments become UTC. The shape that
PostGraphile derives from the tables becomes that of the gateway's schema. Nothing is left out.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, cast

import orjson

GLOBAL_ID: Final = re.compile(r"[a-z]{3}_([0-9a-f]{32})")
UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KEY: Final = re.compile(r"[0-9a-f]{32}")
DECIMAL: Final = re.compile(r"-?\d+\.\d+")
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d.*")


class Differs(RuntimeError):
    """The answers of two contenders differ."""


def normalised(body: bytes, reshape: Callable[[Any], Any] | None = None) -> Any:
    """The data of an answer, with or without GraphQL's envelope. Raises Differs for an answer with errors."""
    answer: dict[str, Any] = orjson.loads(body)
    if "errors" in answer:
        raise Differs(f"an answer with errors: {str(answer['errors'])[:600]}")
    data: Any = answer.get("data", answer)
    return _plain(reshape(data) if reshape is not None else data)


def difference(wanted: Any, got: Any, place: str = "") -> str | None:
    """The first difference of two normalised answers, in words; None when they are equal."""
    parts: Iterator[str | None] = iter(())
    if isinstance(wanted, dict) and isinstance(got, dict):
        one, other = cast("dict[str, Any]", wanted), cast("dict[str, Any]", got)
        for key in one.keys() ^ other.keys():
            return f"{place}.{key} is only in one of them"
        parts = (difference(one[key], other[key], f"{place}.{key}") for key in one)
    elif isinstance(wanted, list) and isinstance(got, list):
        first, second = cast("list[Any]", wanted), cast("list[Any]", got)
        if len(first) != len(second):
            return f"{place} has {len(second)} items instead of {len(first)}"
        parts = (difference(*pair, f"{place}[{n}]") for n, pair in enumerate(zip(first, second, strict=True)))
    elif wanted != got:
        return f"{place} is {got!r} instead of {wanted!r}"
    return next((part for part in parts if part is not None), None)


def without_own(value: Any, own: Mapping[str, str]) -> Any:
    """A normalised answer to a write, for each contender writes to rows of its own: `own` says which texts they have.

    Any other key is a new one.
    """
    if isinstance(value, dict):
        return {name: without_own(member, own) for name, member in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [without_own(item, own) for item in cast("list[Any]", value)]
    if isinstance(value, str):
        return own.get(value, "a new key" if KEY.fullmatch(value) else value)
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_plain(item) for item in cast("list[Any]", value)]
    return _text(value) if isinstance(value, str) else value


def _text(value: str) -> str:
    if found := GLOBAL_ID.fullmatch(value):
        return found[1]
    if UUID.fullmatch(value):
        return value.replace("-", "")
    if DECIMAL.fullmatch(value):
        return format(Decimal(value).normalize(), "f")
    if MOMENT.fullmatch(value):
        return datetime.fromisoformat(value).astimezone(UTC).isoformat()
    return value


def _viewer(data: Any) -> Any:
    return {"viewer": {"account": data["account"]}, "company": data["company"]}


def _matrix(data: Any) -> Any:
    rows = [
        {"user": {key: row[key] for key in ("id", "firstName", "lastName")}, "cells": row["cells"]}
        for row in data["company"]["rows"]
    ]
    return {"company": {"permissionMatrix": {"version": data["company"]["version"], "rows": rows}}}


def _accountant(data: Any) -> Any:
    return {"viewer": {"companies": {"nodes": [row["company"] for row in data["companies"]]}}}


def _customer(data: Any) -> Any:
    payloads = cast("dict[str, dict[str, Any]]", data)
    nothing: list[Any] = []
    return {name: {**payload, "errors": nothing} for name, payload in payloads.items()}


def _toggle(data: Any) -> Any:
    return {"setAppAccess": {"permissionMatrix": data["setAppAccess"], "errors": []}}


FROM_POSTGRAPHILE: Final[Mapping[str, Callable[[Any], Any]]] = {
    "viewer": _viewer,
    "matrix": _matrix,
    "accountant": _accountant,
    "create_customer": _customer,
    "update_customer": _customer,
    "write": _toggle,
}
"""Conversions from PostGraphile's shape to the gateway's, by operation, where they differ."""
