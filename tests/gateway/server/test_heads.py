"""request_head.py on a kept connection: whatever came before, a request is read as on a connection of its own."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from resolvers.request import GraphQLRequest
from tests.gateway.conftest import MakeApp, SmallExecutor
from tests.gateway.server.test_server import BODY, Running, fields, running

JSON = b"content-type: application/json\r\n"
LONGER = b'{"query":"{ name }","variables":{"a":1}}'


def post(*lines: bytes, body: bytes = BODY) -> bytes:
    head = b"".join(b"%b\r\n" % line for line in lines)
    return b"POST /graphql HTTP/1.1\r\nhost: x\r\n%bcontent-length: %d\r\n\r\n%b" % (head, len(body), body)


def of(token: bytes, *more: bytes) -> bytes:
    return post(JSON[:-2], b"authorization: Bearer " + token, *more)


REQUESTS = (
    of(b"ses_one"),
    of(b"ses_two"),
    post(JSON[:-2], b"authorization: Bearer ses_one", body=LONGER),
    of(b"ses_one", b"hidden-fields: error"),
    of(b"ses_one", b"hidden-fields: nonsense"),
    of(b"ses_one", b"authorization: Bearer ses_two"),
    of(b"ses_one", b"content-length: 20"),
    of(b"ses_one", b"idempotency-key: a", b"user-agent: me", b"accept-language: nl"),
    of(b"ses_one", b"accept: image/png"),
    post(JSON[:-2], b"cookie: enfact_session=ses_three", b"origin: http://x", b"user-agent: me"),
    post(JSON[:-2], b"cookie: enfact_session=ses_three", b"origin: http://other", b"user-agent: me"),
    post(b"content-type: text/plain", b"authorization: Bearer ses_one"),
    b"GET /graphql?query={name} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ses_one\r\n\r\n",
    b"PUT /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ses_one\r\ncontent-length: 0\r\n\r\n",
)


async def answer(reader: asyncio.StreamReader) -> tuple[bytes, dict[bytes, bytes], int]:
    """The status line, the header and the size of the next answer."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
    given = fields(head)
    body = await reader.readexactly(int(given.get(b"content-length", b"0")))
    return head.split(b"\r\n")[0], given, len(body)


@pytest.fixture
async def gateway(make_app: MakeApp) -> AsyncGenerator[Running]:
    async with running(make_app, rate=0) as gateway:
        yield gateway


def asked_now(executor: SmallExecutor) -> list[GraphQLRequest]:
    """What the executor was asked since the last call, without what differs by itself."""
    asked, executor.asked[:] = executor.asked.copy(), []
    return [one._replace(request_id="", client=None, hindrance=None, stages=None) for one in asked]


@pytest.mark.parametrize("before", range(len(REQUESTS)))
async def test_a_request_is_read_alike_after_any_other(gateway: Running, executor: SmallExecutor, before: int) -> None:
    for after in range(len(REQUESTS)):
        alone_reader, alone = await gateway.connect()
        alone.write(REQUESTS[after])
        expected = await answer(alone_reader), asked_now(executor)
        alone.close()

        reader, writer = await gateway.connect()
        for _ in range(2):
            writer.write(REQUESTS[before])
            if (await answer(reader))[1].get(b"connection") == b"close":
                break
        else:
            asked_now(executor)
            writer.write(REQUESTS[after])
            assert (await answer(reader), asked_now(executor)) == expected, REQUESTS[after]
        asked_now(executor)
        writer.close()
