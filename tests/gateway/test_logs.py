"""logs.py: requests are written together, in their order, and none is lost when the process ends."""

import asyncio
import io
import json
import logging
import re
import time
from uuid import UUID

import pytest

from gateway import logs
from gateway.logs import Finished, Log, open_log
from tests.support.databases import Databases
from tests.support.running_gateway import open_gateway


def finished(n: int, **more: object) -> Finished:
    values = Finished(
        time.time(), 0.001, f"{n:016x}", "/graphql", "192.0.2.7", 200, None, None, "query Shown { viewer { id } }", None
    )
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


async def test_a_line_on_a_terminal_tells_operation_path_and_caller(written: io.StringIO) -> None:
    open_log("info", "pretty", written).request(finished(1))
    line = re.sub(r"\x1b\[[0-9;]*m", "", written.getvalue())
    for told in ("operation=Shown", "path=/graphql", "caller=192.0.2.7", "status=200"):
        assert told in line


async def test_the_caller_is_the_account_as_soon_as_it_is_known_and_never_the_token(
    databases: Databases, template: str
) -> None:
    async with open_gateway(databases, template) as gateway:
        firm = await gateway.found()
        headers = {"authorization": f"Bearer {firm['anna'].token}"}
        for name in ("First", "Second"):
            body = {"query": f"query {name} {{ viewer {{ companies {{ totalCount }} }} }}"}
            (await gateway.client.post("/graphql", json=body, headers=headers)).raise_for_status()
        first, second = [await gateway.logged("request", operation=name) for name in ("First", "Second")]
        assert (first["path"], first["caller"]) == ("/graphql", "127.0.0.1")
        assert second["caller"] == str(firm["anna"].account)
        assert firm["anna"].token not in gateway.lines.getvalue()


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ("debug", ["socket", "late", "exception", "theirs"]),
        ("info", ["socket", "late", "exception", "theirs"]),
        ("warning", ["late", "exception", "theirs"]),
        ("error", ["exception"]),
        ("off", []),
    ],
)
async def test_what_is_logged_is_the_operators_to_say(
    written: io.StringIO, level: logs.Level, shown: list[str]
) -> None:
    ours = open_log(level, "json", written)
    ours.live("socket", code=1000)
    ours.event("late")
    ours.exception("1", ValueError("secret"))
    logging.getLogger("other").warning("%s", "theirs")
    logging.getLogger("other").info("never")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["event"] for line in lines] == shown
    assert ours.requests is (level in {"debug", "info"})
    assert "secret" not in written.getvalue()


@pytest.mark.parametrize("form", ["json", "pretty"])
async def test_records_of_other_loggers_tell_the_kind_of_an_exception_only(
    written: io.StringIO, form: logs.Form
) -> None:
    open_log("info", form, written)
    try:
        raise ValueError("secret")
    except ValueError:
        logging.getLogger("other").exception("failed: %d", 7)
    (line,) = written.getvalue().splitlines()
    for told in ("failed: 7", "ValueError", "test_logs.py", "other", "error"):
        assert told in line
    assert "secret" not in line


async def test_nothing_of_a_value_commands_a_terminal(written: io.StringIO) -> None:
    open_log("info", "pretty", written).event("\x1b[2Jlate", of="a\nb\x07", key=UUID(int=1), code=None, n=1.5)
    (line,) = written.getvalue().splitlines()
    assert re.sub(r"\x1b\[[0-9]+m", "", line).endswith(
        r" warning '\x1b[2Jlate' of='a\nb\x07' key=00000000-0000-0000-0000-000000000001 code=None n=1.5"
    )
