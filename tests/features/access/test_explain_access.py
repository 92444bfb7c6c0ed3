"""explainAccess: an owner learns what somebody would see of an operation, and why not, without running it."""

from collections.abc import AsyncGenerator
from typing import Any, Final

import pytest

from schema.apps import CATALOGUE, App, AppKind
from tests.support.company import Answer
from tests.support.databases import Databases
from tests.support.office import Office, open_office

EXPLAIN: Final = """
query ($company: ID!, $id: ID!, $operation: String!, $variables: JSON) { company(id: $company) {
  explainAccess(userId: $id, operation: $operation, variables: $variables) { path visible reason app role } } }
"""
SEEN: Final = {"visible": True, "reason": None, "app": None, "role": None}


@pytest.fixture(scope="module")
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    async with open_office(databases, template) as office:
        yield office


@pytest.fixture(autouse=True)
async def everything_is_active(office: Office) -> None:
    await activate(office, *App)


async def activate(office: Office, *apps: App) -> None:
    """Leave these apps active, and what no company is without."""
    kept = [app.value for app in App if app in apps or CATALOGUE[app].kind in (AppKind.BASE, AppKind.PART)]
    await office.connection.execute(
        "update company set mask = (select bit_or(set_bit(repeat('0', 256)::bit(256), position, 1)) from app "
        "where id = any($2::text[])) where id = $1", office.firm.key, kept,
    )  # fmt: skip


async def explain(office: Office, whom: str, operation: str, variables: Any = None, by: str = "owner") -> Answer:
    given: dict[str, Any] = {"operation": operation, "variables": variables, "company": office.firm.id}
    id_ = office.firm[whom].id if whom in office.firm.people else whom
    return await office.ask(office.firm[by].token, EXPLAIN, id=id_, **given)


async def told(office: Office, whom: str, operation: str, variables: Any = None) -> dict[str, Any]:
    """Path -> what is told of it, in order."""
    answer = await explain(office, whom, operation, variables)
    assert answer.errors == ()
    found = answer.data["company"]["explainAccess"]
    paths = [".".join(entry.pop("path")) for entry in found]
    assert len(set(paths)) == len(paths)
    return dict(zip(paths, found, strict=True))


def no(reason: str, app: str | None = None, role: str | None = None) -> dict[str, Any]:
    return {"visible": False, "reason": reason, "app": app, "role": role}


def of(office: Office, selection: str) -> str:
    return f'{{ company(id: "{office.firm.id}") {{ {selection} }} }}'


async def test_what_is_not_granted_or_not_active_or_for_owners_is_told_with_its_reason(office: Office) -> None:
    await office.grant("anna", App.INVOICES, App.STOCK)
    await activate(office, App.INVOICES, App.DISCOUNTS)
    query = of(office, "name bills: invoices { nodes { number discount } } workOrders { totalCount } plan")
    assert await told(office, "anna", query) == {
        "company": SEEN,
        "company.name": SEEN,
        "company.bills": SEEN,
        "company.bills.nodes": SEEN,
        "company.bills.nodes.number": SEEN,
        "company.bills.nodes.discount": no("NOT_GRANTED", "DISCOUNTS"),
        "company.workOrders": no("NOT_ACTIVATED", "WORK_ORDERS"),
        "company.workOrders.totalCount": no("NOT_ACTIVATED", "WORK_ORDERS"),
        "company.plan": no("ROLE", role="OWNER"),
    }


async def test_the_entries_stand_in_document_order_once_per_path(office: Office) -> None:
    query = of(
        office, "documents { nodes { ... on Invoice { b: amountPaid } ... on Quote { a: date } b: date } } a: name"
    )
    query = query.replace("b: date", "number")
    found = await told(office, "owner", query)
    assert list(found) == [
        "company", "company.documents", "company.documents.nodes", "company.documents.nodes.b",
        "company.documents.nodes.a", "company.documents.nodes.number", "company.a",
    ]  # fmt: skip


async def test_an_owner_and_an_outsider_reach_all_active_apps_but_only_the_owner_what_is_for_owners(
    office: Office,
) -> None:
    query = of(office, "invoices { totalCount } plan")
    assert (await told(office, "owner", query))["company.plan"] == SEEN
    found = await told(office, "accountant", query)
    assert found["company.invoices.totalCount"] == SEEN
    assert found["company.plan"] == no("ROLE", role="OWNER")


async def test_what_is_below_something_hidden_is_hidden_for_its_reason(office: Office) -> None:
    await office.grant("anna")
    found = await told(office, "anna", of(office, "invoices { nodes { discount customer { name } } }"))
    assert {path for path, entry in found.items() if entry != no("NOT_GRANTED", "INVOICES")} == {"company"}


async def test_gated_inputs_that_are_used_are_gates_of_the_selection(office: Office) -> None:
    await office.grant("anna", App.INVOICES)
    query = "query ($order: [ProductOrder!]) { company(id: $id) { products(orderBy: $order) { totalCount } } }"
    query = query.replace("$id", f'"{office.firm.id}"')
    found = await told(office, "anna", query, {"order": ["PURCHASE_PRICE_ASC"]})
    assert found["company.products"] == found["company.products.totalCount"] == no("NOT_GRANTED", "PURCHASES")
    assert (await told(office, "anna", query, {"order": ["NUMBER_ASC"]}))["company.products"] == SEEN
    assert (await told(office, "anna", query))["company.products"] == SEEN


async def test_another_company_an_unknown_one_and_a_malformed_id_are_told_alike(office: Office) -> None:
    query = "query ($id: ID!) { company(id: $id) { name invoices { totalCount } } }"
    other = await office.connection.fetchval("insert into company (name) values ('Other') returning id")
    answers = [
        await explain(office, "anna", query, {"id": id_})
        for id_ in (f"com_{other.hex}", f"com_{'0' * 32}", "com_1", "")
    ]
    first, *others = [answer.data for answer in answers]
    assert {str(other) for other in others} == {str(first)}
    for entry in first["company"]["explainAccess"]:
        assert entry["reason"] == "OTHER_COMPANY"
    assert (await told(office, "owner", query, {"id": office.firm.id}))["company.name"] == SEEN


async def test_a_node_is_judged_by_the_type_that_its_id_names(office: Office) -> None:
    await office.grant("anna", App.QUOTES)
    query = "query ($id: ID!) { node(id: $id) { id ... on Quote { discount } ... on Company { name } } }"
    nobody = "0" * 32
    assert await told(office, "anna", query, {"id": f"quo_{nobody}"}) == {
        "node": SEEN, "node.id": SEEN, "node.discount": no("NOT_GRANTED", "DISCOUNTS"),
    }  # fmt: skip
    assert (await told(office, "anna", query, {"id": f"inv_{nobody}"})) == {
        "node": no("NOT_GRANTED", "INVOICES"), "node.id": no("NOT_GRANTED", "INVOICES"),
    }  # fmt: skip
    for id_ in (f"com_{nobody}", "xxx_1", "", f"acc_{nobody}"):
        found = await told(office, "anna", query, {"id": id_})
        assert set(map(str, found.values())) == {str(no("OTHER_COMPANY"))}, id_
    assert (await told(office, "anna", query, {"id": office.firm.id}))["node.name"] == SEEN
    several = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert (await told(office, "anna", several, {"ids": [f"inv_{nobody}", f"quo_{nobody}"]}))["nodes.id"] == SEEN
    assert (await told(office, "anna", several, {"ids": [f"inv_{nobody}"]}))["nodes"] == no("NOT_GRANTED", "INVOICES")


async def test_a_list_of_documents_shows_what_a_kind_that_is_held_has(office: Office) -> None:
    await office.grant("anna", App.QUOTES)
    query = of(office, "documents { nodes { number discount ... on Invoice { amountPaid } } }")
    assert await told(office, "anna", query) == {
        "company": SEEN,
        "company.documents": SEEN,
        "company.documents.nodes": SEEN,
        "company.documents.nodes.number": SEEN,
        "company.documents.nodes.discount": no("NOT_GRANTED", "DISCOUNTS"),
        "company.documents.nodes.amountPaid": no("NOT_GRANTED", "INVOICES"),
    }


async def test_what_lies_outside_of_companies_is_visible_and_companies_are_judged_as_this_one(office: Office) -> None:
    await office.grant("anna")
    found = await told(
        office, "anna", "{ viewer { account { email } companies { nodes { name plan } } } apps { app } __typename }"
    )
    assert [path for path, entry in found.items() if not entry["visible"]] == ["viewer.companies.nodes.plan"]
    assert "__typename" not in found


async def test_somebody_without_access_now_sees_nothing_of_the_company(office: Office) -> None:
    for name in ("pending", "former"):
        query = "{ viewer { account { id } } " + of(office, "name invoices { totalCount }").removeprefix("{")
        found = await told(office, name, query)
        assert found["viewer.account.id"] == SEEN
        assert found["company"] == found["company.name"] == found["company.invoices"] == no("NOT_GRANTED")


async def test_whoever_is_not_of_the_company_gives_null(office: Office) -> None:
    firm = office.firm
    external_as_user = firm["accountant"].id.replace("ext_", "usr_")
    for id_ in (firm["gone"].id, "usr_" + "0" * 32, "", "x", external_as_user, firm["anna"].id.replace("usr", "com")):
        answer = await explain(office, id_, "{ apps { app } }")
        assert (answer.data, answer.errors) == ({"company": {"explainAccess": None}}, ()), id_


async def test_only_owners_are_answered(office: Office) -> None:
    answer = await explain(office, "anna", "{ apps { app } }", by="anna")
    assert answer.data == {"company": {"explainAccess": None}}
    assert [(note.path, note.role) for note in answer.hidden] == [(("company", "explainAccess"), "OWNER")]


@pytest.mark.parametrize(
    ("operation", "variables", "says"),
    [
        ("{", None, "Syntax Error"),
        ("{ nothing }", None, "nothing"),
        ("query ($x: Int!) { company(id: $x) { id } }", None, "$x"),
        ("query ($x: ID!) { company(id: $x) { id } }", None, "$x"),
        ("query ($x: ID!) { company(id: $x) { id } }", {"x": {"secret": 1}}, "$x"),
        ("query ($x: ID!) { company(id: $x) { id } }", [1], "variables"),
        ("query A { apps { app } } query B { apps { app } }", None, "operation"),
        ("mutation { logout { errors { code } } }", None, "query"),
        ("fragment F on Query { apps { app } }", None, "operation"),
        ("{" + " apps { app }" * 700 + "}", None, "tokens"),
        ("{ viewer { " + "companies { nodes { " * 6 + "id" + " } }" * 6 + "} }", None, "levels"),
    ],
)
async def test_a_document_that_is_wrong_is_refused_with_what_is_wrong(
    office: Office, operation: str, variables: Any, says: str
) -> None:
    answer = await explain(office, "anna", operation, variables)
    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.data is None
    assert says in answer.errors[0].message
    assert "secret" not in answer.errors[0].message


async def test_variables_may_stand_in_the_document_with_variables_in_them(office: Office) -> None:
    query = '''
    query ($company: ID!, $id: ID!, $inner: ID!, $order: String!) { company(id: $company) {
      explainAccess(userId: $id, variables: {id: $inner, order: [$order]},
        operation: """query ($id: ID!, $order: [InvoiceOrder!]) {
          company(id: $id) { invoices(orderBy: $order) { totalCount } } }""")
      { path visible } } }
    '''
    for inner, visible in ((office.firm.id, True), ("com_0", False), (office.firm.id, True)):
        answer = await office.ask(
            office.firm["owner"].token, query, company=office.firm.id, id=office.firm["owner"].id, inner=inner,
            order="DATE_ASC",
        )  # fmt: skip
        assert answer.errors == ()
        assert {entry["visible"] for entry in answer.data["company"]["explainAccess"]} == {visible}
