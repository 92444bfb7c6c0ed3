"""The endpoints /health/live (the process runs) and /health/ready (the database can be used)."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Ready = Callable[[], Awaitable[str | None]]
"""Returns None when requests can be answered, else the reason, in words that anonymous clients may read."""

SECONDS = 2.0
FRESH = {"cache-control": "no-store"}


def health_routes(ready: Ready) -> list[Route]:
    """GET /health/live and GET /health/ready; the latter is 503 unless `ready` returns None within two seconds."""

    async def live(_request: Request) -> Response:
        return JSONResponse({"status": "live"}, headers=FRESH)

    async def readiness(_request: Request) -> Response:
        try:
            async with asyncio.timeout(SECONDS):
                reason = await ready()
        except TimeoutError:
            reason = "the database does not answer in time"
        if reason is None:
            return JSONResponse({"status": "ready"}, headers=FRESH)
        return JSONResponse({"status": "unready", "reason": reason}, 503, headers=FRESH | {"retry-after": "1"})

    return [Route("/health/live", live), Route("/health/ready", readiness)]
