"""Access from outside that comes and goes while two worker processes answer: a request begun afterwards sees it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from tests.gateway.cli.test_main import gateway
from tests.processes.test_people_workers import AT_ONCE, probe
from tests.support.databases import Databases
from tests.support.demo_client import Demo, open_demo

LAMBERT: Final = "Chauffage Lambert"
OUTSIDER: Final = "hors-ligne"
ADD: Final = """
mutation ($input: AddExternalUserInput!) { addExternalUser(input: $input) { externalUser { id } errors { code } } }
"""
UPDATE: Final = "mutation ($input: UpdateExternalUserInput!) { updateExternalUser(input: $input) { errors { code } } }"
REMOVE: Final = "mutation ($input: RemoveExternalUserInput!) { removeExternalUser(input: $input) { errors { code } } }"
LEAVE: Final = "mutation ($input: LeaveCompanyInput!) { leaveCompany(input: $input) { errors { code } } }"
INSIDE: Final = {"access": {"role": None}, "users": None}


async def test_no_worker_process_sees_access_from_outside_of_the_past(databases: Databases) -> None:
    async with open_demo(databases) as demo:
        lambert, token = await demo.company(LAMBERT), await demo.token(OUTSIDER)
        headers = {"authorization": f"Bearer {token}", "connection": "close"}  # so that every worker gets its share
        serving = gateway("--workers", "2", DATABASE_URL=demo.dsn)
        running = await asyncio.to_thread(serving.__enter__)
        try:
            async with httpx.AsyncClient(base_url=running.url, headers=headers, timeout=30) as client:
                for end in (REMOVE, LEAVE, REMOVE):
                    external = await add(demo, lambert)
                    assert await probe(client, lambert) == [INSIDE] * AT_ONCE
                    if end is REMOVE:
                        await done(demo, "lambert", REMOVE, companyId=lambert, externalUserId=external)
                    else:
                        await done(demo, OUTSIDER, LEAVE, companyId=lambert)
                    assert await probe(client, lambert) == [None] * AT_ONCE
                external, soon = await add(demo, lambert), datetime.now(UTC) + timedelta(seconds=2)
                term = {"externalUserId": external, "until": soon.isoformat()}
                await done(demo, "lambert", UPDATE, companyId=lambert, **term)
                assert await probe(client, lambert) == [INSIDE] * AT_ONCE
                await demo.connection.execute("select pg_sleep_until($1)", soon)
                assert await probe(client, lambert) == [None] * AT_ONCE
        finally:
            await asyncio.to_thread(serving.__exit__, None, None, None)


async def add(demo: Demo, company: str) -> str:
    """The id of the external user that the owner adds."""
    payload = await done(demo, "lambert", ADD, companyId=company, email=f"{OUTSIDER}@demo.enfact.test")
    return payload["externalUser"]["id"]


async def done(demo: Demo, who: str, mutation: str, **given: object) -> Any:
    """The payload of something that is committed when this returns."""
    answer = await demo.ask(who, mutation, input=given)
    (payload,) = answer.data.values()
    assert (answer.codes, payload["errors"]) == ([], [])
    return payload
