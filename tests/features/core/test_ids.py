"""Ids of things: one thing has one id wherever it is met, two things never share one, and `node` finds nodes only."""

import json
import re
from collections.abc import AsyncGenerator
from typing import Any, Final

import pytest

from tests.support.databases import Databases
from tests.support.demo_client import Demo, open_demo

VIEWER: Final = "{ id account { id } companies(first: 2) { nodes { id access { id company { id access { id } } } } } }"
THINGS: Final = """
query ($id: ID!) {
  viewer { id }
  apps { id app }
  company(id: $id) {
    access { id company { id } user { id } }
    dashboard { id } defaults { id } emailSettings { id } agendaSettings { id }
    a: report(kind: SALES, period: {from: "2026-01-01", until: "2026-06-30"}) { id rows { id month } }
    b: report(kind: SALES, period: {from: "2026-01-01", until: "2026-07-31"}) { id rows { id month } }
    c: report(kind: QUOTES, period: {from: "2026-01-01", until: "2026-06-30"}) { id rows { id month } }
    d: search(text: "chaud") { id } e: search(text: " chaud ") { id } f: search(text: "froid") { id }
    permissionMatrix { id apps { id app } rows { id cells { id app } } }
    part: permissionMatrix(apps: [STOCK]) { id rows { id cells { id app } } }
    past: permissionMatrix(at: "2026-05-03T10:00:00Z") { id rows { id cells { id } } }
    products(first: 100) { nodes { id } }
  }
}
"""
NODES: Final = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[Demo]:
    async with open_demo(databases) as demo:
        yield demo


def ids(data: Any) -> set[str]:
    """All values of fields with the name `id`."""
    return set(re.findall(r'"id": "([^"]+)"', json.dumps(data)))


@pytest.fixture(scope="module")
async def seen(demo: Demo) -> Any:
    answer = await demo.ask("lambert", THINGS, id=await demo.company("Chauffage Lambert"))
    assert (answer.codes, answer.notes) == ([], [])
    return answer.data


async def test_the_access_of_a_person_has_one_id_in_each_company(demo: Demo) -> None:
    answer = await demo.ask("noah", f"{{ viewer {VIEWER} }}")
    viewer = answer.data["viewer"]
    assert viewer["id"] == f"vwr{viewer['account']['id'][3:]}"
    nodes = viewer["companies"]["nodes"]
    assert len({node["access"]["id"] for node in nodes}) == 2
    for node in nodes:
        assert node["access"] == {
            "id": node["access"]["id"], "company": {"id": node["id"], "access": {"id": node["access"]["id"]}},
        }  # fmt: skip


async def test_from_outside_one_is_no_user_of_the_company(demo: Demo, seen: Any) -> None:
    answer = await demo.ask("compta", THINGS, id=await demo.company("Chauffage Lambert"))
    assert answer.data["company"]["access"]["user"] is None
    assert answer.data["company"]["access"]["id"] != seen["company"]["access"]["id"]
    user = await demo.user("lambert", "Chauffage Lambert")
    assert seen["company"]["access"]["user"] == {"id": user}


async def test_a_part_and_a_moment_of_the_matrix_leave_the_whole_alone(seen: Any) -> None:
    whole, part, past = (seen["company"][key] for key in ("permissionMatrix", "part", "past"))
    assert len({of["id"] for of in (whole, part, past)}) == 3
    rows = {key: {row["id"] for row in of["rows"]} for key, of in (("whole", whole), ("part", part), ("past", past))}
    assert not rows["whole"] & rows["part"]
    assert not rows["whole"] & rows["past"]
    cells = {cell["id"]: cell["app"] for row in whole["rows"] for cell in row["cells"]}
    assert len(cells) == len(whole["rows"]) * len(whole["apps"])
    assert {cell["id"] for row in part["rows"] for cell in row["cells"]} == {
        id_ for id_, app in cells.items() if app == "STOCK"
    }
    assert not {cell["id"] for row in past["rows"] for cell in row["cells"]} & cells.keys()


async def test_what_was_asked_is_part_of_the_id(seen: Any) -> None:
    company = seen["company"]
    assert len({company[key]["id"] for key in "abc"}) == 3
    months = [row["id"] for key in "abc" for row in company[key]["rows"]]
    assert len(months) > 12
    assert len(set(months)) == len(months)
    assert company["d"]["id"] == company["e"]["id"] != company["f"]["id"]


async def test_an_app_is_one_thing_in_the_catalogue_and_in_the_matrix(seen: Any) -> None:
    catalogue = {app["app"]: app["id"] for app in seen["apps"]}
    assert catalogue["STOCK"] == "app_STOCK"
    assert all(catalogue[app["app"]] == app["id"] for app in seen["company"]["permissionMatrix"]["apps"])


async def test_no_two_types_share_an_id_and_node_finds_only_nodes(demo: Demo, seen: Any) -> None:
    found = sorted(ids(seen))
    prefixes = {id_.split("_")[0] for id_ in found}
    assert {"vwr", "acs", "app", "pmx", "prw", "pcl", "dsh", "rep", "rrw", "sch", "dfl", "ems", "ags"} <= prefixes
    nodes: list[str] = []
    for start in range(0, len(found), 100):
        answer = await demo.ask("lambert", NODES, ids=found[start : start + 100])
        assert answer.codes == []
        nodes += [node["id"] for node in answer.data["nodes"] if node]
    assert {id_.split("_")[0] for id_ in nodes} == {"com", "usr", "pro"}


async def test_a_hidden_thing_tells_no_id(demo: Demo) -> None:
    company = await demo.company("Bières Delvaux")
    query = "query ($id: ID!) { company(id: $id) { dashboard { id } permissionMatrix { id rows { cells { id } } } } }"
    answer = await demo.ask("noah", query, id=company)
    assert answer.data["company"] == {"dashboard": None, "permissionMatrix": None}
    assert [note["path"][-1] for note in answer.notes] == ["dashboard", "permissionMatrix"]
