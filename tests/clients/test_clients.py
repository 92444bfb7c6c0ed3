"""The clients that applications are written with: each script does with its library what an application does."""

import shutil
from pathlib import Path

import pytest

from tests.clients.node import HERE, SCRIPTS, checks, need_packages, node, problems
from tests.clients.serving import Served
from tests.support.databases import ROOT

MODULES = HERE / "node_modules"
COMPILE_RELAY = str(MODULES / "relay-compiler" / "cli.js")
GENERATE = str(MODULES / "@graphql-codegen" / "cli" / "cjs" / "bin.js")
TSC = str(MODULES / "typescript" / "bin" / "tsc")


@pytest.mark.parametrize(("script", "count"), [("apollo.mjs", 12), ("urql.mjs", 7)])
async def test_a_client_works(served: Served, script: str, count: int) -> None:
    seen = await checks(script, await served.given())
    assert not problems(seen), "\n".join(problems(seen))
    assert len(seen) == count


def project(name: str, folder: Path) -> Path:
    """A copy of a folder of this one, with the schema and the packages, in which tools may write."""
    made = folder / name
    shutil.copytree(HERE / name, made)
    shutil.copy(SCRIPTS / "checks.mjs", made)
    shutil.copy(ROOT / "schema" / "schema.graphql", made)
    (made / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (made / "node_modules").symlink_to(MODULES)
    return made


async def test_relay_compiles_and_works(served: Served, tmp_path: Path) -> None:
    need_packages()
    folder = project("relay", tmp_path)
    code, out, err = await node(COMPILE_RELAY, "relay.config.json", folder=folder)
    assert code == 0, out + err
    seen = await checks("relay.mjs", await served.given(), folder=folder)
    assert not problems(seen), "\n".join(problems(seen))
    assert len(seen) == 5


async def test_typed_documents_are_generated_compile_and_work(served: Served, tmp_path: Path) -> None:
    need_packages()
    folder = project("codegen", tmp_path)
    code, out, err = await node(GENERATE, "--config", "codegen.json", folder=folder)
    assert code == 0, out + err
    code, out, err = await node(TSC, "--project", "tsconfig.json", folder=folder)
    assert code == 0, out + err
    seen = await checks("program.ts", await served.given(), folder=folder)
    assert not problems(seen), "\n".join(problems(seen))
    assert len(seen) == 2
