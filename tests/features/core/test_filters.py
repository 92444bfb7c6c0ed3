"""Filters that are combined: what is listed, and what gates do inside of them."""

from typing import Any

import pytest

from tests.golden.record import read_answer
from tests.golden.world import LAMBERT, World


async def answered(world: World, login: str, selection: str) -> Any:
    """The whole answer about Chauffage Lambert."""
    async with world.signed_in(login) as token:
        return read_answer(await world.ask(f'{{ company(id: "{LAMBERT}") {{ {selection} }} }}', token=token))


async def counted(world: World, **filters: str) -> dict[str, int]:
    """The number of customers for each filter."""
    lists = " ".join(f"{name}: customers(filter: {filter_}) {{ totalCount }}" for name, filter_ in filters.items())
    answer = await answered(world, "lambert", f"all: customers {{ totalCount }} {lists}")
    assert "errors" not in answer
    return {name: found["totalCount"] for name, found in answer["data"]["company"].items()}


async def test_filters_combine_as_words_do(world: World) -> None:
    found = await counted(
        world,
        c='{name: {contains: "c"}}',
        e='{name: {contains: "e"}}',
        both='{name: {contains: "c"}, and: [{name: {contains: "e"}}]}',
        either='{or: [{name: {contains: "c"}}, {name: {contains: "e"}}]}',
        neither='{not: {or: [{name: {contains: "c"}}, {name: {contains: "e"}}]}}',
        nothing="{or: []}",
        everything="{and: []}",
        one="{or: [{}]}",
    )
    assert found["both"]
    assert found["either"] == found["c"] + found["e"] - found["both"]
    assert found["neither"] == found["all"] - found["either"]
    assert (found["nothing"], found["everything"], found["one"]) == (0, found["all"], found["all"])


@pytest.mark.parametrize(
    ("criterion", "value"),
    [("vatNumber", '"BE0000000000"'), ("vatNumber", "$"), ("discount", '"5.00"'), ("number", "$")],
)
async def test_not_equal_is_the_opposite_of_equal_and_absent_values_are_not_equal(
    world: World, criterion: str, value: str
) -> None:
    if value == "$":
        nodes = await answered(world, "lambert", f"customers(first: 100) {{ nodes {{ {criterion} }} }}")
        known = [node[criterion] for node in nodes["data"]["company"]["customers"]["nodes"] if node[criterion]]
        value = f'"{known[0]}"'
    found = await counted(
        world,
        equal=f"{{{criterion}: {{eq: {value}}}}}",
        other=f"{{{criterion}: {{ne: {value}}}}}",
        opposite=f"{{not: {{{criterion}: {{eq: {value}}}}}}}",
        absent=f"{{{criterion}: {{isNull: true}}}}",
        present=f"{{{criterion}: {{isNull: false}}}}",
    )
    assert found["other"] == found["opposite"] == found["all"] - found["equal"]
    assert found["absent"] + found["present"] == found["all"]


async def test_enums_and_booleans_are_asked_whether_they_are_there(world: World) -> None:
    lists = "first: invoices(filter: {peppolStatusIsNull: %s}, first: 100) { totalCount nodes { peppolStatus } }"
    for flag in ("true", "false"):
        answer = await answered(world, "lambert", lists % flag)
        found = answer["data"]["company"]["first"]
        assert found["totalCount"] > 0
        assert {node["peppolStatus"] is None for node in found["nodes"]} == {flag == "true"}


@pytest.mark.parametrize(
    "filter_",
    [
        "{peppolStatusIsNull: true}",
        '{or: [{number: {eq: "x"}}, {and: [{peppolStatusIsNull: true}]}]}',
        "{not: {peppolStatus: [DELIVERED]}}",
        "{not: {not: {or: {discount: {isNull: true}}}}}",
    ],
)
async def test_a_gate_inside_a_combination_refuses_the_list(world: World, filter_: str) -> None:
    """Noah holds DISCOUNTS but not PEPPOL."""
    async with world.signed_in("noah") as token:
        query = f'{{ company(id: "{LAMBERT}") {{ name invoices(filter: {filter_}) {{ totalCount }} }} }}'
        answer = read_answer(await world.ask(query, token=token))
    if "discount" in filter_:
        assert answer["data"]["company"]["invoices"]["totalCount"] > 0  # Noah holds DISCOUNTS
        return
    assert answer["data"]["company"]["invoices"] is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["APP_REQUIRED"]
    assert [error["extensions"]["app"] for error in answer["errors"]] == ["PEPPOL"]
