"""worker_threads.py, waiting_client.py: whose work is done next, and that none is done for nobody."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from db.database import Database
from db.errors import Crowded
from resolvers.fair_use.waiting_client import WAITING, Left, Waiting
from resolvers.fair_use.worker_threads import QUEUE, WorkerThreads
from resolvers.mutations import passwords
from resolvers.mutations.steps.attempts import MINUTE, PLACES, AttemptLimit, Guard, trying
from tests.support.accounts import LOGIN, PASSWORD, Door, problems
from tests.support.databases import Databases
from tests.support.hashing import CHEAP

ANY = AttemptLimit("any", 1_000, MINUTE)


class Work:
    """Work in a thread that ends when the test says so."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self.going = threading.Event()

    def __call__(self, name: object, *_more: Any) -> bool:
        self.done.append(name)
        assert self.going.wait(60)
        return True

    def verify(self, _stored: object, _password: object) -> bool:
        """As the hasher has it."""
        return self("verify")

    def hash(self, password: str) -> str:
        """What unknown passwords are compared with, made once."""
        return CHEAP.hash(password)


@pytest.fixture
def work() -> Generator[Work]:
    work = Work()
    yield work
    work.going.set()


@pytest.fixture
def aside() -> Generator[WorkerThreads]:
    with ThreadPoolExecutor(1) as threads:
        yield WorkerThreads(threads, 1)


@pytest.fixture
async def door(databases: Databases, template: str) -> AsyncGenerator[Door]:
    async with Door.open(databases, template) as door:
        yield door


async def begun(work: Work) -> None:
    """Return once the first piece is being done."""
    async with asyncio.timeout(60):
        while not work.done:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_lines_have_their_turns_one_after_the_other(aside: WorkerThreads, work: Work) -> None:
    waiting = [asyncio.create_task(aside.do("flood", work, n)) for n in range(10)]
    await begun(work)
    waiting.append(asyncio.create_task(aside.do("other", work, "other")))
    await asyncio.sleep(0)
    work.going.set()
    await asyncio.gather(*waiting)
    assert work.done.index("other") <= 2


async def test_a_line_has_an_end(aside: WorkerThreads, work: Work) -> None:
    waiting = [asyncio.create_task(aside.do("flood", work, n)) for n in range(1 + QUEUE)]
    await begun(work)
    with pytest.raises(Crowded):
        await aside.do("flood", work, "one more")
    other = asyncio.create_task(aside.do("other", work, "other"))
    await asyncio.sleep(0)
    assert not other.done()
    work.going.set()
    await asyncio.gather(other, *waiting)
    assert "one more" not in work.done


async def test_who_leaves_while_he_waits_has_nothing_done(aside: WorkerThreads, work: Work) -> None:
    first = asyncio.create_task(aside.do("a", work, "first"))
    await begun(work)

    async def wait() -> None:
        WAITING.set(who)
        await aside.do("a", work, "left")

    who = Waiting()
    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0)
    who.leave()
    with pytest.raises(Left):
        await waiting
    with pytest.raises(Left):
        await asyncio.create_task(wait())
    work.going.set()
    await first
    assert work.done == ["first"]


async def test_a_turn_lasts_until_its_thread_is_free(aside: WorkerThreads, work: Work) -> None:
    first = asyncio.create_task(aside.do("a", work, "first"))
    await begun(work)
    first.cancel()
    second = asyncio.create_task(aside.do("b", work, "second"))
    await asyncio.wait([first])
    await asyncio.sleep(0.01)
    assert work.done == ["first"]
    work.going.set()
    assert await second


# --- logins


def flood(door: Door, address: str, count: int) -> list["asyncio.Task[Any]"]:
    """Logins at the same moment, each with another e-mail address."""
    return [
        asyncio.create_task(door.login(f"nobody{n}@door.test", "wrong-one-7", address=address)) for n in range(count)
    ]


async def test_of_many_logins_of_an_address_at_once_most_are_refused_at_once(
    door: Door, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "HASHER", work)
    email = await door.account()
    logins = flood(door, door.address(), 100)
    for ended in asyncio.as_completed(logins):
        assert problems(await ended) == [("TOO_MANY_ATTEMPTS", None)]
        if sum(task.done() for task in logins) == 100 - PLACES:
            break
    assert len(work.done) <= passwords.AT_ONCE
    other = asyncio.create_task(door.login(email))
    await asyncio.sleep(0)
    before = len(work.done)
    work.going.set()
    assert problems(await other) == []
    assert len(work.done) - before < PLACES
    await asyncio.gather(*logins)


async def test_a_login_whose_deadline_passes_in_the_queue_is_never_hashed(
    door: Door, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "HASHER", work)
    first = flood(door, door.address(), passwords.AT_ONCE)
    while len(work.done) < passwords.AT_ONCE:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    given = {"email": await door.account(), "password": PASSWORD}
    late = asyncio.create_task(door.send(LOGIN, variables=given))
    while not late.done() and await door.tries() <= 3 * passwords.AT_ONCE:  # noqa: ASYNC110 (three rows for each)
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.01)
    late.cancel()
    result = await late
    assert [entry.code.value for entry in result.errors] == ["TIMEOUT"]
    work.going.set()
    await asyncio.gather(*first)
    assert len(work.done) == passwords.AT_ONCE


async def test_tries_of_one_address_have_places_and_leave_them(fresh_database: Database) -> None:
    inside, going = 0, asyncio.Event()

    async def attempt(n: int) -> bool:
        nonlocal inside
        WAITING.set(Waiting("192.0.2.1"))
        async with trying(fresh_database, Guard((ANY.on(str(n)),))) as tries:
            if tries is not None:
                inside += 1
                await going.wait()
            return tries is not None

    tasks = [asyncio.create_task(attempt(n)) for n in range(PLACES + 5)]
    for refused in asyncio.as_completed(tasks):
        assert not await refused
        if sum(task.done() for task in tasks) == 5:
            break
    going.set()
    assert sum(await asyncio.gather(*tasks)) == inside == PLACES
    assert await asyncio.create_task(attempt(99))
