"""Subscriptions by the clients that applications use for them."""

from tests.clients.node import checks, problems
from tests.clients.serving import Served


async def test_subscriptions_work_with_every_client(served: Served) -> None:
    seen = await checks("live.mjs", await served.given())
    assert not problems(seen), "\n".join(problems(seen))
    assert len(seen) == 13
