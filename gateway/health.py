"""The endpoints /health/live (the process runs) and /health/ready (the database can be used)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Ready = Callable[[], Awaitable[str | None]]
"""Returns None when requests can be answered, else the reason, in words that anonymous clients may read."""

Hindrance = Callable[[], str | None]
"""Returns why this gateway takes no requests, whatever its database does; None when it does."""

SECONDS: Final = 2.0


class Health(NamedTuple):
    """An answer: its status, the members of its JSON, and headers."""

    status: int
    members: Mapping[str, str]
    headers: Mapping[str, str]


LIVE: Final = Health(200, {"status": "live"}, {"cache-control": "no-store"})


def probed(note: Callable[[], None], hindrance: Hindrance, database: Ready) -> Ready:
    """The readiness of a gateway and then of its database; each probe is noted."""

    async def ready() -> str | None:
        note()
        return hindrance() or await database()

    return ready


async def readiness(ready: Ready) -> Health:
    """The answer to a probe: 503 unless `ready` returns None within two seconds."""
    try:
        async with asyncio.timeout(SECONDS):
            reason = await ready()
    except TimeoutError:
        reason = "the database does not answer in time"
    if reason is None:
        return LIVE._replace(members={"status": "ready"})
    return Health(503, {"status": "unready", "reason": reason}, {**LIVE.headers, "retry-after": "1"})


def health_routes(ready: Ready) -> list[Route]:
    """GET /health/live and GET /health/ready."""

    async def answer_live(_request: Request) -> Response:
        return _response(LIVE)

    async def answer_ready(_request: Request) -> Response:
        return _response(await readiness(ready))

    return [Route("/health/live", answer_live), Route("/health/ready", answer_ready)]


def _response(health: Health) -> Response:
    return JSONResponse(health.members, health.status, health.headers)
