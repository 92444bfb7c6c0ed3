"""gateway/logs.py: requests are written together, in their order, and none is lost when the process ends."""

import asyncio
import io
import json
import time

import pytest

from gateway import logs
from gateway.logs import Finished, Log, open_log


def finished(n: int, **more: object) -> Finished:
    values = Finished(time.time(), 0.001, f"{n:016x}", 200, None, None, "query Shown { viewer { id } }", None)
    return values._replace(**more)


@pytest.fixture
def written() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(written: io.StringIO) -> Log:
    return open_log("info", "json", written)


def ids(written: io.StringIO) -> list[str]:
    return [json.loads(line)["request_id"] for line in written.getvalue().splitlines()]


async def test_requests_wait_for_each_other_but_not_long(
    log: Log, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "PATIENCE", 0.05)
    for n in range(3):
        log.request(finished(n))
    assert written.getvalue() == ""
    await asyncio.sleep(0.2)
    assert ids(written) == [f"{n:016x}" for n in range(3)]
    log.request(finished(3))
    await asyncio.sleep(0.2)
    assert len(ids(written)) == 4


async def test_no_more_wait_than_so_many(log: Log, written: io.StringIO) -> None:
    for n in range(logs.MOST_WAITING + 1):
        log.request(finished(n))
    assert len(ids(written)) == logs.MOST_WAITING
    log.flush()
    assert len(ids(written)) == logs.MOST_WAITING + 1


async def test_an_event_comes_after_the_requests_before_it(log: Log, written: io.StringIO) -> None:
    log.request(finished(1))
    log.event("worker ended", code=1)
    first, second = (json.loads(line) for line in written.getvalue().splitlines())
    assert (first["event"], second["event"]) == ("request", "worker ended")


async def test_the_time_is_when_the_request_ended(log: Log, written: io.StringIO) -> None:
    log.request(finished(1, at=1_764_000_000.5))
    log.flush()
    assert json.loads(written.getvalue())["time"] == "2025-11-24T16:00:00.500Z"
