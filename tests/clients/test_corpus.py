"""Hundreds of malformed requests over sockets: each is answered or closed, none with 5xx, and nothing is left."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import pytest

from schema.errors import ErrorCode
from tests.clients.corpus import corpus, request
from tests.clients.serving import Served, serving
from tests.support.databases import Databases

AT_ONCE: Final = 40
SECONDS: Final = 30.0
"""The server gives up whatever is slow after two; that much is left to a busy machine."""

SETTINGS: Final[Mapping[str, str]] = {
    "ENFACT_HEAD_DEADLINE": "1", "ENFACT_DEADLINE": "2", "ENFACT_KEEP_ALIVE": "1",
}  # fmt: skip
CODES: Final = {code.value for code in ErrorCode} - {"INTERNAL", "UNAVAILABLE"}
MEMORY: Final = 6_000_000
"""Bytes by which a process may differ after the second round; the corpus sends twice that in each."""


class Reply(NamedTuple):
    """One response on a connection."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@pytest.fixture(scope="module")
async def served(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Served]:
    async with serving(databases, tmp_path_factory.mktemp("corpus") / "log", **SETTINGS) as served:
        yield served


async def exchange(served: Served, sent: bytes) -> bytes:
    """Everything that comes back until the server closes."""
    parts = urlsplit(served.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    received = bytearray()
    with contextlib.suppress(ConnectionError):  # closed while we still send or read: what came before counts
        writer.write(sent)
        async with asyncio.timeout(SECONDS):
            while part := await reader.read(65_536):
                received += part
    writer.close()
    return bytes(received)


def replies(received: bytes) -> list[Reply]:
    """The responses in what was received; fails on what is none."""
    found: list[Reply] = []
    while received:
        head, end, rest = received.partition(b"\r\n\r\n")
        assert end, received[:200]
        first, *lines = head.decode("latin-1").split("\r\n")
        version, status, *_ = first.split(" ")
        assert version == "HTTP/1.1", first
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers.get("content-length", "0"))
        if int(status) != 100:
            found.append(Reply(int(status), headers, rest[:length]))
        received = rest[length:]
    return found


def complaints(sent: bytes, received: bytes) -> list[str]:
    """What is wrong with what came back."""
    found: list[str] = []
    for reply in replies(received):
        if reply.status >= 500 and reply.status != 504:
            found.append(f"{reply.status} {reply.body[:200]!r}")
        if sent.startswith(b"HEAD") or reply.status in (404, 405) or not reply.body:
            continue
        if not reply.headers["content-type"].startswith("application/"):
            if b"upgrade: websocket" not in sent:  # refused in the words of that protocol
                found.append(f"{reply.status} is no JSON: {reply.body[:200]!r}")
            continue
        body = json.loads(reply.body)
        codes = {error["extensions"]["code"] for error in body.get("errors", ())}
        if not codes <= CODES or (reply.status >= 400 and not codes):
            found.append(f"{reply.status} {reply.body[:200]!r}")
        if any(error["extensions"]["requestId"] != reply.headers["x-request-id"] for error in body.get("errors", ())):
            found.append(f"another request id: {reply.body[:200]!r}")
    return found


async def play(served: Served, requests: Mapping[str, bytes]) -> dict[str, bytes]:
    """What came back for each."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(sent: bytes) -> bytes:
        async with room:
            return await exchange(served, sent)

    received = await asyncio.gather(*map(one, requests.values()))
    return dict(zip(requests, received, strict=True))


def open_files(served: Served) -> int:
    return len(list(Path(f"/proc/{served.pid}/fd").iterdir()))


async def given(served: Served) -> dict[str, bytes]:
    return corpus(await served.demo.token("lambert"), await served.demo.company("Chauffage Lambert"))


async def test_a_right_request_is_answered(served: Served) -> None:
    (reply,) = replies(await exchange(served, request()))
    assert (reply.status, reply.body) == (200, b'{"data":{"__typename":"Query"}}')


async def test_no_malformed_request_hurts(served: Served) -> None:
    requests = await given(served)
    assert len(requests) >= 200
    received = await play(served, requests)
    wrong = {name: found for name, answer in received.items() if (found := complaints(requests[name], answer))}
    assert not wrong, "\n".join(f"{name}: {found}" for name, found in wrong.items())
    statuses = Counter(reply.status for answer in received.values() for reply in replies(answer))
    assert statuses.keys() >= {200, 400, 401, 404, 405, 406, 408, 413, 415}
    lines = served.log.read_text(encoding="utf-8", errors="replace").splitlines()
    assert [line for line in lines if line and not line.startswith("{")] == []
    assert [line for line in map(json.loads, filter(None, lines)) if line["level"] == "error"] == []


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc to look into another process")
async def test_nothing_is_left_of_malformed_requests(served: Served) -> None:
    requests = await given(served)
    await play(served, requests)
    before, files = served.resident(), open_files(served)
    for _ in range(2):
        await play(served, requests)
    assert open_files(served) <= files + 2
    assert served.resident() - before < MEMORY
    (reply,) = replies(await exchange(served, request()))
    assert reply.status == 200
