"""compression.py: gzip for whom it is asked for and pays, never where a size could tell a secret."""

import gzip

import httpx
import pytest

from gateway.http.compression import ASIDE, accepts_gzip
from resolvers.request import Result
from tests.gateway.conftest import MakeApp, SmallExecutor, client_of

LARGE = b'{"name":"' + b"Chauffage Lambert " * 500 + b'"}'
HUGE = b'{"name":"' + b"Chauffage Lambert " * 60_000 + b'"}'
GZIP = {"accept-encoding": "gzip, deflate, br"}
COOKIE = {"cookie": "enfact_session=enf_a", "origin": "http://enfact"}


async def raw(client: httpx.AsyncClient, headers: dict[str, str]) -> tuple[httpx.Headers, bytes]:
    """The header and the bytes as they came."""
    async with client.stream("POST", "/graphql", json={"query": "{ name }"}, headers=headers) as response:
        return response.headers, b"".join([part async for part in response.aiter_raw()])


@pytest.mark.parametrize(
    ("accept_encoding", "asked"),
    [
        (None, False), ("", False), ("gzip", True), ("GZIP", True), ("x-gzip", True), ("*", True), ("br", False),
        ("gzip, deflate, br, zstd", True), ("gzip;q=0", False), ("gzip;q=0.5", True), ("gzip;q=0.5, identity", False),
        ("identity", False), ("identity;q=0.5, gzip", True), ("*;q=0, gzip", True), ("*, gzip;q=0", False),
        ("gzip;q=nonsense", False), ("gzip;q=0.000", False), ("identity;q=0", False), ("\xff", False),
        ("gzipped", False), ("deflate;q=1, *;q=0.1", True), (", ,", False),
    ],
)  # fmt: skip
def test_gzip_is_asked_for_by_weight(accept_encoding: str | None, asked: bool) -> None:
    assert accepts_gzip(None if accept_encoding is None else accept_encoding.encode("latin-1")) is asked


@pytest.mark.parametrize("data", [LARGE, HUGE], ids=["large", "huge"])
async def test_a_large_answer_is_compressed_for_whom_asks(
    client: httpx.AsyncClient, executor: SmallExecutor, data: bytes
) -> None:
    assert (len(data) > ASIDE) is (data is HUGE)
    executor.result = Result.of(data)
    headers, body = await raw(client, GZIP)
    assert headers["content-encoding"] == "gzip"
    assert int(headers["content-length"]) == len(body) < len(data) / 10
    assert gzip.decompress(body) == b'{"data":' + data + b"}"
    assert "accept-encoding" in headers["vary"].split(", ")


async def test_nobody_else_gets_it(client: httpx.AsyncClient, executor: SmallExecutor) -> None:
    executor.result = Result.of(LARGE)
    for asked in ({}, {"accept-encoding": "identity"}, {"accept-encoding": "br"}, {"accept-encoding": "gzip;q=0"}):
        headers, body = await raw(client, asked)
        assert "content-encoding" not in headers
        assert "accept-encoding" in headers["vary"].split(", ")
        assert body == b'{"data":' + LARGE + b"}"


async def test_a_small_answer_stays_as_it_is(client: httpx.AsyncClient) -> None:
    headers, body = await raw(client, GZIP)
    assert ("content-encoding" in headers, body) == (False, b'{"data":{"name":"Lambert"}}')


@pytest.mark.parametrize(("smallest", "compressed"), [(0, False), (10, True)])
async def test_from_which_size_is_a_setting(make_app: MakeApp, smallest: int, compressed: bool) -> None:
    async with client_of(make_app(compress_from=smallest)) as client:
        headers, _ = await raw(client, GZIP)
    assert ("content-encoding" in headers) is compressed


async def test_an_answer_that_may_hold_a_token_is_not_compressed(
    client: httpx.AsyncClient, executor: SmallExecutor
) -> None:
    executor.result = Result.of(LARGE)._replace(written=True)
    headers, body = await raw(client, GZIP)
    assert ("content-encoding" in headers, body) == (False, b'{"data":' + LARGE + b"}")


@pytest.mark.parametrize(
    ("site", "compressed"), [("same-origin", True), (None, False), ("same-site", False), ("cross-site", False)]
)
async def test_by_cookie_only_a_page_of_our_own_gets_it(
    make_app: MakeApp, executor: SmallExecutor, site: str | None, compressed: bool
) -> None:
    executor.result = Result.of(LARGE)
    sent = COOKIE | ({} if site is None else {"sec-fetch-site": site})
    if site in ("same-site", "cross-site"):
        sent["origin"] = "https://admin.example.be"
    async with client_of(make_app(allowed_origins="https://admin.example.be", public_url="http://localhost")) as client:
        sent["origin"] = sent["origin"].replace("http://enfact", "http://localhost")
        headers, body = await raw(client, GZIP | sent)
    assert b'"CSRF_REFUSED"' not in body
    assert ("content-encoding" in headers) is compressed
