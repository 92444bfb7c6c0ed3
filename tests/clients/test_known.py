"""Operations known in advance, as Apollo, urql, graphql-codegen and Relay know them."""

import json
from pathlib import Path

from tests.clients.node import checks, need_packages, node, problems
from tests.clients.serving import Served, serving
from tests.clients.test_clients import COMPILE_RELAY, GENERATE, project
from tests.support.databases import Databases


async def test_automatic_persisted_queries_work(served: Served) -> None:
    seen = await checks("known.mjs", await served.given())
    assert not problems(seen), "\n".join(problems(seen))
    assert len(seen) == 4


async def test_trusted_documents_of_both_compilers_are_admitted_and_nothing_else(
    databases: Databases, tmp_path: Path
) -> None:
    need_packages()
    codegen, relay = project("codegen", tmp_path), project("relay", tmp_path)
    replace(codegen / "codegen.json", '"presetConfig": {', '"presetConfig": { "persistedDocuments": true,')
    replace(relay / "relay.config.json", '"src"', '"persistConfig": { "file": "./persisted.json" }, "src"')
    (relay / "persisted.json").write_text("{}", encoding="utf-8")
    for folder, command in (
        (codegen, (GENERATE, "--config", "codegen.json")),
        (relay, (COMPILE_RELAY, "relay.config.json")),
    ):
        code, out, err = await node(*command, folder=folder)
        assert code == 0, out + err
    manifests = codegen / "gql" / "persisted-documents.json", relay / "persisted.json"
    documents = {
        manifest.parent.name: next(
            identity for identity, text in json.loads(manifest.read_text(encoding="utf-8")).items() if begins in text
        )
        for manifest, begins in zip(manifests, ("query Invoices", "query queriesCompanyQuery"), strict=True)
    }
    settings = {"ENFACT_DOCUMENTS": ",".join(map(str, manifests)), "ENFACT_DOCUMENTS_ONLY": "true"}
    async with serving(databases, tmp_path / "log", **settings) as served:
        seen = await checks("trusted.mjs", {**await served.given(), "documents": documents})
    assert not problems(seen), "\n".join(problems(seen))
    assert len(seen) == 3


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")
