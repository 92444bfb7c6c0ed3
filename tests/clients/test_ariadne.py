"""ariadne-codegen, which needs an older graphql-core than ours: its typed client is made and used."""

import json
import shutil
from pathlib import Path
from typing import Final

from tests.clients.node import HERE
from tests.clients.serving import Served
from tests.clients.venvs import python_with, run
from tests.support.databases import ROOT

ARIADNE: Final = "ariadne-codegen==0.19.0"


async def test_a_typed_client_is_made_and_works(served: Served, tmp_path: Path) -> None:
    python = await python_with("ariadne", ARIADNE)
    folder = tmp_path / "ariadne"
    shutil.copytree(HERE / "ariadne", folder)
    shutil.copy(ROOT / "schema" / "schema.graphql", folder)
    code, told = await run(python.with_name("ariadne-codegen"), folder=folder)
    assert code == 0, told
    token, company = await served.demo.token("compta"), await served.demo.company("Chauffage Lambert")
    code, told = await run(python, "program.py", f"{served.url}/graphql", token, company, folder=folder)
    assert code == 0, told
    assert json.loads(told.splitlines()[-1]) == {
        "companies": 62,
        "types": ["Decimal", "date", "datetime"],
        "documents": 5,
        "language": "FR",
        "refused": "GraphQLClientHttpError",
    }
