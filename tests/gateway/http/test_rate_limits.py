"""rate_limits.py: buckets by a clock of the test, and what clients over HTTP are told of them."""

import os
from collections.abc import Generator
from dataclasses import dataclass

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.rate_limits import Limit, Policy, Table, headers
from gateway.shared_page import new_page
from resolvers.addresses import network
from tests.gateway.conftest import MakeApp, SmallExecutor, client_of

QUERY = {"query": "{ name }"}
POLICY = Policy("address", rate=10, burst=5)


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def table() -> Generator[Table]:
    fd = new_page()
    yield Table(fd)
    os.close(fd)


def test_a_burst_passes_at_once_and_then_as_many_as_the_rate_says(table: Table) -> None:
    clock = Clock()
    limit = Limit(POLICY, table, clock)

    assert [limit.take(b"a").left for _ in range(5)] == [4, 3, 2, 1, 0]
    refused = limit.take(b"a")
    assert (refused.left, round(refused.wait, 6)) == (0, 0.1)

    clock.now += 0.2
    assert [limit.take(b"a").wait > 0 for _ in range(3)] == [False, False, True]


def test_a_refused_request_takes_nothing(table: Table) -> None:
    clock = Clock()
    limit = Limit(POLICY, table, clock)
    for _ in range(100):
        limit.take(b"a")

    clock.now += 0.1

    assert limit.take(b"a").wait == 0


def test_a_bucket_is_never_fuller_than_its_burst(table: Table) -> None:
    clock = Clock()
    limit = Limit(POLICY, table, clock)
    limit.take(b"a")
    clock.now += 3_600

    assert [limit.take(b"a").wait > 0 for _ in range(6)] == [False] * 5 + [True]


def test_names_and_policies_are_counted_apart(table: Table) -> None:
    clock = Clock()
    limit, other = Limit(POLICY, table, clock), Limit(Policy("key", 10, 5), table, clock)
    for _ in range(6):
        limit.take(b"a")

    assert limit.take(b"a").wait > 0
    assert limit.take(b"b").wait == 0
    assert other.take(b"a").wait == 0


def test_a_flood_of_names_leaves_no_room_for_anybody_to_be_forgotten(table: Table) -> None:
    clock = Clock()
    limit = Limit(POLICY, table, clock)
    for _ in range(5):
        limit.take(b"a")
    for n in range(20_000):
        limit.take(b"flood %d" % n)

    assert limit.take(b"a").wait > 0


def test_who_shares_one_place_with_others_is_not_held_back(table: Table) -> None:
    clock = Clock()
    limit = Limit(POLICY, table, clock)
    first, _ = table.buckets(b"addressa")
    table.fill_at((first, first), clock.now + 100)

    assert limit.take(b"a").wait == 0


def test_two_tables_over_one_descriptor_are_one_table() -> None:
    fd, clock = new_page(), Clock()
    one, other = Limit(POLICY, Table(fd), clock), Limit(POLICY, Table(fd), clock)

    waits = [limit.take(b"a").wait > 0 for limit in (one, other) * 3]

    os.close(fd)
    assert waits == [False] * 5 + [True]


@given(st.lists(st.floats(0, 0.5), max_size=60), st.integers(1, 8), st.floats(0.5, 50))
def test_no_series_of_requests_passes_more_than_burst_and_rate_allow(
    pauses: list[float], burst: int, rate: float
) -> None:
    fd, clock = new_page(), Clock()
    limit = Limit(Policy("address", rate, burst), Table(fd), clock)
    passed: list[float] = []
    for pause in pauses:
        clock.now += pause
        if limit.take(b"a").wait == 0:
            passed.append(clock.now)
    os.close(fd)

    for begin, since in enumerate(passed):
        for end in range(begin, len(passed)):
            assert end - begin + 1 <= burst + rate * (passed[end] - since) + 0.001


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("", "unix", False),
    ],
)
def test_what_counts_as_one_address(one: str, other: str, *, same: bool) -> None:
    assert (network(one) == network(other)) is same


def test_the_fields_name_quota_window_and_what_is_left(table: Table) -> None:
    limit = Limit(Policy("address", 100, 1_000), table, Clock())

    assert dict(headers([limit.take(b"a")])) == {
        b"ratelimit-policy": b'"address";q=1000;w=10',
        b"ratelimit": b'"address";r=999;t=1',
    }


def test_what_weighs_more_takes_more_and_never_more_than_there_is(table: Table) -> None:
    limit = Limit(POLICY, table, Clock())

    assert [limit.take(b"a", 3).left, limit.take(b"a", 3).wait > 0, limit.take(b"a", 2).left] == [2, True, 0]
    assert limit.take(b"b", 1_000).left == 0


# --- over HTTP


async def test_an_address_that_asks_too_much_gets_429_before_anything_is_read(
    make_app: MakeApp, executor: SmallExecutor
) -> None:
    async with client_of(make_app(rate=0.5, burst=2)) as client:
        passed = [await client.post("/graphql", json=QUERY) for _ in range(2)]
        refused = await client.post("/graphql", content=b"not even JSON", headers={"content-type": "application/json"})

    assert [answer.status_code for answer in passed] == [200, 200]
    assert [answer.headers["ratelimit"] for answer in passed] == ['"address";r=1;t=2', '"address";r=0;t=4']
    assert refused.status_code == 429
    assert refused.headers["ratelimit-policy"] == '"address";q=2;w=4'
    assert refused.headers["retry-after"] == "2"
    (error,) = refused.json()["errors"]
    assert error["extensions"] == {"code": "RATE_LIMITED", "requestId": refused.headers["x-request-id"]}
    assert error["message"] == "Trop de requêtes. Veuillez patienter un instant."
    assert len(executor.asked) == 2


async def test_another_address_is_not_held_back(make_app: MakeApp) -> None:
    app = make_app(rate=0.1, burst=1)
    async with client_of(app) as client:
        await client.post("/graphql", json=QUERY)
        assert (await client.post("/graphql", json=QUERY)).status_code == 429
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=("192.0.2.8", 1)), base_url="http://enfact"
    ) as other:
        assert (await other.post("/graphql", json=QUERY)).status_code == 200


async def test_an_api_key_has_a_limit_of_its_own_wherever_it_is_used(make_app: MakeApp) -> None:
    app = make_app(rate=100, key_rate=0.1, key_burst=1)
    key, session = {"authorization": "Bearer enk_abc"}, {"authorization": "Bearer enf_abc"}
    async with client_of(app) as client:
        first = await client.post("/graphql", json=QUERY, headers=key)
        second = await client.post("/graphql", json=QUERY, headers=key)
        others = [await client.post("/graphql", json=QUERY, headers=session) for _ in range(3)]

    assert (first.status_code, second.status_code) == (200, 429)
    assert first.headers["ratelimit-policy"] == '"address";q=1000;w=10, "key";q=1;w=10'
    assert second.headers["retry-after"] == "10"
    assert [answer.status_code for answer in others] == [200] * 3


async def test_without_limits_nothing_is_counted_and_nothing_said(make_app: MakeApp) -> None:
    async with client_of(make_app(rate=0, key_rate=0, burst=1)) as client:
        answers = [await client.post("/graphql", json=QUERY) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert not [name for answer in answers for name in answer.headers if name.startswith("ratelimit")]


async def test_by_default_a_thousand_requests_pass_at_once(make_app: MakeApp) -> None:
    async with client_of(make_app()) as client:
        statuses = [(await client.post("/graphql", json=QUERY)).status_code for _ in range(1_000)]

    assert set(statuses) == {200}


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/nothing", {}),
        ("DELETE", "/graphql", {}),
        ("OPTIONS", "/graphql", {"origin": "https://a.example", "access-control-request-method": "POST"}),
        ("POST", "/graphql", {"accept": "image/png"}),
        ("POST", "/graphql", {"hidden-fields": "what"}),
        ("POST", "/nothing/at/all", {}),
    ],
)
async def test_whatever_is_asked_is_counted(make_app: MakeApp, method: str, path: str, headers: dict[str, str]) -> None:
    async with client_of(make_app(rate=0.001, burst=11)) as client:
        answers = [await client.request(method, path, headers=headers) for _ in range(11)]
        assert 429 not in {answer.status_code for answer in answers}
        assert (await client.request(method, path, headers=headers)).status_code == 429
        assert (await client.post("/graphql", json=QUERY)).status_code == 429


async def test_what_is_refused_for_its_header_counts_too(make_app: MakeApp) -> None:
    async with client_of(make_app(rate=0.001, burst=11)) as client:
        twice = await client.post("/graphql", headers=[("authorization", "a"), ("authorization", "b")])
        schema = await client.post("/schema.graphql")
        assert [twice.status_code, schema.status_code] == [400, 405]
        assert (await client.post("/graphql", json=QUERY)).status_code == 429


async def test_probes_are_counted_apart_for_each_address(make_app: MakeApp) -> None:
    app = make_app(rate=0.001, burst=2)
    async with client_of(app) as client:
        asked = [(await client.post("/graphql", json=QUERY)).status_code for _ in range(3)]
        probes = [await client.get("/health/live"), await client.get("/health/ready"), await client.get("/health/live")]
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=("127.0.0.1", 1)), base_url="http://enfact"
    ) as prober:
        other = await prober.get("/health/ready")

    assert asked == [200, 200, 429]
    assert [answer.status_code for answer in probes] == [200, 200, 429]
    assert probes[2].headers["retry-after"] == "1000"
    assert probes[2].json() == {"message": "Too many requests; please wait a moment."}
    assert other.status_code == 200
