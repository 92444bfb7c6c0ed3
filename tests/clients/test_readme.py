"""The programs of the README work as they stand there, but for the address and the credential."""

import json
import re
import sys
from pathlib import Path

from tests.clients.node import need_packages, node
from tests.clients.serving import Served
from tests.clients.test_clients import project
from tests.clients.venvs import run
from tests.databases import ROOT

ADDRESS = "http://localhost:8000"
KEY = 'mutation { createApiKey(input: {label: "A tool", readOnly: true}) { key errors { code } } }'


def programs(language: str) -> list[str]:
    """The blocks of code in the README's part about calling the gateway."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Calling it\n")[2].partition("\n## ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


async def outcome(served: Served, program: str, told: str, who: str, folder: Path) -> object:
    """What a JavaScript program has at its end, as somebody of the demo."""
    assert program.count(ADDRESS) == 1
    token = json.dumps(await served.demo.token(who))
    text = f"const token = {token};\n{program.replace(ADDRESS, served.url)}\nconsole.log(JSON.stringify({told}));\n"
    (folder / "program.mjs").write_text(text, encoding="utf-8")
    code, out, err = await node("program.mjs", folder=folder)
    assert code == 0, err
    return json.loads(out)


async def test_the_javascript_of_the_readme_works(served: Served, tmp_path: Path) -> None:
    need_packages()
    folder = project("relay", tmp_path)
    single_page, mobile = programs("js")
    shown = "[data.viewer.companies.nodes.map((node) => node.name), error ?? null, [...hidden]]"
    assert await outcome(served, single_page, shown, "noah", folder) == [
        ["Bières Delvaux", "Chauffage Lambert"], None, ["viewer.companies.nodes.invoices"],
    ]  # fmt: skip
    shown = "[Object.keys(data.company), errors ?? null]"
    assert await outcome(served, mobile, shown, "eva", folder) == [["name", "agendaEvents"], None]
    assert await outcome(served, mobile, shown, "lambert", folder) == [["name", "agendaEvents", "invoices"], None]


async def test_the_python_of_the_readme_works(served: Served) -> None:
    (program,) = programs("python")
    assert program.count(ADDRESS) == 1
    created = (await served.demo.ask("compta", KEY)).data["createApiKey"]
    assert created["errors"] == []
    text = f"key = {created['key']!r}\n{program.replace(ADDRESS, served.url)}\n"
    text += "print(len({company['id'] for company in companies}))\n"
    code, told = await run(sys.executable, "-c", text)
    assert (code, told.strip()) == (0, "62")
