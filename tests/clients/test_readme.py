"""The programs of the README work as they stand there, but for the address and the credential."""

import asyncio
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Final

import pytest

from gateway.cli import typescript
from tests.clients.node import SCRIPTS, checks, need_packages, node, problems
from tests.clients.serving import Served
from tests.clients.test_clients import COMPILE_RELAY, TSC, project
from tests.clients.venvs import run
from tests.support.databases import ROOT

ADDRESS = "localhost:8000"
TOGGLE = "mutation ($input: SetAppAccessInput!) { setAppAccess(input: $input) { errors { code } } }"
VERSION = "query ($id: ID!) { company(id: $id) { permissionMatrix { version } } }"
APPS_PROGRAM = """
import { appsOfField, type App, type GatedField } from "./apps.ts";

const fields: GatedField[] = ["Company.invoices", "Invoice.discount"];
const needed: readonly App[] = fields.flatMap((field) => [...appsOfField[field]]);
// @ts-expect-error: a field without a gate
appsOfField["Company.name"];
// @ts-expect-error: an app that does not exist
const wrong: App = "MOON";
console.log(needed.join(" "));
"""
KEY = 'mutation { createApiKey(input: {label: "A tool", readOnly: true}) { key errors { code } } }'


def programs(language: str) -> list[str]:
    """The blocks of code in the README's part about calling the gateway."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Calling it\n")[2].partition("\n## ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def program_with(*texts: str) -> str:
    """The only JavaScript program that has these texts."""
    (program,) = [program for program in programs("js") if all(text in program for text in texts)]
    return program


async def outcome(served: Served, program: str, told: str, who: str, folder: Path, begins: str = "") -> object:
    """What a JavaScript program has at its end, as somebody of the demo."""
    token = json.dumps(await served.demo.token(who))
    text = f"const token = {token};\n{begins}\n{here(served, program)}\nconsole.log(JSON.stringify({told}));\n"
    (folder / "program.mjs").write_text(text, encoding="utf-8")
    code, out, err = await node("program.mjs", folder=folder)
    assert code == 0, err
    return json.loads(out)


def here(served: Served, program: str) -> str:
    """A program that asks the gateway of the test."""
    assert program.count(ADDRESS) == 1
    return program.replace(ADDRESS, served.url.removeprefix("http://"))


async def stir(served: Served, company: str, user: str, enough: asyncio.Event) -> None:
    """Switch an app of a seller off and on, again and again until it is enough."""
    while not enough.is_set():
        for granted in (False, True):
            answer = await served.demo.ask("lambert", VERSION, id=company)
            given = {
                "companyId": company,
                "expectedVersion": answer.data["company"]["permissionMatrix"]["version"],
                "changes": [{"userId": user, "app": "DISCOUNTS", "granted": granted}],
            }
            answer = await served.demo.ask("lambert", TOGGLE, input=given)
            assert answer.data["setAppAccess"]["errors"] == []
        await asyncio.sleep(0.2)


async def test_the_javascript_of_the_readme_works(served: Served, tmp_path: Path) -> None:
    need_packages()
    folder = project("relay", tmp_path)
    mobile, live = program_with("const ask ="), program_with("graphql-ws")
    shown = "[Object.keys(data.company), errors ?? null]"
    assert await outcome(served, mobile, shown, "eva", folder) == [["name", "agendaEvents"], None]
    assert await outcome(served, mobile, shown, "lambert", folder) == [["name", "agendaEvents", "invoices"], None]
    company = await served.demo.company("Chauffage Lambert")
    begins = (
        f"const companyId = {json.dumps(company)}; let seen; const show = (apps) => {{ seen = apps; live.dispose(); }};"
    )
    for who in ("noah", "lambert"):  # one after the other: they share a connection
        await served.demo.token(who)
    user = await served.demo.user("noah", "Chauffage Lambert")
    enough = asyncio.Event()
    stirring = asyncio.create_task(stir(served, company, user, enough))
    try:
        assert "INVOICES" in str(await outcome(served, live, "seen", "noah", folder, begins))
    finally:
        enough.set()
        await stirring


CACHES: Final = {
    "apollo": ('from "@apollo/client";', "client, query"),
    "urql": ('from "@urql/exchange-graphcache";', "client, query"),
    "relay": ('from "relay-runtime";', "environment"),
}
"""The programs for single-page apps: by name the import that tells them apart, and what they define."""


def with_recipes(served: Served, folder: Path) -> Path:
    """The folder with the README's programs for single-page apps as modules, and what tests need beside them."""
    for name, (imports, defined) in CACHES.items():
        text = f"{here(served, program_with(imports))}\nexport {{ {defined} }};\n"
        (folder / f"readme-{name}.mjs").write_text(text, encoding="utf-8")
    for script in ("switching.mjs", "hidden.mjs"):
        shutil.copy(SCRIPTS / script, folder / ("caches.mjs" if script == "hidden.mjs" else script))
    return folder


async def test_hidden_lists_are_gone_in_the_caches_of_the_readme(served: Served, tmp_path: Path) -> None:
    need_packages()
    folder = with_recipes(served, project("relay", tmp_path))
    code, out, err = await node(COMPILE_RELAY, "relay.config.json", folder=folder)
    assert code == 0, out + err
    for script, count in (("caches.mjs", 9), ("hidden.mjs", 4)):
        seen = await checks(script, await served.given(), folder=folder)
        assert not problems(seen), "\n".join(problems(seen))
        assert len(seen) == count


FORMS: Final = {
    "apollo": ('from "@apollo/client";', "client.mutate(", "client"),
    "urql": ('from "@urql/exchange-graphcache";', "client.mutation(", "client"),
    "relay": ('from "relay-runtime";', "commitMutation(", "environment"),
    "mobile": ("const ask =", "await ask(mutation", "ask"),
}
"""The programs of a form: by name what tells the client's program apart, and its `send`; and the client itself."""

LISTS = "cacheExchange({ "
ANEW = "updates: { Mutation: { createCustomer: anew } }"
"""What the README says that Graphcache is given."""


def mutations() -> dict[str, str]:
    """The mutations of the README's form by their names."""
    (block,) = programs("graphql")
    texts = [f"mutation {text}" for text in block.split("mutation ")[1:]]
    return {text.split()[1].partition("(")[0]: text for text in texts}


def form(served: Served, name: str) -> str:
    """The module of the README's form with a client."""
    of_client, sends, client = FORMS[name]
    program, send = here(served, program_with(of_client)), program_with(sends)
    if "const anew =" in send:
        assert ANEW in (ROOT / "README.md").read_text(encoding="utf-8")
        assert program.count(LISTS) == 1
        program = program.replace(LISTS, f"{LISTS}{ANEW}, ")
    wanted = zip(("CREATE", "UPDATE"), mutations().items(), strict=True)
    if name == "relay":
        program = 'import { commitMutation } from "relay-runtime";\n' + program
        documents = [f'import {key} from "./src/__generated__/{title}.graphql.js";' for key, (title, _) in wanted]
    else:
        tag = "String.raw" if name == "mobile" else "gql"
        documents = [f"const {key} = {tag}`{text}`;" for key, (_, text) in wanted]
    parts = (*documents, send, program, program_with("async function save("))
    return "\n".join(parts) + f"\nexport {{ {client}, save, send }};\n"


async def compiled_for_relay(tmp_path: Path) -> Path:
    """A folder in which Relay's compiler has compiled its documents, those of the README among them."""
    folder = project("relay", tmp_path)
    for title, text in mutations().items():
        module = f'import {{ graphql }} from "relay-runtime";\nexport const it = graphql`{text}`;\n'
        (folder / "src" / f"{title.removesuffix('Mutation')}.js").write_text(module, encoding="utf-8")
    code, out, err = await node(COMPILE_RELAY, "relay.config.json", folder=folder)
    assert code == 0, out + err
    return folder


@pytest.mark.parametrize("client", FORMS)
async def test_the_form_of_the_readme_shows_what_a_person_has_to_see(
    served: Served, tmp_path: Path, client: str
) -> None:
    need_packages()
    folder = await compiled_for_relay(tmp_path) if client == "relay" else project("relay", tmp_path)
    (folder / f"readme-{client}.mjs").write_text(form(served, client), encoding="utf-8")
    for script in ("switching.mjs", "form.mjs", f"list-{client}.mjs"):
        shutil.copy(SCRIPTS / script, folder)
    seen = await checks("form.mjs", {**await served.given(), "client": client}, folder=folder)
    assert not problems(seen), "\n".join(problems(seen))
    assert len(seen) == 6


async def test_the_apps_of_fields_are_a_module_that_compiles(tmp_path: Path) -> None:
    need_packages()
    folder = project("codegen", tmp_path)
    (folder / "apps.ts").write_text(typescript.module(), encoding="utf-8")
    (folder / "program.ts").write_text(APPS_PROGRAM, encoding="utf-8")
    code, out, err = await node(TSC, "--project", "tsconfig.json", folder=folder)
    assert code == 0, out + err
    code, out, err = await node("program.ts", folder=folder)
    assert (code, out.split()) == (0, ["INVOICES", "DISCOUNTS"]), err


async def test_the_python_of_the_readme_works(served: Served) -> None:
    (program,) = programs("python")
    created = (await served.demo.ask("compta", KEY)).data["createApiKey"]
    assert created["errors"] == []
    text = f"key = {created['key']!r}\n{here(served, program)}\n"
    text += "print(len({company['id'] for company in companies}))\n"
    code, told = await run(sys.executable, "-c", text)
    assert (code, told.strip()) == (0, "62")


async def test_the_toggle_of_the_readme_is_taken_away(served: Served) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Seeing a toggle work\n")[2]
    asked = re.findall(r"^ask \"\$([A-Z]+)\" <<'END'\n(.*?)^END$", text, re.MULTILINE | re.DOTALL)
    assert [who for who, _ in asked] == ["NOAH", "LAMBERT", "LAMBERT"]
    seen, matrix, change = [json.loads(body) for _, body in asked]
    answer = await served.demo.ask("noah", seen["query"])
    assert answer.codes == []
    assert [node["invoices"] is None for node in answer.data["viewer"]["companies"]["nodes"]] == [True, False]
    for granted in (change["variables"]["input"]["changes"][0]["granted"], True):
        answer = await served.demo.ask("lambert", matrix["query"])
        assert answer.codes == []
        (company,) = answer.data["viewer"]["companies"]["nodes"]
        rows = company["permissionMatrix"]["rows"]
        (noah,) = [row["user"]["id"] for row in rows if row["user"] and row["user"]["firstName"] == "Noah"]
        given = change["variables"]["input"] | {
            "companyId": company["id"],
            "expectedVersion": company["permissionMatrix"]["version"],
            "changes": [change["variables"]["input"]["changes"][0] | {"userId": noah, "granted": granted}],
        }
        answer = await served.demo.ask("lambert", change["query"], input=given)
        assert answer.data["setAppAccess"]["errors"] == []
