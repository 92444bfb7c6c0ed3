"""@optional: a hidden field's key is left out, silently, and nothing else changes."""

from collections.abc import AsyncGenerator
from typing import Any, Final

import orjson
import pytest

from resolvers.request import GraphQLRequest
from schema.apps import App, app_label
from schema.errors import ErrorCode, error_message
from schema.hidden_fields import HiddenFields
from schema.localization.language import Language
from tests.support.company import Answer, Firm
from tests.support.databases import Databases
from tests.support.office import MIDNIGHT, Office, open_office

UPDATE: Final = """
mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { %s } }
"""


@pytest.fixture(scope="module")
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    async with open_office(databases, template) as office:
        await office.product(1, "Tile", purchase_price=2)
        await office.product(2, "Brick")
        await office.grant("anna")
        yield office


async def seen(office: Office, selection: str, who: str = "anna", declared: str = "", **variables: Any) -> Any:
    """What somebody gets in both modes, told nothing."""
    query = f"query ($id: ID!{declared}) {{ company(id: $id) {{ {selection} }} }}"
    answers: list[bytes] = []
    for mode in (HiddenFields.NULL, HiddenFields.ERROR):
        request = GraphQLRequest(
            query, variables={"id": office.firm.id, **variables}, token=office.firm[who].token,
            hidden_fields=mode,
        )  # fmt: skip
        result = await office.ask.executor.execute(request)
        assert (result.errors, result.hidden) == ((), ())
        answers.append(result.data or b"")
    assert answers[0] == answers[1]
    return orjson.loads(answers[0])["company"]


@pytest.mark.parametrize(
    ("selection", "shown"),
    [
        ("name plan @optional", {"name": "Peeters & Co"}),
        ("plan @optional name", {"name": "Peeters & Co"}),
        ("plan @optional", {}),
        ("plan @optional invoices @optional { totalCount }", {}),
        ("a: plan @optional name b: plan @optional c: name", {"name": "Peeters & Co", "c": "Peeters & Co"}),
        ("... @optional { plan name invoices { totalCount } }", {"name": "Peeters & Co"}),
        ("...F @optional } } fragment F on Company { name plan quotes { nodes { discount }", {"name": "Peeters & Co"}),
        ("name @optional", {"name": "Peeters & Co"}),
    ],
)
async def test_the_key_of_what_is_hidden_is_left_out(office: Office, selection: str, shown: Any) -> None:
    assert await seen(office, selection) == shown


async def test_who_may_see_it_gets_what_is_there_without_the_directive(office: Office) -> None:
    selection = "plan%s name invoices%s { totalCount } products { nodes { purchasePrice%s name } }"
    found = await seen(office, selection % ((" @optional",) * 3), "owner")
    assert orjson.dumps(found) == orjson.dumps(await seen(office, selection % (("",) * 3), "owner"))


async def test_a_fragment_reaches_to_any_depth(office: Office) -> None:
    found = await seen(
        office, "... @optional { products { nodes { purchasePrice name } edges { node { purchasePrice } } } }"
    )
    names = [{"name": "Brick"}, {"name": "Tile"}]
    assert found == {"products": {"nodes": names, "edges": [{"node": {}}, {"node": {}}]}}


async def test_a_key_is_left_out_only_where_every_selection_of_it_is_optional(office: Office) -> None:
    for selection in (
        "plan @optional plan", "plan plan @optional", "...F @optional ...F } } fragment F on Company { ... { plan",
        "... @optional { plan } ... { plan }",
    ):  # fmt: skip
        answer = await office.see("anna", selection)
        assert answer.data == {"company": {"plan": None}}, selection
        assert [note.path for note in answer.hidden] == [("company", "plan")]
    assert await seen(office, "plan @optional ... @optional { plan }") == {}


async def test_what_is_below_an_optional_field_is_not_optional_itself(office: Office) -> None:
    answer = await office.see("anna", "products @optional { nodes { purchasePrice } }")
    assert answer.data["company"]["products"]["nodes"] == [{"purchasePrice": None}] * 2
    assert [note.path for note in answer.hidden] == [("company", "products", "nodes", "purchasePrice")]


async def test_a_gated_input_that_is_used_is_refused_all_the_same(office: Office) -> None:
    answer = await office.see("anna", "products(orderBy: [PURCHASE_PRICE_ASC]) @optional { totalCount }")
    assert (answer.data, answer.codes) == ({"company": {"products": None}}, ["APP_REQUIRED"])


async def test_each_company_of_a_list_leaves_out_its_own_keys(office: Office) -> None:
    other = await Firm.found(office.connection, "INVOICES")
    await office.connection.execute(
        "insert into membership (company_id, account_id, role, accepted_at, first_name, last_name, language) "
        "values ($1, $2, 'OWNER', now(), 'A', 'B', 'FR')", other.key, office.firm["anna"].account,
    )  # fmt: skip
    query = "{ viewer { companies { nodes { plan @optional id invoices @optional { totalCount } } } } }"
    answer: Answer = await office.ask(office.firm["anna"].token, query)
    rows = {row["id"]: list(row) for row in answer.data["viewer"]["companies"]["nodes"]}
    assert rows == {office.firm.id: ["id"], other.id: ["plan", "id", "invoices"]}
    assert (answer.errors, answer.hidden) == ((), ())


@pytest.mark.parametrize(
    "mutation",
    [
        "mutation { logout @optional { errors { code } } }",
        "mutation { ... @optional { logout { errors { code } } } }",
        "mutation { ...F @optional } fragment F on Mutation { logout { errors { code } } }",
        "mutation { ...F } fragment F on Mutation { logout @optional { errors { code } } }",
    ],
)
async def test_a_root_field_of_a_mutation_is_not_optional(office: Office, mutation: str) -> None:
    answer = await office.ask(office.firm["anna"].token, mutation)
    assert answer.codes == ["GRAPHQL_VALIDATION_FAILED"]
    assert "@optional" in answer.errors[0].message


async def test_a_payload_leaves_out_what_who_wrote_may_not_see(office: Office) -> None:
    selection = "viewer { companies { nodes { plan @optional } } } errors { code }"
    answer = await office.ask(office.firm["bram"].token, UPDATE % selection, input={"firstName": "Bram"})
    assert answer.data["updateProfile"]["viewer"] == {"companies": {"nodes": [{}]}}
    assert (answer.errors, answer.hidden) == ((), ())


async def test_the_directive_may_stand_on_fields_and_fragments_only(office: Office) -> None:
    for query in ("query @optional { apps { app } }", "query ($x: ID @optional) { node(id: $x) { id } }"):
        assert (await office.ask(None, query)).codes[0] == "GRAPHQL_VALIDATION_FAILED"


async def test_kinds_of_rows_for_which_it_is_optional_stand_beside_others(office: Office) -> None:
    await office.grant("clara", App.QUOTES, App.INVOICES)
    for number, kind in (("1", "QUOTE"), ("2", "INVOICE")):
        await office.document(number, kind, "SENT", MIDNIGHT.date(), "10")
    selection = "documents(orderBy: [NUMBER_ASC]) { nodes { ... on Quote { ...F @optional } ... on Invoice { ...F } } }"
    answer = await office.see("clara", f"{selection} }} }} fragment F on Document {{ ... {{ number discount")
    assert answer.data["company"]["documents"]["nodes"] == [{"number": "1"}, {"number": "2", "discount": None}]
    assert [note.path[-1] for note in answer.hidden] == ["discount"]


@pytest.mark.parametrize(
    ("mode", "selection", "app"),
    [
        (HiddenFields.ERROR, "invoices { totalCount }", App.INVOICES),
        (HiddenFields.NULL, "customers(orderBy: [DISCOUNT_ASC]) { totalCount }", App.DISCOUNTS),
    ],
)
async def test_a_reason_is_in_the_viewers_language_whatever_the_request_asks_for(
    office: Office, mode: HiddenFields, selection: str, app: App
) -> None:
    request = GraphQLRequest(
        f"query ($id: ID!) {{ company(id: $id) {{ {selection} }} }}", variables={"id": office.firm.id},
        token=office.firm["anna"].token, language=Language.NL, hidden_fields=mode,
    )  # fmt: skip
    (error,) = (await office.ask.executor.execute(request)).errors
    assert error.extensions["app"] == app.name
    assert error.message == error_message(ErrorCode.APP_REQUIRED, Language.EN, app=app_label(app, Language.EN))
