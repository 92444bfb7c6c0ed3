"""GraphQL over HTTP to the letter: the audit that graphql-http ships."""

from tests.clients.node import checks, problems
from tests.clients.serving import Served

AUDITS = 61


async def test_the_gateway_passes_the_whole_audit(served: Served) -> None:
    seen = await checks("audit.mjs", await served.given())
    assert not problems(seen), "\n".join(problems(seen))
    assert len(seen) == AUDITS
