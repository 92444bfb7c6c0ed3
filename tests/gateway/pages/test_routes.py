"""routes.py: what a browser gets at each address, and with which headers."""

import re
from collections.abc import AsyncGenerator

import httpx
import pytest
from starlette.types import Message

from gateway.pages.files import FOLDER
from gateway.pages.responses import SELF_ONLY, TRUSTED_TYPES
from gateway.pages.routes import LETTERS
from tests.gateway.conftest import MakeApp, SmallBackend, SmallExecutor, client_of

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
SCRIPT = re.compile(rb'src="(/console/[0-9a-f]{12}/)console\.js"')
BOUNDS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.fixture
async def users_only(make_app: MakeApp) -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of(make_app(console="users")) as client:
        yield client


@pytest.fixture
async def off(make_app: MakeApp) -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of(make_app(console="off")) as client:
        yield client


async def versioned(client: httpx.AsyncClient) -> str:
    """The beginning of the addresses with the version in them."""
    found = SCRIPT.search((await client.get("/console/")).content)
    assert found is not None
    return found[1].decode()


@pytest.mark.parametrize("path", ["/", "/console", "/graphql"])
async def test_browsers_are_led_to_the_console(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path, headers=BROWSER)
    assert (response.status_code, response.headers["location"]) == (307, "/console/")
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", LETTERS)
async def test_links_of_letters_lead_to_pages_of_the_console(client: httpx.AsyncClient, name: str) -> None:
    response = await client.get(f"/{name}", headers=BROWSER)
    assert (response.status_code, response.headers["location"]) == (307, f"/console/{name}")
    page, first = await client.get(response.headers["location"]), await client.get("/console/")
    assert (page.status_code, page.content) == (200, first.content)


@pytest.mark.parametrize("headers", [{}, {"accept": "application/json"}, {"accept": "*/*"}])
async def test_who_asks_for_no_page_gets_graphqls_answer(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    response = await client.get("/graphql", headers=headers)
    assert response.status_code == 422
    assert response.headers["content-type"].endswith("json; charset=utf-8")


async def test_a_query_of_a_browser_is_answered(client: httpx.AsyncClient) -> None:
    response = await client.get("/graphql?query={name}", headers=BROWSER)
    assert (response.status_code, response.json()) == (200, {"data": {"name": "Lambert"}})


async def test_a_post_that_accepts_html_is_a_request(client: httpx.AsyncClient, executor: SmallExecutor) -> None:
    response = await client.post("/graphql", json={"query": "{ name }"}, headers=BROWSER)
    assert response.status_code == 200
    assert len(executor.asked) == 1


async def test_the_page_names_its_files_by_their_version(client: httpx.AsyncClient) -> None:
    response = await client.get("/console/")
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"] == TRUSTED_TYPES
    assert {name: response.headers[name] for name in BOUNDS} == BOUNDS
    script = await client.get(f"{await versioned(client)}console.js")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.content == (FOLDER / "console.js").read_bytes()
    plain = await client.get("/console/console.js")
    assert (plain.content, plain.headers["cache-control"]) == (script.content, "no-cache")


async def test_who_has_a_file_gets_304_and_only_for_this_form_of_it(client: httpx.AsyncClient) -> None:
    plain = await client.get("/console/vendor/preact.js")
    packed = await client.get("/console/vendor/preact.js", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.headers["vary"] == packed.headers["vary"] == "accept-encoding"
    assert plain.content == packed.content == (FOLDER / "vendor" / "preact.js").read_bytes()
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert plain.headers["etag"] != packed.headers["etag"]
    for tag, encoding, status in (
        (plain.headers["etag"], "identity", 304),
        (packed.headers["etag"], "gzip", 304),
        (plain.headers["etag"], "gzip", 200),
        ('"other"', "gzip", 200),
    ):
        headers = {"if-none-match": tag, "accept-encoding": encoding}
        again = await client.get("/console/vendor/preact.js", headers=headers)
        assert (again.status_code, again.content == b"") == (status, status == 304)


@pytest.mark.parametrize("path", ["/console/", "/console/console.js", "/", "/nothing"])
async def test_head_has_the_headers_of_get(client: httpx.AsyncClient, path: str) -> None:
    head, get = await client.head(path, headers=BROWSER), await client.get(path, headers=BROWSER)
    assert (head.status_code, head.headers) == (get.status_code, get.headers)


@pytest.mark.parametrize(
    "path",
    [
        "/console/nothing.js",
        "/console/000000000000/console.js",
        "/console/vendor",
        "/console/vendor.lock",
        "/console/console.js%00",
        "/nothing",
        "/favicon.ico",
    ],
)
async def test_other_addresses_get_a_page_that_links(client: httpx.AsyncClient, path: str) -> None:
    url = httpx.URL("http://enfact", raw_path=path.encode())
    response = await client.get(url, headers={**BROWSER, "accept-language": "nl"})
    assert response.status_code == 404
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"] == TRUSTED_TYPES
    assert '<html lang="nl">' in response.text
    assert '<a href="/console/">Naar de console</a>' in response.text


@pytest.mark.parametrize(
    "path",
    ["/console/../settings.py", "/console//etc/passwd", "/console/vendor/../console.js", "/console/./console.js"],
)
async def test_a_path_is_a_name_and_leads_nowhere(make_app: MakeApp, path: str) -> None:
    """Called without a client, which would shorten the path."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [(b"accept", b"text/html")]}
    await make_app()(scope, receive, send)
    assert sent[0]["status"] == 404


def test_the_policy_lets_a_page_load_from_the_gateway_alone() -> None:
    assert SELF_ONLY == (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert f"{SELF_ONLY}; require-trusted-types-for 'script'" == TRUSTED_TYPES


async def test_the_explorer_has_a_policy_without_trusted_types(client: httpx.AsyncClient) -> None:
    response = await client.get("/console/explorer")
    assert (response.status_code, response.headers["content-security-policy"]) == (200, SELF_ONLY)
    script = await client.get("/console/explorer/vendor/graphiql.js", headers={"accept-encoding": "gzip"})
    assert script.headers["content-encoding"] == "gzip"
    assert script.content == (FOLDER / "explorer" / "vendor" / "graphiql.js").read_bytes()


async def test_users_get_no_explorer(users_only: httpx.AsyncClient) -> None:
    assert (await users_only.get("/console/")).status_code == 200
    version = await versioned(users_only)
    for path in ("/console/explorer", "/console/explorer/explorer.js", f"{version}explorer/explorer.js"):
        assert (await users_only.get(path)).status_code == 404


async def test_off_shows_nothing(off: httpx.AsyncClient) -> None:
    for path in ("/", "/console", "/console/", "/console/console.js", "/invitation", "/nothing"):
        response = await off.get(path, headers=BROWSER)
        assert (response.status_code, response.headers["content-type"]) == (404, "application/json")
    assert (await off.get("/graphql", headers=BROWSER)).status_code == 422


async def test_the_explorer_is_there_by_default_where_only_this_machine_comes(make_app: MakeApp) -> None:
    for settings, status in (({}, 200), ({"public_url": "https://app.example.be"}, 404), ({"host": "0.0.0.0"}, 404)):
        async with client_of(make_app(**settings)) as client:
            assert (await client.get("/console/")).status_code == 200
            assert (await client.get("/console/explorer")).status_code == status


async def test_the_demos_logins_are_shown_on_this_machine_alone(make_app: MakeApp, backend: SmallBackend) -> None:
    async with client_of(make_app()) as client:
        assert (await client.get("/console/demo.json")).status_code == 404
        backend.demo = True
        shown = await client.get("/console/demo.json")
        assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
        lambert = shown.json()["logins"][0]
        assert lambert["email"] == "lambert@demo.enfact.test"
        assert lambert["words"].keys() == {"fr", "nl", "en", "de"}
    async with client_of(make_app(host="0.0.0.0", expose_demo=True)) as client:
        assert (await client.get("/console/demo.json")).status_code == 404


async def test_pages_count_against_the_limit_of_their_address(make_app: MakeApp) -> None:
    async with client_of(make_app(rate=0.001, burst=2)) as client:
        statuses = [(await client.get(path, headers=BROWSER)).status_code for path in ("/console/", "/", "/console/")]
    assert statuses == [200, 307, 429]


async def test_the_reference_is_the_callers_own_and_kept_by_its_tag(client: httpx.AsyncClient) -> None:
    first = await client.get("/console/reference.json")
    assert (first.status_code, first.headers["content-type"]) == (200, "application/json")
    assert first.headers["cache-control"] == "private, no-cache"
    assert {type_["name"] for type_ in first.json()["types"]} == {"Query", "Mutation"}
    again = await client.get("/console/reference.json", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.get("/console/reference")).status_code == 200
