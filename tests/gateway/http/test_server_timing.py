"""The stages of a request in the header Server-Timing: for signed-in clients, where the operator wants it."""

import re
from collections.abc import AsyncGenerator

import pytest

from resolvers.stages import Stage, Stages
from tests.support.databases import Databases
from tests.support.demo_client import Demo, open_demo

QUERY = "{ viewer { account { email } } }"
RENAME = 'mutation { updateProfile(input: {firstName: "Eva"}) { errors { code } viewer { account { firstName } } } }'
METRIC = re.compile(r"(\w+);dur=\d+\.\d\d\Z")


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[Demo]:
    async with open_demo(databases, server_timing=True) as demo:
        yield demo


def stages(header: str) -> list[str]:
    found = [METRIC.match(metric) for metric in header.split(", ")]
    assert all(found), header
    return [match[1] for match in found if match]


async def test_a_signed_in_client_sees_the_stages_and_what_is_kept_is_skipped(demo: Demo) -> None:
    first, second = [(await demo.ask("eva", QUERY)).response.headers["server-timing"] for _ in range(2)]
    assert stages(first) == ["read", "parse", "validate", "compile", "execute", "render"]
    assert stages(second) == ["read", "compile", "execute", "render"]


async def test_a_write_has_stages_too(demo: Demo) -> None:
    answer = await demo.ask("eva", RENAME)
    assert answer.data["updateProfile"]["errors"] == []
    assert stages(answer.response.headers["server-timing"])[-3:] == ["compile", "execute", "render"]


async def test_a_stranger_sees_nothing_whatever_credential_he_makes_up(demo: Demo) -> None:
    catalogue = "{ apps(kind: BASE) { app } }"
    answers = [
        await demo.ask(None, catalogue),
        await demo.ask(None, QUERY, {"authorization": "Bearer enf_madeup"}),
        await demo.ask(None, "{ nonsense }", {"authorization": "Bearer enf_madeup"}),
        await demo.ask("eva", "{ nonsense }"),
    ]
    assert [answer.codes for answer in answers] == [
        [], ["UNAUTHENTICATED"], ["GRAPHQL_VALIDATION_FAILED"], ["GRAPHQL_VALIDATION_FAILED"],
    ]  # fmt: skip
    assert all("server-timing" not in answer.response.headers for answer in answers)


async def test_it_is_off_unless_the_operator_wants_it(databases: Databases) -> None:
    async with open_demo(databases) as demo:
        assert "server-timing" not in (await demo.ask("eva", QUERY)).response.headers


def test_a_stage_begins_where_the_one_before_ends() -> None:
    moments = iter([1.0, 1.5, 4.0, 4.25])
    stages = Stages(lambda: next(moments))
    for stage in (Stage.PARSE, Stage.EXECUTE, Stage.PARSE):
        stages.end(stage)
    assert stages.took == {Stage.PARSE: 0.75, Stage.EXECUTE: 2.5}
