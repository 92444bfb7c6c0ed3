"""lock_waits.py: pauses between tries grow up to a bound, differ, and are counted."""

import pytest

from db.errors import DatabaseTimeout
from db.lock_waits import LockWaits, Patience


def test_pauses_grow_up_to_a_bound_and_differ() -> None:
    patience = Patience(first_pause=0.5, longest_pause=30)
    for attempt, longest in ((1, 0.5), (2, 1), (3, 2), (7, 30), (100_000, 30)):
        pauses = {patience.pause(attempt) for _ in range(100)}
        assert longest / 2 <= min(pauses) < max(pauses) <= longest


async def test_the_sum_of_tries_and_pauses_has_a_bound() -> None:
    waits = LockWaits(Patience(total=5), report=print)
    waits.tell("others", 2)
    await waits.pause(0)
    waits.tell("others", 2)
    await waits.pause(0)
    waits.tell("others", 2)
    with pytest.raises(DatabaseTimeout, match="Migration: given up after 5 s of waiting for others"):
        await waits.pause(0)


async def test_a_blocker_is_told_once_for_each_try() -> None:
    told: list[str] = []
    waits = LockWaits(Patience(), report=told.append)
    for work in ("try 1", "try 1", "try 2"):
        waits.work = work
        waits.tell("a lock")
    assert told == ["try 1: waiting for a lock", "try 2: waiting for a lock"]
