"""What the repository promises of itself as a whole: where SQL stands, what is pure, what the schema says of itself."""

import ast
import re
import subprocess
import sys
from collections import Counter
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

from gateway.cli import sdl
from tests.support.databases import ROOT

WRITTEN = ROOT / "schema" / "schema.graphql"
SQL = re.compile(
    r"\s*(select\s+([\w*$(]\S*\s+from\s|\d|\w+\()|insert\s+into\s|update\s+\w+\s+(\w+\s+)?set\s|delete\s+from\s"
    r"|with\s+(recursive\s+)?\w+\s+as\s|(create|alter|drop)\s+(table|index|database|role)\s)",
    re.IGNORECASE,
)
PURE = ("gates", "operation", "compilation", "fields")
"""The folders of resolvers that are functions from a request to a statement; what they may import, a contract says."""


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


def waits(file: Path) -> list[str]:
    """The lines of a module that wait for something."""
    kinds = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    return [
        f"line {node.lineno}"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, kinds)
    ]


def test_what_compiles_awaits_nothing() -> None:
    files = [file for folder in PURE for file in sources(f"resolvers/{folder}")]
    assert len(files) > 60
    assert {str(file): found for file in files if (found := waits(file))} == {}


def test_what_waits_would_be_found() -> None:
    assert len(waits(ROOT / "resolvers" / "execution" / "executor.py")) > 5
    assert waits(ROOT / "resolvers" / "mutations" / "context.py")


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


# --- names ----------------------------------------------------------------------------------------------------------


def classes(source: str) -> list[str]:
    """The names of the classes that a module defines, at any depth."""
    return [node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]


def repeated(sources: list[str]) -> list[str]:
    """The class names that several modules define, or one of them twice."""
    counts = Counter(name for source in sources for name in classes(source))
    return sorted(name for name, count in counts.items() if count > 1)


def test_each_class_of_the_schema_has_a_name_of_its_own() -> None:
    """An extension of a type, too: `CompanyTasks`, `TimeEntriesByProject`."""
    texts = [file.read_text(encoding="utf-8") for file in sources("schema")]
    assert len([name for text in texts for name in classes(text)]) > 400
    assert repeated(texts) == []


def test_a_repeated_name_would_be_found() -> None:
    assert repeated(["class A: ...\nclass B:\n    class C: ...", "class C: ...", "class D: ..."]) == ["C"]


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
    """In a process of its own: megabytes for each worker."""
    unneeded = "{'rich', 'pygments', 'typer', 'babel', 'alembic', 'structlog'}"
    code = f"import sys, gateway.server.worker; print({unneeded} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout == "set()\n"
