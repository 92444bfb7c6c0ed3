"""cors.py: pages of the origins that are set may read answers, others may not; nothing changes without one."""

import io
import json
from collections.abc import AsyncGenerator

import httpx
import pytest

from db.errors import DatabaseUnavailable
from tests.gateway.conftest import MakeApp, SmallExecutor, client_of

APP = "https://app.example.be"
EVIL = "https://evil.example"
BODY = {"query": "{ name }"}
ASKS = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}


@pytest.fixture
async def client(make_app: MakeApp) -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of(make_app(allowed_origins=APP)) as client:
        yield client


@pytest.fixture
async def open_client(make_app: MakeApp) -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of(make_app(allowed_origins=APP, any_origin=True)) as client:
        yield client


def access(response: httpx.Response) -> dict[str, str]:
    """What an answer says of other origins."""
    return {name: value for name, value in response.headers.items() if name.startswith("access-control-")}


def words(text: str) -> set[str]:
    return {word.strip().lower() for word in text.split(",")}


async def test_a_page_of_an_origin_that_is_set_may_read_the_answer(client: httpx.AsyncClient) -> None:
    response = await client.post("/graphql", json=BODY, headers={"origin": APP})
    allowed = access(response)
    shown = words(allowed.pop("access-control-expose-headers"))
    assert allowed == {"access-control-allow-origin": APP, "access-control-allow-credentials": "true"}
    assert {"x-request-id", "retry-after", "ratelimit", "ratelimit-policy"} <= shown
    assert response.json() == {"data": {"name": "Lambert"}}


@pytest.mark.parametrize(
    "origin", [EVIL, "null", "", "https://app.example.be:8443", "http://app.example.be", f"{APP}.evil.example", "*"]
)
async def test_a_page_of_another_origin_may_not(client: httpx.AsyncClient, log_lines: io.StringIO, origin: str) -> None:
    for response in (
        await client.post("/graphql", json=BODY, headers={"origin": origin}),
        await client.options("/graphql", headers={"origin": origin, **ASKS}),
    ):
        assert access(response) == {}
    assert response.status_code == 403
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "CSRF_REFUSED"
    assert "ENFACT_ALLOWED_ORIGINS" in error["message"]
    (line,) = [json.loads(line) for line in log_lines.getvalue().splitlines() if "preflight" in line]
    assert (line["set"], line["level"], line["origin"]) == ("ENFACT_ALLOWED_ORIGINS", "warning", origin)


async def test_without_an_origin_nothing_changes(client: httpx.AsyncClient, open_client: httpx.AsyncClient) -> None:
    for one in (client, open_client):
        response = await one.post("/graphql", json=BODY)
        assert access(response) == {}
        assert "origin" in words(response.headers["vary"])


async def test_a_preflight_is_answered_without_a_body(client: httpx.AsyncClient, executor: SmallExecutor) -> None:
    response = await client.options("/graphql", headers={"origin": APP, **ASKS})
    assert (response.status_code, response.content) == (204, b"")
    assert not {"content-type", "content-length"} & response.headers.keys()
    allowed = access(response)
    assert words(allowed["access-control-allow-methods"]) == {"get", "post"}
    names = words(allowed["access-control-allow-headers"])
    assert {"authorization", "content-type", "hidden-fields", "x-enfact-request", "accept-language"} <= names
    assert int(allowed["access-control-max-age"]) > 0
    assert (allowed["access-control-allow-origin"], allowed["access-control-allow-credentials"]) == (APP, "true")
    assert "origin" in words(response.headers["vary"])
    assert not executor.asked


@pytest.mark.parametrize("headers", [{}, {"origin": APP}, ASKS])
async def test_what_is_no_preflight_is_405(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    response = await client.options("/graphql", headers=headers)
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")
    assert response.json()["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"


SENTRY = "sentry-trace, baggage"
APOLLO = "apollographql-client-name,apollographql-client-version,apollo-require-preflight,x-apollo-operation-name"


@pytest.mark.parametrize("names", ["", "authorization", SENTRY, APOLLO, "Content-Type, X-Request-Id", "range,accept"])
async def test_the_headers_of_common_clients_are_permitted(client: httpx.AsyncClient, names: str) -> None:
    headers = {"origin": APP, **ASKS, "access-control-request-headers": names}
    response = await client.options("/graphql", headers=headers)
    assert response.status_code == 204
    assert words(names) - {"", "range", "accept"} <= words(access(response)["access-control-allow-headers"])


async def test_a_header_that_is_not_permitted_is_told_with_its_setting(
    client: httpx.AsyncClient, log_lines: io.StringIO, make_app: MakeApp
) -> None:
    headers = {"origin": APP, **ASKS, "access-control-request-headers": "authorization, X-Tenant,x-other\u001b"}
    response = await client.options("/graphql", headers=headers)
    assert (response.status_code, access(response)["access-control-allow-origin"]) == (403, APP)
    assert "ENFACT_ALLOWED_HEADERS" in response.json()["errors"][0]["message"]
    (line,) = [json.loads(line) for line in log_lines.getvalue().splitlines() if "preflight" in line]
    assert (line["set"], line["origin"], line["headers"]) == ("ENFACT_ALLOWED_HEADERS", APP, "x-tenant, x-other")
    async with client_of(make_app(allowed_origins=APP, allowed_headers="X-Tenant, x-other\n")) as permitted:
        headers["access-control-request-headers"] = "authorization, X-Tenant,x-other"
        assert (await permitted.options("/graphql", headers=headers)).status_code == 204


@pytest.mark.parametrize("names", ["x y:z", "x:", "ü", "x" * 101])
def test_a_setting_that_is_no_header_is_refused(make_app: MakeApp, names: str) -> None:
    with pytest.raises(ValueError, match="names of headers"):
        make_app(allowed_headers=names)


async def test_a_page_may_read_why_it_was_refused(client: httpx.AsyncClient, executor: SmallExecutor) -> None:
    headers = {"origin": APP}
    executor.error = DatabaseUnavailable()
    refusals = [
        (await client.post("/graphql", json=BODY, headers=headers), 503),
        (await client.post("/graphql", content=b"{", headers=headers | {"content-type": "application/json"}), 400),
        (await client.post("/graphql", content=b"{}", headers=headers), 415),
        (await client.put("/graphql", headers=headers), 405),
        (await client.post("/graphql", json=BODY, headers=headers | {"accept": "image/png"}), 406),
        (await client.post("/graphql", json=BODY, headers=headers | {"authorization": "Basic x"}), 401),
    ]
    for response, status in refusals:
        assert (response.status_code, response.headers["access-control-allow-origin"]) == (status, APP)


async def test_any_origin_may_use_a_token_and_no_cookie(
    open_client: httpx.AsyncClient, executor: SmallExecutor
) -> None:
    headers = {"origin": EVIL, "authorization": "Bearer enf_a"}
    for response in (
        await open_client.post("/graphql", json=BODY, headers=headers),
        await open_client.options("/graphql", headers={"origin": EVIL, **ASKS}),
    ):
        allowed = access(response)
        assert allowed["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in allowed
    assert [request.token for request in executor.asked] == ["enf_a"]
    by_cookie = await open_client.post(
        "/graphql", json=BODY, headers={"origin": EVIL, "cookie": "enfact_session=enf_a"}
    )
    assert by_cookie.status_code == 403
    assert len(executor.asked) == 1


async def test_an_origin_that_is_set_keeps_its_cookie_beside_all_others(open_client: httpx.AsyncClient) -> None:
    response = await open_client.post("/graphql", json=BODY, headers={"origin": APP, "cookie": "enfact_session=enf_a"})
    assert response.status_code == 200
    assert access(response)["access-control-allow-origin"] == APP
    assert access(response)["access-control-allow-credentials"] == "true"
