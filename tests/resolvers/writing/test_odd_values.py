"""What is written by declaration takes any value of the wire: it is answered, and never with a failure."""

import itertools
from typing import Any, Final

import orjson
import pytest
from graphql import GraphQLInputObjectType

from resolvers.gates.coordinates import named_type
from resolvers.writing.declaration import EntityWrite
from schema import schema
from tests.resolvers.writing.desk import CONTROLS, DECLARED, Desk, document, least
from tests.resolvers.writing.test_every_write import named, target

TEXTS: Final = (
    "\x00", "a\x00b", "\ud800", "\udc00\ud800", "\x1c\x1d", "\u202e", "\uffff", "\U0010ffff", "e\u0301" * 300,
    "x" * 100_000,
    "\u0661\u0662\u0663", "\u00b2\u00b3", "BE\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u0660",
    "{}", "null", "'; --", "\\", "%s", "{0}",
    "\u017f\u0130\u00df", "-", "0", "C0", "C999999999", "C1000000000",
)  # fmt: skip
NUMBERS: Final[tuple[Any, ...]] = (
    "NaN", "Infinity", "-Infinity", "-0", "1e3", "0." + "0" * 6, "999999999999.999999", "-999999999999", ".5", "5.",
    "5.000000", 2**31 - 1, -(2**31), 2**31, 2**63, 10**30, 1.5, True, "12", [], [[]],
)  # fmt: skip
TIMES: Final = (
    "0001-01-01", "9999-12-31", "0000-01-01", "2026-02-30", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "2026-01-01T00:00:00.999999999Z", "2026-06-30T23:59:60Z",
)  # fmt: skip
IDS: Final = (
    "",
    "key:",
    "key:a",
    "key:\ud800",
    "cus_",
    f"cus_{'F' * 32}",
    f"pti_{'0' * 31}\n",
    f"cus_{'f' * 32}",
    "cus_\x00",
)
OTHERS: Final[tuple[Any, ...]] = (
    None,
    {},
    {"id": None},
    [None],
    [{}],
    [{"id": "\ud800"}, {"id": "\ud800"}],
    [{"id": None}] * 101,
)
ODD: Final[tuple[Any, ...]] = (*TEXTS, *NUMBERS, *TIMES, *IDS, *OTHERS)


def members(write: EntityWrite) -> list[str]:
    """Every member of an input."""
    mutation = schema.core.mutation_type
    assert mutation is not None
    taken = named_type(mutation.fields[write.operation].args["input"])
    assert isinstance(taken, GraphQLInputObjectType)
    if not write.listed:
        return list(taken.fields)
    item = named_type(taken.fields["items"])
    assert isinstance(item, GraphQLInputObjectType)
    return [*CONTROLS, "items", *item.fields]


@pytest.mark.sampled(6)
@pytest.mark.parametrize("write", DECLARED.values(), ids=named)
async def test_no_value_makes_a_write_fail(desk: Desk, write: EntityWrite) -> None:
    base: dict[str, Any] = {**least(write), **await target(desk, write)}
    query, failed = document(write, "errors { code message field reason }"), list[str]()
    for member, (n, value) in itertools.product(members(write), enumerate(ODD)):
        given: dict[str, Any] = {**base, "idempotencyKey": f"{member}{n}", member: value}
        own = {"items": given.pop("items")} if "items" in given else {}
        result = await desk.send(desk.firm["owner"], query, input={**desk.input(write, given), **own})
        answered = result.data is None or orjson.loads(result.data)[write.operation] is not None
        if not answered or {error.code.value for error in result.errors} - {"BAD_USER_INPUT"}:
            failed.append(f"{member} {value!a}"[:100])
    assert failed == []
