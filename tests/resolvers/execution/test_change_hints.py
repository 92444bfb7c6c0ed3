"""change_hints.py: many hints are few notifications, each short enough, and what others send is no hint."""

import asyncio
import uuid

from resolvers.execution.change_hints import MOST, ChangeHints, hinted

LONGEST = 7_999
"""Bytes of a notification's payload in PostgreSQL, at most."""


async def test_each_company_is_hinted_at_once_however_often_it_changed() -> None:
    hints, companies = ChangeHints(), [uuid.uuid4() for _ in range(3)]
    for _ in range(10):
        for company in companies:
            hints.add(company)
    (payload,) = await hints.take()
    assert hinted(payload) == sorted(companies)


async def test_a_payload_is_never_too_long() -> None:
    hints, companies = ChangeHints(), {uuid.uuid4() for _ in range(2 * MOST + 1)}
    for company in companies:
        hints.add(company)
    payloads = await hints.take()
    assert [len(hinted(payload)) for payload in payloads] == [MOST, MOST, 1]
    assert max(map(len, payloads)) <= LONGEST
    assert {company for payload in payloads for company in hinted(payload)} == companies


async def test_one_waits_for_the_first_hint_and_takes_each_once() -> None:
    hints, company = ChangeHints(), uuid.uuid4()
    waiting = asyncio.create_task(hints.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    hints.add(company)
    assert await waiting == [str(company)]
    again = asyncio.create_task(hints.take())
    await asyncio.sleep(0.01)
    assert not again.done()
    again.cancel()


def test_what_is_no_hint_names_no_company() -> None:
    for payload in ("", "x", f"{uuid.uuid4()},", f"{uuid.uuid4()};{uuid.uuid4()}"):
        assert hinted(payload) == ()
