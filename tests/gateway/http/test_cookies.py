"""cookies.py: which cookie there is, which requests it answers, and what becomes of it."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from gateway.http.cookies import LONGEST, UNUSABLE, Cookies, is_loopback
from gateway.settings import Settings
from resolvers.request import ErrorEntry, RequestError, Result, SessionCookie
from schema.errors import COOKIE_LOST, NO_COOKIE_HERE, ErrorCode
from tests.gateway.conftest import MakeApp, SmallExecutor, client_of
from tests.support.databases import Databases
from tests.support.demo_client import PASSWORD, Demo, open_client, open_demo

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
QUERY = {"query": "{ name }"}
OWN = "http://enfact"
MINE = "enfact_session=enf_abc-DEF_1"
OURS = {"cookie": MINE, "origin": OWN}
"""What a browser sends from a page of ours."""

LOGIN = """
mutation ($email: String!, $password: String!) {
  login(input: {email: $email, password: $password, session: COOKIE}) {
    token expiresAt viewer { account { email } } errors { code message }
  }
}
"""
WHO = "{ viewer { account { email } } }"


async def post(
    client: httpx.AsyncClient, headers: dict[str, str] | list[tuple[str, str]], **body: object
) -> httpx.Response:
    return await client.post("/graphql", json=body or QUERY, headers=headers)


def checked(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """A refusal of the whole request."""
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (status, code)
    assert "data" not in response.json()
    return response.json()["errors"][0]


def parts(set_cookie: str) -> tuple[str, set[str]]:
    """A cookie and its attributes."""
    cookie, *attributes = set_cookie.split("; ")
    return cookie, set(attributes)


# Which cookie there is


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "enfact_session"),
        ({"host": "::1"}, "enfact_session"),
        ({"host": "localhost"}, "enfact_session"),
        ({"public_url": "http://127.0.0.1:3000"}, "enfact_session"),
        ({"host": "0.0.0.0", "public_url": "http://localhost:8000"}, "enfact_session"),
        ({"public_url": "https://app.example.be"}, "__Host-enfact"),
        ({"host": "0.0.0.0"}, None),
        ({"host": "192.0.2.1"}, None),
        ({"public_url": "http://app.example.be"}, None),
    ],
)
async def test_the_cookie_is_for_https_or_for_a_loopback_address(
    make_app: MakeApp, executor: SmallExecutor, settings: dict[str, str], name: str | None
) -> None:
    executor.result = Result.of(b"{}", cookie=SessionCookie("enf_x", datetime.now(UTC) + timedelta(days=14)))
    async with client_of(make_app(**settings)) as client:
        response = await post(client, {})
        assert response.status_code == 200
        if name is None:
            assert "set-cookie" not in response.headers
            both = {"cookie": "enfact_session=a; __Host-enfact=b"}
            assert (await post(client, both)).status_code == 200
            assert (executor.asked[-1].token, executor.asked[-1].by_cookie) == (None, False)
            return
    cookie, attributes = parts(response.headers["set-cookie"])
    assert cookie == f"{name}=enf_x"
    age = next(attribute for attribute in attributes if attribute.startswith("Max-Age="))
    assert 14 * 86_400 - 60 <= int(age.removeprefix("Max-Age=")) <= 14 * 86_400
    secure = {"Secure"} if name.startswith("__Host-") else set[str]()
    assert attributes - {age} == {"Path=/", "HttpOnly", "SameSite=Lax"} | secure


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True), ("app.localhost", True), ("127.8.0.1", True), ("::1", True),
        ("localhost.example.be", False), ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("", False),
    ],
)  # fmt: skip
def test_loopback_is_what_no_other_machine_reaches(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


# Reading it


@pytest.mark.parametrize(
    ("header", "token"),
    [
        (b"enfact_session=enf_a", "enf_a"),
        (b"a=1; enfact_session=enf_a; b=2", "enf_a"),
        (b"a=1;enfact_session=enf_a;", "enf_a"),
        (b"other=enfact_session=enf_a", None),
        (b"xenfact_session=enf_a; enfact_sessionx=enf_b; Enfact_Session=enf_c", None),
        (b"enfact_session", None),
        (b"\xa0enfact_session=enf_a", None),
        (b"\x0benfact_session=enf_a", None),
        (b"a=1; \x0cenfact_session=enf_b; enfact_session=enf_a", "enf_a"),
        (b"enfact_session =enf_a", None),
        (b"__Host-enfact=enf_a", None),
        (b"", None),
        (b"enfact_session=enf_a; enfact_session=enf_b", UNUSABLE),
        (b"enfact_session=enf_a; enfact_session=enf_a", UNUSABLE),
        (b"enfact_session=; enfact_session=enf_a", UNUSABLE),
        (b"enfact_session=", UNUSABLE),
        (b'enfact_session="enf_a"', UNUSABLE),
        (b"enfact_session=enf a", UNUSABLE),
        (b"enfact_session=enf_a\n", UNUSABLE),
        (b"enfact_session=\xff\xfe", UNUSABLE),
        (b"enfact_session=" + b"x" * 512, "x" * 512),
        (b"enfact_session=" + b"x" * 513, UNUSABLE),
        (b"enfact_session=enf_a; a=" + b"x" * LONGEST, UNUSABLE),
        (b"a=" + b"x" * LONGEST, None),
    ],
)
def test_a_cookie_header_is_read_to_the_letter(header: bytes, token: str | None) -> None:
    assert Cookies(Settings()).token(header) == token


async def test_a_cookie_signs_in_and_is_known_as_one(client: httpx.AsyncClient, executor: SmallExecutor) -> None:
    response = await post(client, OURS)
    assert response.status_code == 200
    assert "set-cookie" not in response.headers
    assert "cookie" in response.headers["vary"].split(", ")
    assert (executor.asked[0].token, executor.asked[0].by_cookie) == ("enf_abc-DEF_1", True)


async def test_cookies_in_two_headers_are_one_list(client: httpx.AsyncClient, executor: SmallExecutor) -> None:
    assert (await post(client, [("cookie", "a=1"), *OURS.items()])).status_code == 200
    assert executor.asked[0].token == "enf_abc-DEF_1"
    await post(client, [("cookie", MINE), *OURS.items()])
    assert (executor.asked[1].token, executor.asked[1].by_cookie) == (UNUSABLE, True)


async def test_authorization_wins_over_a_cookie(client: httpx.AsyncClient, executor: SmallExecutor) -> None:
    forged = {"cookie": MINE, "origin": "https://evil.example", "authorization": "Bearer enf_bearer"}
    assert (await post(client, forged)).status_code == 200
    assert (executor.asked[0].token, executor.asked[0].by_cookie) == ("enf_bearer", False)
    response = await post(client, OURS | {"authorization": "Basic x"})
    checked(response, 401, "UNAUTHENTICATED")
    assert "set-cookie" not in response.headers


async def test_without_the_cookie_nothing_of_this_is_asked_for(client: httpx.AsyncClient) -> None:
    elsewhere = {"origin": "https://evil.example", "sec-fetch-site": "cross-site", "cookie": "other=1"}
    assert (await post(client, elsewhere)).status_code == 200
    assert (await client.get("/graphql", params=QUERY, headers=elsewhere)).status_code == 200


# Whose pages may use it

CONFIGURED = {"public_url": "https://app.example.be", "allowed_origins": "https://admin.example.be"}


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
@pytest.mark.parametrize(
    ("origin", "site", "passes"),
    [
        ("https://app.example.be", None, True),
        ("https://app.example.be", "same-origin", True),
        ("https://app.example.be", "same-site", False),
        ("https://app.example.be", "cross-site", False),
        ("https://app.example.be", "none", False),
        ("https://app.example.be", "", False),
        ("https://admin.example.be", None, True),
        ("https://admin.example.be", "same-site", True),
        ("https://admin.example.be", "cross-site", True),
        ("https://admin.example.be", "none", False),
        ("https://other.example.be", None, False),
        ("https://other.example.be", "same-origin", False),
        ("http://app.example.be", None, False),
        ("https://app.example.be:8443", None, False),
        ("https://app.example.be.evil.example", None, False),
        ("https://app.example.be, https://evil.example", None, False),
        ("http://enfact", "same-origin", False),
        ("null", None, False),
        ("", None, False),
        (None, None, False),
        (None, "same-origin", False),
    ],
)
async def test_a_post_by_cookie_comes_from_an_origin_that_is_set(
    make_app: MakeApp, executor: SmallExecutor, origin: str | None, site: str | None, passes: bool, accept: str
) -> None:
    headers = {"cookie": "__Host-enfact=enf_a", "accept": accept}
    headers |= {} if origin is None else {"origin": origin}
    headers |= {} if site is None else {"sec-fetch-site": site}
    async with client_of(make_app(**CONFIGURED)) as client:
        response = await post(client, headers)
    if passes:
        assert response.status_code == 200
    else:
        checked(response, 403, "CSRF_REFUSED")
        assert "set-cookie" not in response.headers
    assert bool(executor.asked) is passes


@pytest.mark.parametrize(
    ("host", "origin", "passes"),
    [
        ("localhost:8000", "http://localhost:8000", True),
        ("LOCALHOST:80", "http://localhost", True),
        ("[::1]:8000", "http://[::1]:8000", True),
        ("localhost:8000", "http://localhost:3000", False),
        ("localhost:8000", "https://localhost:8000", False),
        ("localhost:8000", "http://127.0.0.1:8000", False),
        ("null", "null", False),
        ("a b", "http://a b", False),
        ("u@localhost", "http://u@localhost", False),
        ("", "http://", False),
    ],
)
async def test_without_a_public_address_the_own_origin_is_the_host_that_was_asked(
    client: httpx.AsyncClient, host: str, origin: str, passes: bool
) -> None:
    response = await post(client, {"cookie": MINE, "host": host, "origin": origin})
    assert response.status_code == (200 if passes else 403)


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({"x-enfact-request": "1"}, True),
        ({"x-enfact-request": "1", "origin": OWN, "sec-fetch-site": "same-origin"}, True),
        ({}, False),
        ({"x-enfact-request": ""}, False),
        ({"origin": OWN}, False),
        ({"x-enfact-request": "1", "origin": "https://evil.example"}, False),
        ({"x-enfact-request": "1", "origin": "null"}, False),
        ({"x-enfact-request": "1", "sec-fetch-site": "cross-site"}, False),
    ],
)
async def test_a_get_by_cookie_needs_a_header_that_no_other_page_can_send(
    client: httpx.AsyncClient, executor: SmallExecutor, headers: dict[str, str], passes: bool
) -> None:
    response = await client.get("/graphql", params=QUERY, headers={"cookie": MINE} | headers)
    if passes:
        assert response.json() == {"data": {"name": "Lambert"}}
    else:
        checked(response, 403, "CSRF_REFUSED")
    assert bool(executor.asked) is passes


EVENTS = {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "accept": "text/event-stream"}


@pytest.mark.parametrize(
    ("changed", "passes"),
    [
        ({}, True),
        ({"sec-fetch-mode": "same-origin"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": None}, False),
        ({"sec-fetch-mode": None}, False),
        ({"accept": None}, False),
        ({"sec-fetch-mode": "no-cors"}, False),
        ({"sec-fetch-mode": "navigate"}, False),
        ({"accept": "application/json"}, False),
        ({"accept": "text/event-stream, */*"}, False),
        ({"origin": "https://evil.example"}, False),
    ],
)
async def test_an_event_source_of_our_own_page_needs_no_header(
    client: httpx.AsyncClient, executor: SmallExecutor, changed: dict[str, str | None], passes: bool
) -> None:
    """A browser's EventSource sends exactly these, and cannot send any other."""
    sent = {name: value for name, value in {"cookie": MINE, **EVENTS, **changed}.items() if value is not None}
    response = await client.get("/graphql", params=QUERY, headers=sent)
    if passes:
        assert response.status_code == 200
        assert response.text == 'event: next\ndata: {"data":{"name":"Lambert"}}\n\nevent: complete\ndata: \n\n'
    else:
        checked(response, 403, "CSRF_REFUSED")
    assert bool(executor.asked) is passes


@pytest.mark.parametrize(
    ("settings", "headers", "reason"),
    [
        ({}, {"host": "localhost:8000", "origin": "http://localhost:3000"}, None),
        ({}, {"host": "localhost:8000"}, None),
        ({}, {"host": "127.0.0.1:8000", "origin": "http://localhost:3000"}, COOKIE_LOST),
        ({}, {"host": "localhost:8000", "origin": "http://127.0.0.1:8000"}, COOKIE_LOST),
        ({}, {"host": "[::1]:8000", "origin": "http://localhost:3000"}, COOKIE_LOST),
        ({}, {"host": "localhost:8000", "origin": "null"}, None),
        ({}, {"host": "[", "origin": "http://["}, None),
        ({"host": "10.0.0.1"}, {"host": "10.0.0.1:8000"}, NO_COOKIE_HERE),
        ({"public_url": "http://app.example.be"}, {"host": "app.example.be"}, NO_COOKIE_HERE),
        ({"public_url": "https://app.example.be"}, {"host": "app.example.be"}, None),
    ],
)
async def test_a_cookie_that_no_browser_would_keep_is_known(
    make_app: MakeApp, executor: SmallExecutor, settings: dict[str, str], headers: dict[str, str], reason: str | None
) -> None:
    async with client_of(make_app(**settings)) as client:
        assert (await post(client, headers)).status_code == 200
    assert executor.asked[0].hindrance() == reason


async def test_a_form_cannot_use_the_cookie(client: httpx.AsyncClient) -> None:
    response = await client.post("/graphql", content=b"{}", headers=OURS | {"content-type": "text/plain"})
    checked(response, 415, "UNSUPPORTED_MEDIA_TYPE")


async def test_a_forged_request_is_refused_whatever_its_body_is(client: httpx.AsyncClient) -> None:
    headers = {"cookie": MINE, "content-type": JSON}
    checked(await client.post("/graphql", content=b"{", headers=headers), 403, "CSRF_REFUSED")


# What becomes of it


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
@pytest.mark.parametrize("errors", [(), (ErrorEntry(ErrorCode.FORBIDDEN, "No.", ("b",)),)], ids=["data", "errors"])
async def test_a_session_that_was_opened_is_set(
    client: httpx.AsyncClient, executor: SmallExecutor, errors: tuple[ErrorEntry, ...], accept: str
) -> None:
    executor.result = Result.of(b'{"a":null}', errors, cookie=SessionCookie("enf_x"))
    response = await post(client, {"accept": accept})
    assert response.status_code == (294 if errors and accept == GRAPHQL else 200)
    assert response.headers["set-cookie"] == "enfact_session=enf_x; Path=/; HttpOnly; SameSite=Lax"


async def test_a_session_that_ended_is_cleared_where_it_was_a_cookie(
    client: httpx.AsyncClient, executor: SmallExecutor
) -> None:
    executor.result = Result.of(b"{}", cookie=SessionCookie())
    response = await post(client, OURS)
    assert response.headers["set-cookie"] == "enfact_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
    assert "set-cookie" not in (await post(client, {"authorization": "Bearer enf_a"})).headers


async def test_a_session_that_is_over_already_is_not_kept(client: httpx.AsyncClient, executor: SmallExecutor) -> None:
    executor.result = Result.of(b"{}", cookie=SessionCookie("enf_x", datetime(2020, 1, 1, tzinfo=UTC)))
    assert "Max-Age=0" in parts((await post(client, {})).headers["set-cookie"])[1]


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
@pytest.mark.parametrize("raised", [True, False], ids=["raised", "returned"])
async def test_a_dead_cookie_is_cleared_by_its_401(
    make_app: MakeApp, executor: SmallExecutor, raised: bool, accept: str
) -> None:
    if raised:
        executor.error = RequestError(ErrorCode.UNAUTHENTICATED, "No.")
    else:
        executor.result = Result(None, (ErrorEntry(ErrorCode.UNAUTHENTICATED, "No."),))
    async with client_of(make_app(**CONFIGURED)) as client:
        ours = {"cookie": "__Host-enfact=enf_a", "origin": "https://app.example.be", "accept": accept}
        response = await post(client, ours)
        checked(response, 401, "UNAUTHENTICATED")
        cookie, attributes = parts(response.headers["set-cookie"])
        assert (cookie, attributes) == (
            "__Host-enfact=", {"Path=/", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=0"},
        )  # fmt: skip
        for other in ({"authorization": "Bearer enf_a"}, ours | {"authorization": "Bearer enf_a"}, {}):
            response = await post(client, other)
            checked(response, 401, "UNAUTHENTICATED")
            assert "set-cookie" not in response.headers


async def test_other_refusals_leave_the_cookie_alone(client: httpx.AsyncClient, executor: SmallExecutor) -> None:
    for code in (ErrorCode.UNAVAILABLE, ErrorCode.INTERNAL, ErrorCode.FORBIDDEN, ErrorCode.BAD_USER_INPUT):
        executor.error = RequestError(code, "No.")
        assert "set-cookie" not in (await post(client, OURS)).headers


async def test_no_cookie_is_told_to_the_log(app: Starlette, executor: SmallExecutor, log_lines: io.StringIO) -> None:
    async with client_of(app) as client:
        for cookie in ("enfact_session=enf_secret", "enfact_session=se cret", "enfact_session=secret; " * 2):
            await post(client, {"cookie": cookie, "origin": OWN})
            await post(client, {"cookie": cookie})
        executor.error = RuntimeError("enf_secret")
        await post(client, {"cookie": "enfact_session=enf_secret", "origin": OWN})
    lines = log_lines.getvalue()
    assert len(lines.splitlines()) == 8
    assert "secret" not in lines


# On the demo


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> Any:
    async with open_demo(databases) as demo:
        yield demo


def signed_in(response: httpx.Response) -> dict[str, str]:
    """What a browser sends from now on."""
    return {"cookie": parts(response.headers["set-cookie"])[0], "origin": OWN, "accept": GRAPHQL}


async def log_in(client: httpx.AsyncClient, headers: dict[str, str], password: str = PASSWORD) -> httpx.Response:
    variables = {"email": "eva@demo.enfact.test", "password": password}
    return await post(client, {"accept": GRAPHQL} | headers, query=LOGIN, variables=variables)


async def test_a_login_whose_cookie_would_be_lost_is_refused_with_a_sentence(demo: Demo) -> None:
    async with open_client(demo.dsn, pool_size=2) as client:
        lost = {"host": "127.0.0.1:8000", "origin": "http://localhost:3000", "accept-language": "en"}
        response = await log_in(client, lost)
        assert "set-cookie" not in response.headers
        (error,) = response.json()["data"]["login"]["errors"]
        assert (error["code"], error["message"].split(",")[0]) == (
            "VALIDATION", "Kind of session: the cookie would be lost",
        )  # fmt: skip


async def test_one_signs_in_by_cookie_and_out_again(demo: Demo) -> None:
    async with open_client(demo.dsn, pool_size=2) as client:
        response = await log_in(client, {})
        login = response.json()["data"]["login"]
        assert (login["token"], login["errors"]) == (None, [])
        assert login["viewer"] == {"account": {"email": "eva@demo.enfact.test"}}
        ours = signed_in(response)
        client.cookies.clear()
        expires = datetime.fromisoformat(login["expiresAt"]) - datetime.now(UTC)
        age = next(part for part in parts(response.headers["set-cookie"])[1] if part.startswith("Max-Age="))
        assert abs(expires.total_seconds() - 14 * 86_400) < 60
        assert abs(int(age.removeprefix("Max-Age=")) - 90 * 86_400) < 60
        assert (await post(client, ours, query=WHO)).json()["data"] == {"viewer": login["viewer"]}
        checked(await post(client, {"cookie": ours["cookie"]}, query=WHO), 403, "CSRF_REFUSED")
        response = await post(client, ours, query="mutation { logout { viewer { account { email } } } }")
        assert response.json() == {"data": {"logout": {"viewer": None}}}
        assert "Max-Age=0" in parts(response.headers["set-cookie"])[1]
        response = await post(client, ours, query=WHO)
        checked(response, 401, "UNAUTHENTICATED")
        assert "Max-Age=0" in parts(response.headers["set-cookie"])[1]


@pytest.mark.parametrize(
    "cookie", ["enfact_session=enf_dead", "enfact_session=", "enfact_session=enf_a; enfact_session=enf_b"]
)
async def test_a_cookie_that_works_no_more_keeps_nobody_from_signing_in(demo: Demo, cookie: str) -> None:
    async with open_client(demo.dsn, pool_size=2) as client:
        dead = {"cookie": cookie, "origin": OWN}
        checked(await post(client, dead, query=WHO), 401, "UNAUTHENTICATED")
        checked(await post(client, dead, query="mutation { logout { errors { code } } }"), 401, "UNAUTHENTICATED")
        client.cookies.clear()
        assert "Max-Age=0" in parts((await log_in(client, dead, "wrong, but long enough")).headers["set-cookie"])[1]
        client.cookies.clear()
        response = await log_in(client, dead)
        assert response.json()["data"]["login"]["errors"] == []
        client.cookies.clear()
        assert (await post(client, signed_in(response), query=WHO)).json()["data"]["viewer"] is not None


async def test_a_demo_that_sends_no_letters_shows_what_it_would_mail(demo: Demo) -> None:
    settings = {"mail_from": "no-reply@demo.enfact.test", "smtp_url": "smtp://127.0.0.1:9"}
    shown = [
        await _invitation(demo, {}, "first@demo.enfact.test"),
        await _invitation(demo, settings, "second@demo.enfact.test"),
    ]
    assert [token is not None for token in shown] == [True, False]


async def _invitation(demo: Demo, settings: dict[str, str], email: str) -> str | None:
    given = {
        "companyId": await demo.company("Chauffage Lambert"), "email": email, "firstName": "A", "lastName": "B",
        "role": "EMPLOYEE",
    }  # fmt: skip
    query = "mutation ($i: CreateUserInput!) { createUser(input: $i) { invitationToken errors { code } } }"
    async with open_client(demo.dsn, pool_size=2, **settings) as client:
        headers = {"authorization": f"Bearer {await demo.token('lambert')}"}
        told = (await post(client, headers, query=query, variables={"i": given})).json()
    assert told["data"]["createUser"]["errors"] == [], json.dumps(told)
    return told["data"]["createUser"]["invitationToken"]
