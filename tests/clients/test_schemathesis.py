"""schemathesis makes operations out of the schema, right ones and wrong ones: none ends in 5xx or in an unknown code.

ENFACT_TEST_SCHEMATHESIS is how many operations it makes for each root field (3 without it, one in a run of all tests);
it runs on a clone that is thrown away.
"""

import os
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

import pytest

from schema.errors import ErrorCode
from tests.clients.node import HERE
from tests.clients.serving import Served, serving
from tests.clients.venvs import python_with, run
from tests.support.databases import Databases
from tests.support.sampling import share

SCHEMATHESIS: Final = "schemathesis==4.32.5"
CODES: Final = ",".join(code for code in ErrorCode if code not in (ErrorCode.INTERNAL, ErrorCode.UNAVAILABLE))
ROOT_FIELDS: Final = 39
USUAL: Final = 3
PASSED: Final = re.compile(r"(\d+) generated, (\d+) passed")
OBJECTS: Final = """
query ($id: ID!) { company(id: $id) {
  users(first: 5) { nodes { id } } customers(first: 3) { nodes { id } } products(first: 3) { nodes { id } }
  invoices(first: 3) { nodes { id lines { id } } } quotes(first: 2) { nodes { id } } tasks(first: 2) { nodes { id } }
} }
"""


@pytest.fixture
async def served(databases: Databases, tmp_path: Path) -> AsyncGenerator[Served]:
    async with serving(databases, tmp_path / "log") as served:
        yield served


async def test_no_operation_of_the_schema_hurts(served: Served, tmp_path: Path) -> None:
    python = await python_with("schemathesis", SCHEMATHESIS)
    company = await served.demo.company("Chauffage Lambert")
    found = (await served.demo.ask("lambert", OBJECTS, id=company)).response.text
    ids = [*[company] * 6, *re.findall(r'"id":"([a-z]+_[0-9a-f]{32})"', found)]
    assert len(ids) > 15
    each = os.environ.get("ENFACT_TEST_SCHEMATHESIS") or str(share(USUAL))
    code, told = await run(
        python.with_name("schemathesis"), "run", f"{served.url}/graphql",
        "--header", f"Authorization: Bearer {await served.demo.token('lambert')}",
        "--checks", "closed_list", "--exclude-name", "Mutation.logout", "--max-examples", each, "--seed", "20261124",
        folder=tmp_path, SCHEMATHESIS_HOOKS=str(HERE / "schemathesis_hooks.py"), CODES=CODES, IDS=",".join(ids),
    )  # fmt: skip
    assert code == 0, told
    counted = PASSED.search(told)
    assert counted, told
    assert int(counted[1]) == int(counted[2]) >= ROOT_FIELDS * int(each), told
    assert '"level":"error"' not in served.log.read_text(encoding="utf-8")
