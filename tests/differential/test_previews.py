"""`previewAccess` says what the oracle says, of apps switched on and off for many people of a company."""

from typing import Any, Final

from schema.apps import App
from tests.differential.checks.comparison import Bench, execute
from tests.differential.data.dataset import key
from tests.differential.operations.drawn import Case, ids_of

PREVIEW: Final = """
query ($id: ID!, $changes: [AppAccessChange!]) { company(id: $id) { previewAccess(changes: $changes) {
  people { user { id apps } gained { type names } lost { type names } }
  operations { name } apiKeys { apiKey { id label owner { email } } lost { type names } } } } }
"""
APPS: Final = [*App][2:18]
EVERY: Final = 41
"""One of so many people is changed for each app, to keep the oracle's work small."""


async def test_previews_are_those_of_the_oracle(bench: Bench) -> None:
    people = (*ids_of("usr"), *ids_of("ext"))
    changes: list[dict[str, Any]] = [
        {"userId": id_, "app": app.name, "granted": (n + m) % 3 > 0}
        for n, app in enumerate(APPS)
        for m, id_ in enumerate(people[n % 3 :: EVERY])
    ]
    lent = f"usr_{key('membership Lent A ').hex}"
    changes += [
        {"userId": lent, "app": "DISCOUNTS", "granted": False},
        {"userId": lent, "app": "PURCHASES", "granted": True},
    ]
    case, olga = Case(PREVIEW, {"id": f"com_{key('company A').hex}", "changes": changes}), bench.data.viewer("Olga")
    assert await bench.difference(case, olga) is None
    told = (await execute(bench._product, case, olga)).data or b""  # pyright: ignore[reportPrivateUsage]
    for part in (b'"gained":[{', b'"lost":[{', b'"apiKeys":[{'):
        assert part in told
