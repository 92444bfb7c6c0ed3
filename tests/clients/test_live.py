"""Subscriptions by the clients that applications use for them."""

import re

import pytest

from tests.clients.node import checks, problems
from tests.clients.serving import Served
from tests.databases import ROOT

SCHEMA = (ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8")
pytestmark = pytest.mark.skipif(
    re.search(r"^schema \{[^}]* subscription: ", SCHEMA, re.MULTILINE) is None, reason="the schema has no subscriptions"
)


async def test_subscriptions_work_with_every_client(served: Served) -> None:
    seen = await checks("live.mjs", await served.given())
    assert not problems(seen), "\n".join(problems(seen))
    assert len(seen) == 12
