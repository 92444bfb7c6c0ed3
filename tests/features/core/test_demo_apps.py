"""Behind every app there is something real in every company of the demo, were it switched on."""

import sys

import pytest

from resolvers.gates.table import GatedCoordinate, gate_table
from schema import schema
from schema.apps import CATALOGUE, App
from tests.differential.operations.walking import ROOTS, of_companies, shown_at
from tests.support.databases import Databases
from tests.support.demo_client import Demo, open_demo
from tests.support.sampling import share

LINES: dict[App, list[GatedCoordinate]] = {}
for line in gate_table(schema.core):
    if isinstance(line.gate, App) and line.kind not in ROOTS:
        LINES.setdefault(line.gate, []).append(line)

COMPANIES = 62
WHOLE = 8
"""Of so many apps in a row a sample looks at a share."""

ASK_FOR_ALL = """
update export_request r set requested_by_id = m.id from membership m join account a on a.id = m.account_id
where m.company_id = r.company_id and m.removed_at is null and a.email = 'compta@demo.enfact.test'
"""
"""An export is for the person alone who asked for it."""


async def without(demo: Demo, app: App) -> set[str]:
    """The companies that show nothing behind an app, by name."""
    waiting: set[str] = {row["name"] for row in await demo.connection.fetch("select name from company")}
    assert len(waiting) == COMPANIES
    for line in LINES[app]:
        for selection, path in of_companies(line):
            answer = await demo.ask(
                "compta", f"{{ viewer {{ companies(first: 100) {{ nodes {{ name {selection} }} }} }} }}"
            )
            for company in answer.data["viewer"]["companies"]["nodes"]:
                if shown_at(line, path, company):
                    waiting.discard(company["name"])
            if not waiting:
                return waiting
    return waiting


async def test_every_company_has_something_behind_every_app(databases: Databases) -> None:
    async with open_demo(databases, max_cost=sys.maxsize) as demo:
        await demo.connection.execute("update company set plan = 'PREMIUM', mask = ~repeat('0', 256)::bit(256)")
        await demo.connection.execute(ASK_FOR_ALL)
        apps = list(LINES)[:: WHOLE // share(WHOLE)]
        empty = {app.name: sorted(lacking) for app in apps if (lacking := await without(demo, app))}
        assert empty == {}


@pytest.mark.parametrize("login", ["lambert", "delvaux"])
async def test_an_owner_sees_something_behind_every_active_app(databases: Databases, login: str) -> None:
    async with open_demo(databases, max_cost=sys.maxsize) as demo:
        answer = await demo.ask(login, "{ viewer { companies { nodes { activeApps } } } }")
        (company,) = answer.data["viewer"]["companies"]["nodes"]
        for app in map(App, company["activeApps"]):
            if app in LINES and not CATALOGUE[app].always_visible:
                assert await seen(demo, login, app), app


async def seen(demo: Demo, login: str, app: App) -> bool:
    """Whether the owner reads something behind an app."""
    for line in LINES[app]:
        for selection, path in of_companies(line):
            answer = await demo.ask(login, f"{{ viewer {{ companies {{ nodes {{ {selection} }} }} }} }}")
            if shown_at(line, path, answer.data["viewer"]["companies"]["nodes"][0]):
                return True
    return False
