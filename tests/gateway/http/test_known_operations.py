"""Operations known in advance, over HTTP: automatic persisted queries, trusted documents, and nothing but these."""

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from gateway.in_process import open_in_process
from gateway.persisted_manifests import ManifestBroken, check_manifests, known_operations, read_manifest
from gateway.settings import Settings
from resolvers.cache import Cache
from resolvers.compilation.compiler import Compiler
from resolvers.execution.product import default_compiler
from resolvers.operation.documents import Documents
from resolvers.operation.persisted import PersistedDocuments
from resolvers.request import DocumentReference, GraphQLRequest, RequestError
from schema import schema
from tests.support.commands import enfact
from tests.support.demo_client import JSON, Answer, open_client

APPS = "query Apps { apps(kind: BASE) { app } }"
NAMES = "query Names { __typename apps(kind: PART) { app label(language: NL) } }"
SIGN_OUT = "mutation Leave { logout { viewer { account { email } } } }"
MD5 = "9a0364b9e99bb480dd25e1f0284c8555"

Open = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def by_hash(hash_: str) -> dict[str, Any]:
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash_}}}


async def post(client: httpx.AsyncClient, body: Mapping[str, Any]) -> Answer:
    return Answer(await client.post("/graphql", json=dict(body), headers={"accept": JSON}))


async def get(client: httpx.AsyncClient, body: Mapping[str, Any]) -> Answer:
    params = {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
    return Answer(await client.get("/graphql", params=params, headers={"accept": JSON}))


async def refused(answer: Answer) -> tuple[int, list[str], str]:
    return answer.response.status_code, answer.codes, answer.body["errors"][0]["message"]


@pytest.fixture
async def client(worker_dsn: str) -> AsyncGenerator[httpx.AsyncClient]:
    async with open_client(worker_dsn, pool_size=1) as client:
        yield client


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """As graphql-codegen's client preset writes it."""
    file = tmp_path / "persisted-documents.json"
    file.write_text(json.dumps({sha256(APPS): APPS, f"sha256:{sha256(NAMES)}": NAMES, MD5: SIGN_OUT}))
    return file


# Automatic persisted queries


@pytest.mark.parametrize("send", [post, get])
async def test_a_hash_is_asked_for_its_text_once(client: httpx.AsyncClient, send: Any) -> None:
    wanted = by_hash(sha256(APPS))
    assert await refused(await send(client, wanted)) == (200, ["PERSISTED_QUERY_NOT_FOUND"], "PersistedQueryNotFound")
    registered = await send(client, {"query": APPS, **wanted})
    assert registered.data["apps"]
    for again in (post, get):
        assert (await again(client, wanted)).told == registered.told


async def test_a_hash_that_is_another_texts_is_refused_and_stores_nothing(client: httpx.AsyncClient) -> None:
    wanted = by_hash(sha256(APPS))
    status, codes, _ = await refused(await post(client, {"query": NAMES, **wanted}))
    assert (status, codes) == (422, ["BAD_USER_INPUT"])
    assert (await post(client, wanted)).codes == ["PERSISTED_QUERY_NOT_FOUND"]


@pytest.mark.parametrize("text", ["{ nothing }", "{", "{ viewer { account { email(", ""])
async def test_only_a_valid_text_is_stored(client: httpx.AsyncClient, text: str) -> None:
    wanted = by_hash(sha256(text))
    assert (await post(client, {"query": text, **wanted})).data is None
    assert (await post(client, wanted)).codes == ["PERSISTED_QUERY_NOT_FOUND"]


async def test_variables_and_the_name_of_the_operation_come_along(client: httpx.AsyncClient) -> None:
    text = "query A($kind: AppKind!) { apps(kind: $kind) { kind } } query B { __typename }"
    wanted = by_hash(sha256(text))
    first = await post(client, {"query": text, "operationName": "B", **wanted})
    assert first.data == {"__typename": "Query"}
    found = await get(client, {"operationName": "A", "variables": {"kind": "PART"}, **wanted})
    assert {app["kind"] for app in found.data["apps"]} == {"PART"}


async def test_a_mutation_is_not_run_by_get_however_it_is_named(client: httpx.AsyncClient) -> None:
    wanted = by_hash(sha256(SIGN_OUT))
    assert (await post(client, {"query": SIGN_OUT, **wanted})).codes == ["UNAUTHENTICATED"]
    assert (await get(client, wanted)).codes == ["METHOD_NOT_ALLOWED"]


@pytest.mark.parametrize(
    "extensions",
    [
        {"persistedQuery": {"version": 2, "sha256Hash": "0" * 64}},
        {"persistedQuery": {"sha256Hash": "0" * 64}},
        {"persistedQuery": {"version": 1}},
        {"persistedQuery": {"version": 1, "sha256Hash": 5}},
        {"persistedQuery": {"version": 1, "sha256Hash": ""}},
        {"persistedQuery": {"version": 1, "sha256Hash": "0" * 201}},
        {"persistedQuery": "x"},
        {"persistedQuery": []},
    ],
)
@pytest.mark.parametrize("query", [{}, {"query": APPS}])
async def test_what_is_no_reference_is_refused(
    client: httpx.AsyncClient, extensions: dict[str, Any], query: dict[str, str]
) -> None:
    answer = await post(client, {**query, "extensions": extensions})
    assert (answer.response.status_code, answer.codes) == (422, ["BAD_USER_INPUT"])


@pytest.mark.parametrize(
    "body", [{"documentId": "x" * 201}, {"documentId": "a", **by_hash("b")}, {"documentId": "a", "query": APPS}]
)
async def test_two_references_and_long_ones_are_refused(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await post(client, body)).codes == ["BAD_USER_INPUT"]


def test_a_flood_of_texts_takes_bounded_room_and_leaves_what_is_used() -> None:
    known = PersistedDocuments(Documents(schema.core), room=20_000)

    def ask(text: str, hash_: str) -> None:
        known.document(GraphQLRequest(text, reference=DocumentReference(sha256_hash=hash_)))

    ask(APPS, sha256(APPS))
    ask("", sha256(APPS))
    texts = [f"{{ apps {{ app }} }} # {n} {'x' * 1_000}" for n in range(60)]
    for text in texts:
        ask(text, sha256(text))
    ask("", sha256(APPS))
    kept = 0
    for text in texts:
        try:
            ask("", sha256(text))
            kept += 1
        except RequestError:
            pass
    assert 0 < kept <= 15


# Trusted documents


async def test_a_trusted_document_is_found_by_every_name_it_has(worker_dsn: str, manifest: Path) -> None:
    async with open_client(worker_dsn, pool_size=1, documents=str(manifest)) as client:
        expected = (await post(client, {"query": APPS})).told
        for name in (sha256(APPS), f"sha256:{sha256(APPS)}"):
            for send in (post, get):
                assert (await send(client, {"documentId": name})).told == expected
                assert (await send(client, by_hash(name))).told == expected
        assert (await post(client, {"documentId": sha256(NAMES)})).data["__typename"] == "Query"
        assert (await post(client, {"documentId": MD5})).codes == ["UNAUTHENTICATED"]
        assert (await post(client, by_hash(MD5))).codes == ["UNAUTHENTICATED"]
        unknown = await post(client, {"documentId": "nobody"})
        assert (unknown.response.status_code, unknown.codes) == (422, ["PERSISTED_QUERY_NOT_FOUND"])


async def test_what_a_client_registered_is_no_trusted_document(client: httpx.AsyncClient) -> None:
    assert (await post(client, {"query": APPS, **by_hash(sha256(APPS))})).data
    assert (await post(client, {"documentId": sha256(APPS)})).codes == ["PERSISTED_QUERY_NOT_FOUND"]


async def test_with_documents_only_no_text_is_admitted(worker_dsn: str, manifest: Path) -> None:
    async with open_client(worker_dsn, pool_size=1, documents=str(manifest), documents_only=True) as client:
        other = "{ apps { app } }"
        for send in (post, get):
            for body in ({"query": APPS}, {"query": other}, {"query": other, **by_hash(sha256(other))}):
                assert (await send(client, body)).codes == ["PERSISTED_QUERY_REQUIRED"]
            assert (await send(client, by_hash(sha256(other)))).codes == ["PERSISTED_QUERY_NOT_FOUND"]
            assert (await send(client, {"documentId": sha256(APPS)})).data["apps"]
            assert (await send(client, by_hash(sha256(APPS)))).data["apps"]
        assert (await post(client, {"query": "", "documentId": sha256(APPS)})).codes == ["BAD_USER_INPUT"]
        assert (await post(client, {"query": ""})).codes == ["PERSISTED_QUERY_REQUIRED"]


async def test_the_schemas_own_execute_admits_no_text_either(worker_dsn: str, manifest: Path) -> None:
    settings = Settings.model_validate(
        {"database_url": SecretStr(worker_dsn), "documents": str(manifest), "documents_only": True, "log_level": "off"}
    )
    async with open_in_process(settings) as bound:
        result = await bound.execute(APPS)
        await asyncio.sleep(0)  # what the backend does beside requests has to have begun before it can end
    assert result.errors is not None
    assert [(error.extensions or {})["code"] for error in result.errors] == ["PERSISTED_QUERY_REQUIRED"]


BATCH: Final = "{" + " ".join(f"_{n}_apps: apps(kind: BASE) {{ app }}" for n in range(21)) + "}"
"""Twenty-one queries in one document, as batch-execute of graphql-tools writes them."""


@pytest.mark.parametrize(
    ("text", "settings", "word"),
    [
        (BATCH, {}, "20 fields at the root"),
        (BATCH, {"max_root_fields": 21}, None),
        (BATCH, {"max_root_fields": 21, "max_aliases": 20}, "20 aliases"),
        (BATCH, {"max_root_fields": 21, "max_document": 1_024}, None),
        (BATCH + " " * 1_024, {"max_root_fields": 21, "max_document": 1_024}, "1024 characters"),
        ("{ apps { app } }", {"max_depth": 1}, "1 levels of fields"),
    ],
)
async def test_the_size_of_a_document_is_the_operators_to_set(
    worker_dsn: str, text: str, settings: dict[str, int], word: str | None
) -> None:
    async with open_client(worker_dsn, pool_size=2, **settings) as client:
        answer = await post(client, {"query": text})
        await asyncio.sleep(0)  # what the backend does beside requests has to have begun before it can end
    if word is None:
        assert answer.codes == []
    else:
        assert (answer.response.status_code >= 400, word in answer.body["errors"][0]["message"]) == (True, True)


async def test_a_trusted_document_may_be_larger(worker_dsn: str, tmp_path: Path) -> None:
    manifest = tmp_path / "large.json"
    manifest.write_text(json.dumps({"batch": BATCH}), encoding="utf-8")
    check_manifests([manifest])
    async with open_client(worker_dsn, pool_size=2, documents=str(manifest)) as client:
        ways: list[dict[str, Any]] = [{"documentId": "batch"}, {"query": BATCH}, by_hash(sha256(BATCH))]
        for body in ways:
            assert len((await post(client, body)).data) == 21
        assert (await post(client, {"query": BATCH + " "})).codes == ["GRAPHQL_VALIDATION_FAILED"]
    larger = "{" + " ".join(f"_{n}: apps {{ app }}" for n in range(81)) + "}"
    manifest.write_text(json.dumps({"batch": larger}), encoding="utf-8")
    with pytest.raises(ManifestBroken, match="80 fields at the root"):
        check_manifests([manifest])


def test_what_is_kept_in_advance_no_flood_evicts() -> None:
    usual = default_compiler()
    compiler = Compiler(usual.schema, usual.layout, Cache(60_000))
    documents = Documents(usual.schema, room=400_000)
    text = "query One($id: ID!, $more: Boolean!) { company(id: $id) { name vatNumber @include(if: $more) } }"
    document, ordinary = documents.pin(text), documents.find(APPS)
    operation = document.choose(None)
    kept = compiler.keep(operation)
    assert ["vat_number" in statement.sql for statement in kept] == [True, False]
    for n in range(20):
        flood = documents.find(f'{{ company(id: "x") {{ f{n}: name {"vatNumber " * 20} }} }}')
        compiler.read(flood.choose(None), {})
    given = ({"id": "com_1", "more": True}, {"id": "com_2", "more": False})
    assert tuple(compiler.read(operation, variables) for variables in given) == kept
    assert all(compiler.read(operation, variables) is one for variables, one in zip(given, kept, strict=True))
    assert documents.find(text) is document
    assert documents.find(APPS) is not ordinary


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("query ($id: ID!) { node(id: $id) { id ... on Invoice { number } ... on Customer { name } } }", 2),
        ("query ($ids: [ID!]!) { nodes(ids: $ids) { ...F } } fragment F on Quote { number }", 1),
        ("query ($n: Int, $f: ViewerCompanyFilter) { viewer { companies(first: $n, filter: $f) { totalCount } } }", 1),
        ("mutation ($input: LoginInput!) { login(input: $input) { token } a: logout { __typename } }", 2),
        ("query ($after: String!) { viewer { companies(after: $after) { totalCount } } }", 1),
        ("subscription ($id: ID!) { accessChanged(companyId: $id) { apps } }", 1),
        ("query ($of: App!) { company(id: \"\") { access { can(app: $of) } } }", 1),
    ],
)  # fmt: skip
def test_an_operation_is_compiled_for_the_values_that_are_plausible(text: str, statements: int) -> None:
    usual = default_compiler()
    compiler = Compiler(usual.schema, usual.layout)
    kept = compiler.keep(Documents(usual.schema).pin(text).choose(None))
    assert len({statement.sql for statement in kept}) == statements


# Manifests

APOLLO = {
    "format": "apollo-persisted-query-manifest",
    "version": 1,
    "operations": [
        {"id": "one", "name": "Apps", "type": "query", "body": APPS},
        {"id": "two", "name": "Leave", "type": "mutation", "body": SIGN_OUT},
    ],
}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({f"sha256:{sha256(APPS)}": APPS}, {f"sha256:{sha256(APPS)}": APPS}),
        ({MD5: APPS}, {MD5: APPS}),
        (APOLLO, {"one": APPS, "two": SIGN_OUT}),
        ({}, {}),
    ],
    ids=["graphql-codegen", "relay-compiler", "Apollo", "empty"],
)
def test_the_forms_of_manifests_are_read(tmp_path: Path, written: Any, read: Any) -> None:
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps(written))
    assert read_manifest(file) == read
    check_manifests([file])


BROKEN = {
    "no JSON": ('{\n"a": ', "line 2: is not JSON"),
    "no UTF-8": (b'{"a": "\xff"}', "is not JSON in UTF-8"),
    "deep": ("[" * 200_000, "is not JSON"),
    "a list": ("[]", "has to be an object"),
    "no text": ('{"a": 5}', "operation a has no text"),
    "no id": ('{"": "{ __typename }"}', "an id has 1 to 200 characters"),
    "long id": (json.dumps({"a" * 201: APPS}), "an id has 1 to 200 characters"),
    "twice": ('{"a": "{ __typename }", "a": "{ viewer { __typename } }"}', "a is there twice"),
    "another format": ('{"format": "x", "version": 1, "operations": []}', "the only format"),
    "another version": (json.dumps({**APOLLO, "version": 2}), "the only format"),
    "operations no list": (json.dumps({**APOLLO, "operations": {}}), "`operations` has to be a list"),
    "Apollo without id": (json.dumps({**APOLLO, "operations": [{"body": APPS}]}), "number 1 has no `id`"),
    "Apollo twice": (json.dumps({**APOLLO, "operations": APOLLO["operations"] * 2}), "one is there twice"),  # type: ignore[operator]
    "syntax": (json.dumps({"a": "{\n  viewer {"}), "operation a: line 2: Syntax Error"),
    "unknown field": (json.dumps({"a": "{\n\n  vieuwer }"}), "operation a: line 3: Cannot query field 'vieuwer'"),
    "too large": (json.dumps({"a": "{ " + "__typename " * 3_000 + "}"}), "operation a: "),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_manifest_is_told_with_file_id_and_line(tmp_path: Path, case: str) -> None:
    content, message = BROKEN[case]
    file = tmp_path / "manifest.json"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    for read in (check_manifests, known_operations):
        with pytest.raises(ManifestBroken) as broken:
            read([file])
        assert str(broken.value).startswith(f"{file}: ")
        assert message in str(broken.value)


def test_a_gateway_with_a_broken_manifest_does_not_start(tmp_path: Path) -> None:
    file, data = tmp_path / "manifest.json", tmp_path / "data"
    file.write_text(json.dumps({"a": "{ nothing }"}))
    for workers in ("1", "2"):
        done = enfact("serve", "--port", "0", "--workers", workers, "--data", str(data), ENFACT_DOCUMENTS=str(file))
        assert done.returncode == 1
        refusal = f"enfact: {file}: operation a: line 1: Cannot query field 'nothing' on type 'Query'."
        assert done.stderr.splitlines() == ["enfact: Loading the gateway …", refusal]
    assert not data.exists()


def test_two_manifests_may_share_an_operation_but_not_an_id(tmp_path: Path) -> None:
    one, two, three = (tmp_path / f"{n}.json" for n in range(3))
    for file, text in ((one, APPS), (two, APPS), (three, NAMES)):
        file.write_text(json.dumps({"a": text}))
    check_manifests([one, two])
    with pytest.raises(ManifestBroken, match="operation a has another text in"):
        check_manifests([one, three])
    with pytest.raises(ManifestBroken, match="No such file"):
        check_manifests([tmp_path / "none.json"])


def test_nothing_but_documents_needs_documents(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="ENFACT_DOCUMENTS"):
        Settings.model_validate({"documents_only": True})
    monkeypatch.setenv("ENFACT_DOCUMENTS", f"{manifest}, b.json")
    monkeypatch.setenv("ENFACT_DOCUMENTS_ONLY", "true")
    settings = Settings()
    assert (settings.documents, settings.documents_only) == ((manifest, Path("b.json")), True)
