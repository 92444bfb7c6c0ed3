"""Warnings: what a payload tells of a row that is written all the same."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import orjson
import pytest

from db.database import Database
from db.sql import sql
from resolvers.execution.executor import Executor
from resolvers.execution.product import default_compiler
from resolvers.request import GraphQLRequest
from resolvers.writing.checks import WriteChecks
from resolvers.writing.declaration import EntityWrite
from resolvers.writing.entities import customers
from resolvers.writing.rules import EntityRules, RowWarning
from schema import schema
from schema.apps import App
from schema.declarations.writing import WriteAction
from schema.errors import LONG_TERM, ValidationReason
from schema.localization.language import Language
from tests.resolvers.writing.desk import DECLARED, Desk, document, write_of

CREATE, UPDATE, DELETE, RESTORE = (write_of("Customer", action) for action in WriteAction)
CREATE_MANY, UPDATE_MANY = DECLARED["createCustomers"], DECLARED["updateCustomers"]
SHOWN: Final = "warnings { code field reason message about { id } }"
MESSAGES: Final[Mapping[Language, str]] = {
    Language.EN: "Payment term in days: between businesses the law allows 60 days at most.",
    Language.FR: "Délai de paiement en jours : entre entreprises, la loi autorise 60 jours au plus.",
    Language.NL: "Betalingstermijn in dagen: tussen ondernemingen staat de wet hoogstens 60 dagen toe.",
    Language.DE: "Zahlungsfrist in Tagen: zwischen Unternehmen erlaubt das Gesetz höchstens 60 Tage.",
}
TERM: Final = "paymentTermDays"


def document_of(write: EntityWrite, selection: str) -> str:
    """The operation of a mutation, of a list verb as well."""
    return document(replace(write, listed=False), selection)


async def send(desk: Desk, write: EntityWrite, shown: str = "", **given: Any) -> dict[str, Any]:
    """The payload of a mutation with its warnings."""
    of_row = f"{write.member} {{ id {TERM} }}"
    rows = f"results {{ {of_row} }}" if write.listed else of_row
    query = document_of(write, f"{rows} errors {{ code }} replayed {shown or SHOWN}")
    result = await desk.send(desk.firm["owner"], query, input=given)
    assert result.errors == ()
    return orjson.loads(result.data or b"")[write.operation]


async def create(desk: Desk, **given: Any) -> dict[str, Any]:
    return await send(desk, CREATE, companyId=desk.firm.id, **{"name": "Zoé", **given})


async def update(desk: Desk, id_: str, **given: Any) -> dict[str, Any]:
    return await send(desk, UPDATE, customerId=id_, **given)


def warned(payload: dict[str, Any]) -> list[str]:
    """The paths of the warnings."""
    assert all((one["code"], one["reason"]) == ("VALIDATION", "RANGE") for one in payload["warnings"])
    return [".".join(one["field"]) for one in payload["warnings"]]


@pytest.mark.parametrize(
    ("given", "is_warned"),
    [
        ({"kind": "BUSINESS", TERM: 61}, True),
        ({"kind": "BUSINESS", TERM: 60}, False),
        ({"kind": "PUBLIC", TERM: 90}, False),
        ({"kind": "CONSUMER", TERM: 90}, False),
        ({TERM: 90}, False),
        ({"vatNumber": "BE0403170701", "country": "BE", TERM: 90}, True),
    ],
)
async def test_a_long_term_of_a_business_is_told_and_written(
    desk: Desk, given: dict[str, Any], is_warned: bool
) -> None:
    for more in ({}, {"validateOnly": True}):
        payload = await create(desk, **given, **more)
        assert (payload["errors"], warned(payload)) == ([], [TERM] if is_warned else [])
        assert (payload["customer"] is None) == bool(more)


async def test_the_message_is_in_the_language_of_who_reads_it(desk: Desk) -> None:
    for language, message in MESSAGES.items():
        await desk.connection.execute("update account set language = $1", language.name)
        (told,) = (await create(desk, kind="BUSINESS", paymentTermDays=61))["warnings"]
        assert (told["message"], told["about"]) == (message, None)
    await desk.connection.execute("update account set language = 'EN'")


async def test_a_long_term_of_the_companys_own_is_told_as_well(desk: Desk) -> None:
    settings = "insert into company_settings (company_id, payment_term_days) values ($1, $2) on conflict (company_id) "
    settings += "do update set payment_term_days = excluded.payment_term_days"
    await desk.connection.execute(settings, desk.firm.key, 75)
    payload = await create(desk, kind="BUSINESS")
    assert (payload["customer"][TERM], warned(payload)) == (75, [TERM])
    await desk.connection.execute(settings, desk.firm.key, 30)


async def test_an_update_is_warned_of_what_it_states(desk: Desk) -> None:
    id_ = (await create(desk, kind="CONSUMER", paymentTermDays=90))["customer"]["id"]
    assert warned(await update(desk, id_, kind="BUSINESS", validateOnly=True)) == [TERM]
    assert warned(await update(desk, id_, kind="BUSINESS")) == [TERM], "it is one between businesses from now on"
    assert warned(await update(desk, id_, name="Léa")) == [], "which has nothing to do with the name"
    assert warned(await update(desk, id_, paymentTermDays=90)) == [TERM], "it is stated, though it changes nothing"
    assert warned(await update(desk, id_, paymentTermDays=60)) == []
    for write in (DELETE, RESTORE):
        assert warned(await send(desk, write, customerId=id_)) == []


async def test_what_is_refused_or_done_already_is_not_warned_of(desk: Desk) -> None:
    long = {"kind": "BUSINESS", TERM: 90}
    for wrong in ({"name": " "}, {"discount": "5"}):
        payload = await create(desk, **{**long, **wrong})
        assert (len(payload["errors"]), warned(payload)) == (1, [])
    first, again = [await create(desk, **long, idempotencyKey="long") for _ in range(2)]
    assert (warned(first), warned(again), again["replayed"]) == ([TERM], [], True)
    stale = await update(desk, first["customer"]["id"], **long, expectedVersion=7)
    assert ([error["code"] for error in stale["errors"]], warned(stale)) == (["VERSION_CONFLICT"], [])


@pytest.mark.parametrize("whole", [True, False])
async def test_of_a_list_each_item_is_warned_of_at_its_place(desk: Desk, whole: bool) -> None:
    terms = [(30, "BUSINESS"), (61, "BUSINESS"), (90, "CONSUMER"), (365, "BUSINESS")]
    items: list[dict[str, Any]] = [{"name": str(n), TERM: n, "kind": kind} for n, kind in terms]
    given: dict[str, Any] = {"companyId": desk.firm.id, "allOrNothing": whole}
    expected = [f"items.{n}.{TERM}" for n in (1, 3)]
    tried = await send(desk, CREATE_MANY, items=items, **given, validateOnly=True)
    made = await send(desk, CREATE_MANY, items=items, **given)
    for payload in (tried, made):
        assert (payload["errors"], warned(payload), len(payload["results"])) == ([], expected, 4)
    ids: list[str] = [result["customer"]["id"] for result in made["results"]]
    changed = [{"customerId": id_, "kind": "BUSINESS"} for id_ in ids[:3]]
    assert warned(await send(desk, UPDATE_MANY, items=changed, **given)) == [f"items.{n}.{TERM}" for n in (1, 2)]
    wrong = [{**items[1], "discount": "5"}, items[1]]
    payload = await send(desk, CREATE_MANY, items=wrong, **given)
    assert warned(payload) == ([] if whole else [f"items.1.{TERM}"]), "what is refused is not warned of"


async def test_without_a_warning_there_is_one_trip(desk: Desk) -> None:
    counts: list[int] = []
    for term, shown in ((30, SHOWN), (90, "__typename"), (90, SHOWN)):
        ran: list[tuple[str, tuple[Any, ...]]] = []
        with desk.recording(ran):
            await send(desk, CREATE, shown, companyId=desk.firm.id, name="x", kind="BUSINESS", paymentTermDays=term)
        counts.append(len(ran))
    assert counts == [1, 1, 2]


# --- gates


def of_language(row: Any) -> Any:
    """A row in the language that a new one has of the company."""
    return sql("{} is not null", row["language"])


ABOUT_LANGUAGE: Final = RowWarning(of_language, "language", ("language",), LONG_TERM, ValidationReason.RANGE)


async def test_nobody_is_warned_of_what_he_does_not_see(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    rules: EntityRules = replace(customers.RULES["Customer"], warnings=(ABOUT_LANGUAGE,))
    monkeypatch.setattr(customers, "RULES", {**customers.RULES, "Customer": rules})
    database = await Database.open(desk.dsn)
    executor = Executor(database, default_compiler.__wrapped__())
    anna, given = desk.firm["anna"], {"companyId": desk.firm.id, "name": "Zoé"}
    query, lists = document_of(CREATE, SHOWN), document_of(CREATE_MANY, SHOWN)
    try:
        for apps, count in (([App.CUSTOMERS], 0), ([App.CUSTOMERS, App.FOREIGN_LANGUAGE_CUSTOMERS], 1)):
            await desk.allow(anna, *apps)
            for text, input_ in (
                (query, given),
                (query, {**given, "validateOnly": True}),
                (lists, {"companyId": desk.firm.id, "items": [{"name": "Zoé"}]}),
            ):
                result = await executor.execute(
                    GraphQLRequest(text, variables={"input": input_}, token=desk.firm["anna"].token)
                )
                (payload,) = orjson.loads(result.data or b"").values()
                assert len(payload["warnings"]) == count, (apps, input_)
    finally:
        await database.close()


def test_a_warning_reads_members_with_the_same_gates() -> None:
    mixed = replace(ABOUT_LANGUAGE, reads=("language", "name"))
    write = replace(CREATE, rules=replace(CREATE.rules, warnings=(mixed,)))
    assert any("reads members with other gates" in mistake for mistake in WriteChecks(schema.core, write).mistakes())
