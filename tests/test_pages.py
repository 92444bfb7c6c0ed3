"""The pages: what they name exists, decisions are numbered once, and ARCHITECTURE.md stays short."""

import ast
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.databases import ROOT

FOLDERS = ("db", "gateway", "resolvers", "schema", "tests")
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
DECISIONS = sorted(ROOT.glob("*/DECISIONS.md"))
PAGES = [
    ROOT / "README.md",
    ARCHITECTURE,
    ROOT / "gateway" / "CLIENTS.md",
    ROOT / "gateway" / "deploy" / "OPERATING.md",
    ROOT / "tests" / "bench" / "README.md",
    *DECISIONS,
]
LONGEST = 9_000
"""Bytes that ARCHITECTURE.md may have."""

BLOCK = re.compile(r"^```.*?^```\n", re.DOTALL | re.MULTILINE)
QUOTED = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)\)")
NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*\Z")
MODULE = re.compile(r"(?:db|gateway|resolvers|schema|tests)(?:\.\w+)+(?::\w+)?\Z")
HEADING = re.compile(r"^## (D\d+) (.+)\n(\d{4}-\d\d-\d\d)((?:, `[^`]+`)+)$", re.MULTILINE)
ANY_HEADING = re.compile(r"^## (D\d+) ", re.MULTILINE)
INDEXED = re.compile(r"^- (D\d+) (.+)$", re.MULTILINE)
NUMBER = re.compile(r"\bD\d+\b")
CITED = re.compile(r"DECISIONS((?:(?:,| and)? D\d+)+)")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text of a section of ARCHITECTURE.md."""
    _, _, rest = text_of(ARCHITECTURE).partition(f"\n## {title}\n")
    assert rest, f"ARCHITECTURE.md has no section {title}"
    return rest.partition("\n## ")[0]


# --- paths ----------------------------------------------------------------------------------------------------------


def paths(text: str) -> list[str]:
    """The paths of the repository in backticks."""
    words = [word for quoted in QUOTED.findall(BLOCK.sub("", text)) for word in quoted.split()]
    folders = [word for word in words if word.partition("/")[0] in FOLDERS and "/" in word]
    return folders + [word for word in words if re.fullmatch(r"[\w-]+\.(py|md|toml)|uv\.lock", word)]


def modules_that_are_gone(text: str) -> list[str]:
    """The dotted names of modules, or of what is in them, that do not exist; `module:name` is one, too."""
    found: list[str] = []
    for quoted in QUOTED.findall(BLOCK.sub("", text)):
        if MODULE.match(quoted):
            *folders, last = quoted.replace(":", ".").split(".")
            inside = ROOT.joinpath(*folders)
            is_module = (inside / f"{last}.py").exists() or (inside / last).is_dir()
            if not is_module and not (
                inside.with_suffix(".py").exists() and last in declared(inside.with_suffix(".py"))
            ):
                found.append(quoted)
    return found


def missing(page: Path, text: str) -> list[str]:
    """The paths and the targets of links that do not exist."""
    links = [link for link in LINK.findall(text) if "://" not in link]
    named = [
        path for path in paths(text) if not ((ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).exists())
    ]
    return named + [link for link in links if not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_paths_on_a_page_exist(page: Path) -> None:
    assert missing(page, text_of(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_modules_on_a_page_exist(page: Path) -> None:
    assert modules_that_are_gone(text_of(page)) == []


def test_the_pages_name_many_paths() -> None:
    assert len(DECISIONS) == len(FOLDERS)
    assert all(paths(text_of(page)) for page in DECISIONS)
    assert len(paths(text_of(ARCHITECTURE))) > 50


def test_a_path_that_is_gone_would_be_found() -> None:
    text = "`db/sql.py` `db/sqls.py` `db/tables/` `db/sql.py/` `nothing.py` `a/b.py` `/graphql` [x](dev) [y](devs)"
    assert missing(ROOT / "README.md", text) == ["db/sqls.py", "db/sql.py/", "nothing.py", "devs"]
    modules = (
        "`gateway.app` `gateway.http` `gateway.cli.main:app` `gateway.app.create_app` `gateway.cli:app` `db.nothing`"
    )
    assert modules_that_are_gone(modules) == ["gateway.cli:app", "db.nothing"]


# --- code names -----------------------------------------------------------------------------------------------------


def declared(file: Path) -> set[str]:
    """The names that a module declares or imports, members of its classes as `Class.member`."""
    names: set[str] = set()

    def add(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            match node:
                case ast.ClassDef():
                    names.add(prefix + node.name)
                    add(node.body, f"{node.name}.")
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    names.add(prefix + node.name)
                case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                    names.add(prefix + name)
                case ast.Assign(targets=[ast.Tuple(elts=elements)]):
                    names.update(prefix + element.id for element in elements if isinstance(element, ast.Name))
                case ast.Import() | ast.ImportFrom():
                    names.update(alias.asname or alias.name for alias in node.names)
                case _:
                    pass

    add(ast.parse(text_of(file)).body, "")
    return names


def unknown_entries(table: str) -> list[str]:
    """The values and entry functions of a table that their module does not know.

    A row is `| stage | folder | value | entry function |`; the entry begins with its module in that folder.
    """
    found: list[str] = []
    for row in table.splitlines():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if len(cells) != 4 or not QUOTED.search(cells[1]):
            continue
        (folder,), (entry,) = QUOTED.findall(cells[1]), QUOTED.findall(cells[3])
        module, _, name = entry.partition(".")
        file = ROOT / folder / f"{module}.py"
        known = declared(file) if file.exists() else set[str]()
        found += [wanted for wanted in (name, *QUOTED.findall(cells[2])) if wanted not in known]
    return found


def unknown_places(items: str) -> list[str]:
    """The names in backticks that the file before them in the line does not declare."""
    found: list[str] = []
    for line in items.splitlines():
        known: set[str] = set()
        for quoted in QUOTED.findall(line):
            if (ROOT / quoted).is_file():
                known = declared(ROOT / quoted)
            elif quoted not in known:
                found.append(quoted)
    return found


def unknown_steps(items: str) -> list[str]:
    """The names in backticks that stand in none of the files and folders of their item."""
    found: list[str] = []
    for item in re.split(r"^- ", items, flags=re.MULTILINE):
        quoted = QUOTED.findall(item)
        places = [ROOT / path for path in paths(item)]
        files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*.py"))]
        words = {word for file in files for word in re.findall(r"\w+", text_of(file))}
        found += [name for name in quoted if NAME.match(name) and not set(name.split(".")) <= words]
    return found


def test_the_path_of_a_request_is_in_the_code() -> None:
    table = section("The path of a request")
    assert unknown_entries(table) == []
    stages = ("accept", "read", "parse", "validate", "compile", "execute", "render")
    assert [row.split()[1].strip(",") for row in table.splitlines() if QUOTED.search(row)][:7] == list(stages)


def test_what_is_asked_for_is_where_the_page_says() -> None:
    items = section("Where is ...?")
    assert unknown_places(items) == []
    assert all(len(QUOTED.findall(line)) >= 2 for line in items.splitlines() if line.startswith("- "))


def test_names_of_the_recipes_are_in_their_files() -> None:
    recipes = section("Adding things")
    assert unknown_steps(recipes) == []
    assert len(re.findall(r"^- \*\*", recipes, re.MULTILINE)) == 7


def test_a_name_that_is_gone_would_be_found() -> None:
    row = "| parse | `resolvers/operation/` | `{}` | `{}` |"
    assert unknown_entries(row.format("DocumentNode", "limits.parse_document")) == []
    assert unknown_entries(row.format("Nothing", "limits.read")) == ["read", "Nothing"]
    assert unknown_entries(row.format("DocumentNode", "nowhere.parse")) == ["parse", "DocumentNode"]
    assert unknown_places("- x: `db/pool.py` `Pool.acquire` `Pool.grab`, `Pool`") == ["Pool.grab"]
    assert unknown_places("- x: `Pool`") == ["Pool"]
    assert unknown_steps("- `Pool.acquire` and `Puddle` in `db/pool.py`") == ["Puddle"]


# --- import rules ---------------------------------------------------------------------------------------------------


def contracts() -> dict[str, str]:
    """The layers of the import contracts by their containers, as ARCHITECTURE.md draws them."""
    settings: dict[str, Any] = tomllib.loads(text_of(ROOT / "pyproject.toml"))["tool"]["importlinter"]
    return {
        ", ".join(contract.get("containers", ["all"])): " > ".join(
            re.sub("[()]", "", one) for one in contract["layers"]
        )
        for contract in settings["contracts"]
        if contract["type"] == "layers"
    }


def test_the_picture_of_imports_is_that_of_the_contracts() -> None:
    (block,) = re.findall(r"^```\n(.*?)^```", section("Imports"), re.DOTALL | re.MULTILINE)
    drawn = dict(line.split(": ", 1) for line in block.splitlines())
    assert drawn == contracts()


# --- decisions ------------------------------------------------------------------------------------------------------


def expanded(text: str) -> list[str]:
    """The numbers in a text, ranges written out."""
    found: list[str] = []
    for first, last in re.findall(r"\bD(\d+)(?:-D(\d+))?\b", text):
        found += [f"D{number}" for number in range(int(first), int(last or first) + 1)]
    return found


def cited(text: str) -> list[str]:
    """The decisions that a file of code names."""
    return [number for several in CITED.findall(text) for number in NUMBER.findall(several)]


def numbers() -> list[str]:
    return [number for page in DECISIONS for number in ANY_HEADING.findall(text_of(page))]


def test_each_number_has_one_heading() -> None:
    assert [number for number, count in Counter(numbers()).items() if count > 1] == []
    assert len(numbers()) > 70


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.parent.name)
def test_a_page_of_decisions_begins_with_its_index(page: Path) -> None:
    text = text_of(page)
    headings = [(number, title) for number, title, _, _ in HEADING.findall(text)]
    assert [number for number, _ in headings] == ANY_HEADING.findall(text), "a date and the paths follow each heading"
    assert INDEXED.findall(text) == headings


def test_the_index_of_all_pages_has_every_decision() -> None:
    lines = [line for line in section("Decisions").splitlines() if line.startswith("- ")]
    index = {ROOT / QUOTED.findall(line)[0]: expanded(line) for line in lines}
    headings = {page: ANY_HEADING.findall(text_of(page)) for page in DECISIONS}
    assert index == {page: sorted(found, key=lambda number: int(number[1:])) for page, found in headings.items()}


def test_decisions_that_are_named_exist() -> None:
    pages = [number for page in (*PAGES, ROOT / "CHANGELOG.md") for number in NUMBER.findall(text_of(page))]
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]
    code = [number for file in (*files, ROOT / "pyproject.toml", ROOT / "dev") for number in cited(text_of(file))]
    assert code
    assert {*pages, *code} - {*numbers()} == set()


def test_a_decision_that_is_gone_would_be_found() -> None:
    assert cited("# see DECISIONS" + " D1, D7 and D900; D2") == ["D1", "D7", "D900"]
    assert expanded("D1-D3, D7") == ["D1", "D2", "D3", "D7"]
    assert HEADING.findall("## D1 A title\nno date") == []


# --- releases -------------------------------------------------------------------------------------------------------

RELEASE = re.compile(r"(\d+)\.(\d+)\.(\d+) - (\d{4}-\d{2}-\d{2})")


def releases(changelog: str) -> list[tuple[tuple[int, ...], str]]:
    """The numbered releases of a changelog with their days. Raises ValueError for a heading of another form."""
    headings = re.findall(r"^## (.+)$", changelog, re.MULTILINE)
    found = [(RELEASE.fullmatch(heading), heading) for heading in headings if heading != "Unreleased"]
    for match, heading in found:
        if match is None:
            raise ValueError(heading)
    return [(tuple(map(int, match.groups()[:3])), match[4]) for match, _ in found if match]


def test_releases_are_numbered_the_newest_first_and_it_is_the_one_of_the_package() -> None:
    found = releases(text_of(ROOT / "CHANGELOG.md"))
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    assert found == sorted(found, reverse=True)
    assert ".".join(map(str, found[0][0])) == project["version"]


def test_a_release_without_number_or_day_would_be_found() -> None:
    assert releases("## Unreleased\n## 1.10.0 - 2026-12-01\n") == [((1, 10, 0), "2026-12-01")]
    with pytest.raises(ValueError, match="next"):
        releases("## next\n")


# --- size -----------------------------------------------------------------------------------------------------------


def test_architecture_stays_short() -> None:
    assert ARCHITECTURE.stat().st_size <= LONGEST
