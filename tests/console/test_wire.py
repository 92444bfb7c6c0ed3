"""Pages over the wire: one connection takes HEAD, 304, gzip and a redirect after each other, and then a query."""

import httpx

from gateway.demo_logins import PASSWORD
from tests.clients.serving import Served

BROWSER = {"accept": "text/html"}


async def test_one_connection_serves_pages_and_queries(served: Served) -> None:
    limits = httpx.Limits(max_connections=1)
    async with httpx.AsyncClient(base_url=served.url, limits=limits, timeout=30) as client:
        moved = await client.get("/graphql", headers=BROWSER)
        assert (moved.status_code, moved.headers["location"]) == (307, "/console/")
        page = await client.get("/console/")
        head = await client.head("/console/")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == page.headers["content-length"]
        script = await client.get("/console/vendor/preact.js")
        assert script.headers["content-encoding"] == "gzip"
        again = await client.get("/console/vendor/preact.js", headers={"if-none-match": script.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert (await client.get("/console/nothing", headers=BROWSER)).status_code == 404
        answer = await client.post("/graphql", json={"query": "{ __typename }"})
        assert answer.json() == {"data": {"__typename": "Query"}}


async def test_the_shown_login_signs_in(served: Served) -> None:
    async with httpx.AsyncClient(base_url=served.url, timeout=30) as client:
        shown = (await client.get("/console/demo.json")).json()
        assert shown["password"] == PASSWORD
        login = {"email": shown["logins"][0]["email"], "password": shown["password"], "session": "COOKIE"}
        headers = {"origin": served.url}
        body = {"documentId": "console/Login", "variables": {"input": login}}
        answer = await client.post("/graphql", json=body, headers=headers)
        assert answer.json()["data"]["login"]["errors"] == []
        me = await client.post("/graphql", json={"documentId": "console/Me"}, headers=headers)
        assert me.json()["data"]["viewer"]["account"]["email"] == login["email"]
