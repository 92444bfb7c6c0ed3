"""The console's operations: valid, affordable, each sent by a script; and admitted where nothing else is."""

import json
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.operation_files import console_operations, operations_of
from gateway.pages.files import FOLDER
from gateway.persisted_manifests import ManifestBroken, read_manifest
from resolvers.request_limits import MAX_COST
from tests.support.commands import enfact
from tests.support.demo_client import open_client

FILE = FOLDER / "operations.graphql"
SENT = re.compile(r'\b(?:ask|answer|change|live)\(\s*"(\w+)"')


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """What `enfact documents check` says of them."""
    done = enfact("documents", "check", str(FILE), "--json", DATABASE_URL="")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_every_operation_is_valid_and_no_dearer_than_any_client_may_be(report: dict[str, Any]) -> None:
    assert report["invalid"] == []
    assert [one["name"] for one in report["operations"]] == list(operations_of(FILE.read_text(encoding="utf-8")))
    assert len(report["operations"]) > 20
    costs = {one["name"]: one["cost"] for one in report["operations"]}
    assert {name for name, cost in costs.items() if cost > MAX_COST} == {"Preview"}, (
        "only lists of changes may be as long as to be refused"
    )
    assert {name for name, cost in costs.items() if cost == 0} == {"Explain"}, (
        "only the text of an operation is unknown"
    )


def test_owners_see_all_of_every_operation(report: dict[str, Any]) -> None:
    hidden = {
        f"{one['name']}: {'.'.join(line['path'])}"
        for one in report["operations"]
        for line in one["roles"].get("OWNER", {"hidden": []})["hidden"]
    }
    assert hidden == set()


def test_every_operation_is_sent_and_every_one_that_is_sent_exists() -> None:
    scripts = [path for path in FOLDER.rglob("*.js") if path.parent.name != "vendor"]
    code = "\n".join(path.read_text(encoding="utf-8") for path in scripts)
    known = {id_.removeprefix("console/") for id_ in console_operations()}
    assert set(SENT.findall(code)) <= known
    assert {name for name in known if f'"{name}"' not in code} == set()
    assert len(SENT.findall(code)) > 20


@pytest.fixture
async def strict(worker_dsn: str, tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of a gateway that admits the documents of one manifest, with limits that only trusted ones exceed."""
    manifest = tmp_path / "own.graphql"
    manifest.write_text("query Apps { apps { app } }", encoding="utf-8")
    async with open_client(worker_dsn, documents=str(manifest), documents_only=True, max_depth=2) as client:
        yield client


async def test_they_are_admitted_where_only_trusted_documents_are(strict: httpx.AsyncClient) -> None:
    me = await strict.post("/graphql", json={"documentId": "console/Me", "variables": {}})
    assert (me.status_code, me.json()) == (200, {"data": {"viewer": None}})
    own = await strict.post("/graphql", json={"documentId": "Apps"})
    assert "apps" in own.json()["data"]
    other = await strict.post("/graphql", json={"query": "{ __typename }"})
    assert other.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_REQUIRED"


async def test_without_the_console_its_operations_are_not_known(worker_dsn: str) -> None:
    async with open_client(worker_dsn, console="off") as client:
        assert (await client.post("/graphql", json={"query": "{ apps { app } }"})).status_code == 200
        answer = await client.post("/graphql", json={"documentId": "console/Me"})
    assert answer.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{ apps { app } }", "only operations and fragments with a name may be there"),
        ("type A { b: Int }", "only operations and fragments with a name may be there"),
        ("query A { apps { app } } query A { apps { app } }", "A is there twice"),
        ("query A {\n", "line 2: Syntax Error: Expected Name, found <EOF>."),
    ],
)
def test_a_file_of_operations_that_is_none_is_refused(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "broken.graphql"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ManifestBroken, match=re.escape(f"{file}: {why}")):
        read_manifest(file)


def test_an_operation_has_the_fragments_that_it_uses_and_no_others() -> None:
    text = "query A { ...B } fragment B on Query { ...A } fragment A on Query { apps { app } } query C { apps { app } }"
    found = operations_of(text)
    assert found.keys() == {"A", "C"}
    assert found["A"].count("fragment") == 2
    assert found["C"].count("fragment") == 0
