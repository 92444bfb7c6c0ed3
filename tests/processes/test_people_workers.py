"""Roles and users that change while two worker processes answer: no request begun afterwards sees the old access."""

import asyncio
from typing import Any, Final

import httpx

from tests.gateway.cli.test_main import gateway
from tests.support.databases import Databases
from tests.support.demo_client import Demo, open_demo

LAMBERT: Final = "Chauffage Lambert"
PROBE: Final = "query ($id: ID!) { company(id: $id) { access { role } users { totalCount } } }"
ROLE: Final = """
mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { role } errors { code } } }
"""
DELETE: Final = "mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { errors { code } } }"
ROUNDS, AT_ONCE = 6, 6


async def test_no_worker_process_sees_a_role_or_a_user_of_the_past(databases: Databases) -> None:
    async with open_demo(databases) as demo:
        lambert, token = await demo.company(LAMBERT), await demo.token("noah")
        user = {"companyId": lambert, "userId": await demo.user("noah", LAMBERT)}
        headers = {"authorization": f"Bearer {token}", "connection": "close"}  # so that every worker gets its share
        serving = gateway("--workers", "2", DATABASE_URL=demo.dsn)
        running = await asyncio.to_thread(serving.__enter__)
        try:
            async with httpx.AsyncClient(base_url=running.url, headers=headers, timeout=30) as client:
                for role in ("OWNER", "EMPLOYEE") * ROUNDS:
                    await done(demo, ROLE, {**user, "role": role})
                    seen = [company["users"] is not None for company in await probe(client, lambert)]
                    assert set(seen) == {role == "OWNER"}
                before = await probe(client, lambert)
                assert all(company["access"] == {"role": "EMPLOYEE"} for company in before)
                await done(demo, DELETE, user)
                assert await probe(client, lambert) == [None] * AT_ONCE
        finally:
            await asyncio.to_thread(serving.__exit__, None, None, None)


async def done(demo: Demo, mutation: str, given: dict[str, Any]) -> None:
    """The owner does something that is committed when this returns."""
    answer = await demo.ask("lambert", mutation, input=given)
    (payload,) = answer.data.values()
    assert (answer.codes, payload["errors"]) == ([], [])


async def probe(client: httpx.AsyncClient, company: str) -> list[Any]:
    """What several requests at once see of a company, over new connections."""
    body = {"query": PROBE, "variables": {"id": company}}
    answers = await asyncio.gather(*[client.post("/graphql", json=body) for _ in range(AT_ONCE)])
    return [answer.json()["data"]["company"] for answer in answers]
