"""`enfact documents check`: what the operations of a manifest would not show to whom."""

import json
from pathlib import Path
from typing import Any

import pytest

from resolvers.admin.role_report import Audience, role_report
from resolvers.execution.product import default_compiler
from resolvers.operation.documents import Documents
from tests.support.commands import enfact

OPERATIONS = {
    "board": """
        query Board($id: ID!, $all: Boolean!) {
          company(id: $id) {
            name
            invoices(first: 3, filter: {discount: {gt: 1}}) { nodes { number discount } }
            users @include(if: $all) { totalCount }
            documents { nodes { number } }
          }
        }""",
    "item": "query Item($id: ID!) { node(id: $id) { id ... on Invoice { discount } ... on Customer { name } } }",
    "catalogue": "{ apps { app } }",
    "page": "query Page($after: String!) { viewer { companies(after: $after) { totalCount } } }",
    "why": """
        query Why($id: ID!, $text: String!) { company(id: $id) {
          explainAccess(userId: $id, operation: $text) { path } } }
    """,
    "in": "mutation In($input: LoginInput!) { login(input: $input) { token viewer { companies { nodes { plan } } } } }",
    "live": "subscription Live($id: ID!) { matrix: permissionMatrixChanged(companyId: $id) { version } }",
    "out": "mutation Out { bye: logout { viewer { companies { totalCount } } } }",
}


def write(folder: Path, **operations: str) -> str:
    file = folder / "manifest.json"
    file.write_text(json.dumps(operations))
    return str(file)


def hidden(role: Any) -> list[str]:
    return [f"{'.'.join(one['path'])} {one.get('app') or one.get('role') or one['needs']}" for one in role["hidden"]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The roles of each operation."""
    done = enfact("documents", "check", write(tmp_path_factory.mktemp("m"), **OPERATIONS), "--json", DATABASE_URL="")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["invalid"] == []
    assert [(one["id"], one["name"]) for one in found["operations"]] == [
        ("board", "Board"), ("item", "Item"), ("catalogue", None), ("page", "Page"), ("why", "Why"),
        ("in", "In"), ("live", "Live"), ("out", "Out"),
    ]  # fmt: skip
    assert [one["id"] for one in found["operations"] if one["cost"] > 0] == [
        name for name in OPERATIONS if name != "why"
    ]
    return {one["id"]: one["roles"] for one in found["operations"]}


def test_each_role_is_told_what_it_would_not_see(told: dict[str, Any]) -> None:
    board = told["board"]
    assert (hidden(board["OWNER"]), board["OWNER"]["leftOut"]) == ([], [])
    assert hidden(board["EMPLOYEE"]) == ["company.invoices INVOICES", "company.users OWNER"]
    assert {"app": "QUOTES"} in board["EMPLOYEE"]["leftOut"]
    assert {"INVOICES", "DISCOUNTS", "QUOTES"} < set(board["EMPLOYEE"]["apps"])
    assert (hidden(board["EXTERNAL"]), board["EXTERNAL"]["leftOut"]) == (["company.users OWNER"], [])
    assert hidden(board["ANONYMOUS"]) == ["company SIGN_IN"]


def test_a_node_is_judged_as_each_of_the_types_that_it_may_be(told: dict[str, Any]) -> None:
    assert hidden(told["item"]["EMPLOYEE"]) == ["node.discount DISCOUNTS"]
    assert told["item"]["EMPLOYEE"]["leftOut"] == [{"app": "INVOICES"}]


def test_what_is_for_everybody_is_hidden_from_nobody(told: dict[str, Any]) -> None:
    for role in told["catalogue"].values():
        assert (role["hidden"], role["leftOut"]) == ([], [])


def test_payloads_are_judged_and_who_may_write_without_signing_in(told: dict[str, Any]) -> None:
    assert hidden(told["in"]["EMPLOYEE"]) == ["login.viewer.companies.nodes.plan OWNER"]
    assert hidden(told["in"]["ANONYMOUS"]) == []
    assert hidden(told["out"]["ANONYMOUS"]) == ["bye SIGN_IN"]


def test_a_subscription_is_judged_as_what_it_reads(told: dict[str, Any]) -> None:
    assert hidden(told["live"]["OWNER"]) == []
    assert hidden(told["live"]["EMPLOYEE"]) == ["matrix OWNER"]
    assert hidden(told["live"]["ANONYMOUS"]) == ["matrix SIGN_IN"]


def test_what_needs_a_real_value_is_said_to_be_unknown(told: dict[str, Any]) -> None:
    assert told["why"] == {}
    assert hidden(told["page"]["OWNER"]) == []  # a cursor is none until there is one


def test_people_get_a_table(tmp_path: Path) -> None:
    done = enfact("documents", "check", write(tmp_path, **OPERATIONS))
    assert (done.returncode, done.stderr) == (0, "")
    for line in (
        "company.invoices (INVOICES)",
        "company (signed in)",
        "sees everything",
        "needs real values",
        "costs up to ",
    ):
        assert line in done.stdout
    (apps,) = (line for line in done.stdout.splitlines() if "with DISCOUNTS" in line)
    assert "with DISCOUNTS, INVOICES: sees everything" in apps
    assert "EMPLOYEE is one without any" in enfact("documents", "check", "--help").stdout


async def test_a_refused_argument_is_told_apart() -> None:
    compiler = default_compiler()
    text = '{ company(id: "x") { purchases: products(orderBy: [PURCHASE_PRICE_ASC]) { totalCount } } }'
    sights = role_report(Documents(compiler.schema).find(text).choose(None), compiler).sights
    assert [(unseen.path, unseen.refused) for unseen in sights[Audience.EMPLOYEE].unseen] == [
        (("company", "purchases"), True)
    ]


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_invalid_documents_are_listed_and_the_exit_code_is_1(tmp_path: Path, more: tuple[str, ...]) -> None:
    file = write(tmp_path, good="{ apps { app } }", bad="{\n viewer { nothing } }", worse="{")
    done = enfact("documents", "check", file, *more)
    assert done.returncode == 1
    assert f"{file}: operation bad: line 2: Cannot query field 'nothing' on type 'Viewer'." in done.stderr
    assert "operation worse: line 1: Syntax Error" in done.stderr
    if more:
        found = json.loads(done.stdout)
        assert [one["id"] for one in found["invalid"]] == ["bad", "worse"]
        assert [one["id"] for one in found["operations"]] == ["good"]


def test_what_is_no_manifest_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[]")
    done = enfact("documents", "check", str(tmp_path / "x.json"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("enfact: ")
    assert done.stderr.count("\n") == 1
