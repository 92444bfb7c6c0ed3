"""GraphQL over HTTP by the audit that graphql-http ships, which is older than the specification's first edition."""

from typing import Final

from tests.clients.node import checks
from tests.clients.serving import Served

AUDITS: Final = 61
NOT_WELL_FORMED: Final = "a request that is not well-formed: 422 since the first edition, of which the audit knows 400"
LEGACY: Final = "application/json alone: 4xx since the first edition, of which the audit knows 200"

DIFFERENCES: Final = {
    **dict.fromkeys(("423L", "LKJ0", "LKJ1", "LKJ2", "LKJ3", "3E3A"), NOT_WELL_FORMED),
    **dict.fromkeys(("6C00", "6C01", "6C02", "6C03", "4760", "4761", "4762", "4763"), NOT_WELL_FORMED),
    **dict.fromkeys(("58B0", "58B1", "58B2", "58B3"), NOT_WELL_FORMED),
    **dict.fromkeys(("572B", "FDE2", "7B9B"), LEGACY),
    "86EE": "variables that cannot be coerced: 422 since the first edition, of which the audit knows 400",
}
"""The checks of the audit that contradict the specification, by their ids, each with the reason."""


async def test_the_gateway_passes_the_audit_but_where_the_specification_differs(served: Served) -> None:
    seen = await checks("audit.mjs", await served.given())
    assert len(seen) == AUDITS
    failed = {check.name.split()[0]: f"{check.name}: {check.problem}" for check in seen if check.problem is not None}
    assert failed.keys() == DIFFERENCES.keys(), failed
