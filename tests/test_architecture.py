"""What the repository promises of itself as a whole: where SQL stands, what is pure, what the schema says of itself."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    DirectiveDefinitionNode,
    EnumValueDefinitionNode,
    FieldDefinitionNode,
    InputValueDefinitionNode,
    Node,
    NonNullTypeNode,
    TypeDefinitionNode,
    parse,
)
from graphql.language import Visitor, visit

from gateway import sdl
from tests.databases import ROOT

WRITTEN = ROOT / "schema" / "schema.graphql"
SQL = re.compile(
    r"\s*(select\s+([\w*$(]\S*\s+from\s|\d|\w+\()|insert\s+into\s|update\s+\w+\s+(\w+\s+)?set\s|delete\s+from\s"
    r"|with\s+(recursive\s+)?\w+\s+as\s|(create|alter|drop)\s+(table|index|database|role)\s)",
    re.IGNORECASE,
)
IMPURE = ("asyncio", "asyncpg", "db.connection", "db.database", "db.migrate", "socket", "time")


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


# --- where SQL stands -----------------------------------------------------------------------------------------------


def sql_texts(source: str) -> list[str]:
    """The texts in Python source that are SQL, docstrings apart."""
    tree = ast.parse(source)
    documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in documents)
    return [text.value for text in texts if isinstance(text.value, str) and SQL.match(text.value)]


@pytest.mark.parametrize(
    "file", [pytest.param(f, id=str(f.relative_to(ROOT))) for f in (*sources("gateway"), *sources("schema"))]
)
def test_sql_stands_only_in_db_and_resolvers(file: Path) -> None:
    assert sql_texts(file.read_text(encoding="utf-8")) == []


def test_sql_would_be_found() -> None:
    found = sql_texts(
        '"""Select what stands in a docstring from it."""\n'
        "A = 'select 1'\nB = f'SELECT id FROM {A}'\nC = '''\n  with v as (select 1) select'''\n"
        "D = 'update t set x = 1'\nE = 'Update your profile'\nF = 'Select a customer'\nG = 'with pleasure'\n"
    )
    assert len(found) == 4
    everywhere = [
        text for file in (*sources("db"), *sources("resolvers")) for text in sql_texts(file.read_text("utf-8"))
    ]
    assert len(everywhere) > 20


# --- what is pure ---------------------------------------------------------------------------------------------------


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Import():
                yield from (name.name for name in node.names)
            case ast.ImportFrom(module=str(module)):
                yield module
                yield from (f"{module}.{name.name}" for name in node.names)
            case _:
                pass


def file_of(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.exists()), None)


def compiling() -> dict[str, Path]:
    """The modules that the compiler is made of: itself, the fields' resolvers, and what these import of resolvers."""
    found: dict[str, Path] = {}
    waiting = ["resolvers.compiler", *(f"resolvers.fields.{file.stem}" for file in sources("resolvers/fields"))]
    while waiting:
        module = waiting.pop()
        file = file_of(module)
        if file is not None and module.startswith("resolvers.") and module not in found:
            found[module] = file
            waiting.extend(imports(file))
    return found


def impurities(file: Path) -> list[str]:
    waits = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    tree = ast.parse(file.read_text(encoding="utf-8"))
    waiting = [f"line {node.lineno}" for node in ast.walk(tree) if isinstance(node, waits)]
    return waiting + [module for module in imports(file) if module in IMPURE]


def test_what_compiles_awaits_nothing_and_knows_no_driver() -> None:
    modules = compiling()
    assert {"resolvers.compiler", "resolvers.objects", "resolvers.paging", "resolvers.fields.access"} <= modules.keys()
    assert {module: found for module, file in modules.items() if (found := impurities(file))} == {}


def test_impurities_would_be_found() -> None:
    assert "resolvers.execution" not in compiling()
    assert len(impurities(ROOT / "resolvers" / "execution.py")) > 5
    assert impurities(ROOT / "resolvers" / "writing.py")


# --- what the schema says of itself ---------------------------------------------------------------------------------


def definitions(text: str) -> list[tuple[str, Node]]:
    """Everything that a schema defines, by coordinate."""
    found: list[tuple[str, Node]] = []

    class Definitions(Visitor):
        def enter(self, node: Node, _key: object, _parent: object, _path: object, ancestors: list[object]) -> None:
            if isinstance(
                node, TypeDefinitionNode | FieldDefinitionNode | InputValueDefinitionNode | EnumValueDefinitionNode
            ) and not any(isinstance(ancestor, DirectiveDefinitionNode) for ancestor in ancestors):
                owners = [
                    near.name.value for near in ancestors if isinstance(near, TypeDefinitionNode | FieldDefinitionNode)
                ]
                found.append((".".join([*owners, node.name.value]), node))

    visit(parse(text), Definitions())
    return found


def undescribed(text: str) -> list[str]:
    return [coordinate for coordinate, node in definitions(text) if getattr(node, "description", None) is None]


def gated_non_null(text: str) -> list[str]:
    return [
        coordinate
        for coordinate, node in definitions(text)
        if isinstance(node, FieldDefinitionNode)
        and isinstance(node.type, NonNullTypeNode)
        and any(directive.name.value in ("requiresApp", "requiresRole") for directive in node.directives or ())
    ]


def test_the_written_schema_is_current() -> None:
    assert sdl.compare(WRITTEN.read_text(encoding="utf-8")) is None, "run ./dev golden and review schema/schema.graphql"


def test_everything_has_a_description() -> None:
    assert len(definitions(sdl.current())) > 900
    assert undescribed(sdl.current()) == []


def test_gated_fields_are_nullable() -> None:
    assert "@requiresApp(app: DISCOUNTS)" in sdl.current()
    assert gated_non_null(sdl.current()) == []


def test_what_the_schema_lacks_would_be_found() -> None:
    text = """
    type Query { "A." a("X." x: Int, y: In): E! @requiresApp(app: A) "B." b: Int @requiresRole(role: O) }
    "E." enum E { A "B." B }
    "In." input In { z: Int }
    """
    assert undescribed(text) == ["Query", "Query.a.y", "E.A", "In.z"]
    assert gated_non_null(text) == ["Query.a"]


# --- what stands nowhere --------------------------------------------------------------------------------------------

HOSTS = tuple(
    ".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"))
)
"""Where packages come from is the business of whoever installs them: only the lock file says."""


def test_no_file_names_a_host_of_packages() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name and name != "uv.lock"]
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    assert len(files) > 100
    named = [
        str(file.relative_to(ROOT))
        for file in files
        if file.is_file() and any(host in file.read_text(encoding="utf-8", errors="replace") for host in HOSTS)
    ]
    assert named == []


def test_a_worker_does_not_load_what_only_terminals_need() -> None:
    """In a process of its own: megabytes for each worker (gateway/unloaded.py)."""
    code = "import sys, gateway.worker; print({'rich', 'pygments', 'typer', 'babel', 'alembic'} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout == "set()\n"
