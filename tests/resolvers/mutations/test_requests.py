"""requests.py: who may have data brought in or taken out, and documents sent."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Final

import pytest

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from resolvers.execution.executor import Executor
from resolvers.execution.product import default_compiler
from resolvers.mutations import requests
from resolvers.mutations.company_lock import turn_of
from resolvers.mutations.requests import DOCUMENTS, MODELS
from schema import schema
from schema.apps import CATALOGUE, App
from tests.support.company import Answer, Asker, Firm, blocked
from tests.support.databases import Databases

DOCUMENT: Final = "mutation ($input: %sInput!) { %s(input: $input) { %s company { id } errors { code field } } }"
REQUEST: Final = "{ id model format status createdAt requestedBy { id } }"
SELECTIONS: Final = {
    "startImport": f"importRequest {REQUEST}",
    "requestExport": f"exportRequest {REQUEST}",
    "sendDocument": "sentEmail { id to cc bcc subject at document { id } }",
}
GATES: Final = {"startImport": "DATA_IMPORT", "requestExport": "DATA_EXPORT", "sendDocument": "EMAIL_SENDING"}
MAKE_DOCUMENT: Final = """
insert into document (company_id, kind, number, sequence_number, date, status, total_excl, total_vat, total_incl,
                      total_incl_base)
values ($1, $2, $3, 1, '2026-01-01', 'SENT', 0, 0, 0, 0) returning id
"""
TOGGLE: Final = """
update membership m set toggles = (
  select bit_or(set_bit(repeat('0', 256)::bit(256), position, 1)) from app where always_visible or id = any($3::text[])
) where company_id = $1 and id = $2
"""
LETTER: Final[dict[str, Any]] = {"to": "Marie@Client.test", "subject": "Your  invoice"}
ROWS: Final = ("import_request", "export_request", "sent_email")


@dataclass(frozen=True, slots=True)
class Office:
    """A firm in which PURCHASES is active, with an invoice and a purchase."""

    ask: Asker
    connection: Connection
    firm: Firm
    invoice: str
    purchase: str

    async def send(self, mutation: str, by: str | None, **given: Any) -> Answer:
        """The answer to a mutation; what it needs is there unless it is given."""
        usual: dict[str, Any] = {"model": "INVOICES", "format": "CSV"}
        if mutation == "sendDocument":
            usual = {"documentId": self.invoice, **LETTER}
        document = DOCUMENT % (mutation[0].upper() + mutation[1:], mutation, SELECTIONS[mutation])
        variables = {"companyId": self.firm.id, **usual, **given}
        return await self.ask(self.firm[by].token if by else None, document, input=variables)

    async def hold(self, name: str, *apps: str) -> None:
        """Somebody's toggles are these, and what everybody has."""
        await self.connection.execute(TOGGLE, self.firm.key, self.firm[name].membership, apps)

    async def rows(self) -> list[Any]:
        """All that these mutations may write."""
        return [await self.connection.fetch(f"select * from {table} order by company_id, id") for table in ROWS]


def outcome(answer: Answer, mutation: str) -> str:
    """`done`, the top-level code, or the code of the payload's only error with its field."""
    if answer.errors:
        assert answer.data[mutation] is None
        return ",".join(answer.codes)
    errors = answer.data[mutation]["errors"]
    return ",".join(f"{error['code']} {'.'.join(error['field'] or ())}".strip() for error in errors) or "done"


@pytest.fixture
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    dsn = await databases.clone(template)
    database, connection = await Database.open(dsn, PoolSettings(size=6, share=6)), await connect(dsn)
    firm = await Firm.found(connection, "PURCHASES")
    keys = [await connection.fetchval(MAKE_DOCUMENT, firm.key, kind, "1") for kind in ("INVOICE", "PURCHASE")]
    yield Office(Asker(Executor(database)), connection, firm, f"inv_{keys[0].hex}", f"pur_{keys[1].hex}")
    await connection.close()
    await database.close()
    await databases.drop(dsn)


# --- what is written


@pytest.mark.parametrize("by", ["owner", "anna", "accountant"])
@pytest.mark.parametrize(("mutation", "field"), [("startImport", "importRequest"), ("requestExport", "exportRequest")])
async def test_a_request_for_data_waits(office: Office, by: str, mutation: str, field: str) -> None:
    await office.hold("anna", "INVOICES", GATES[mutation])
    answer = await office.send(mutation, by, model="INVOICES", format="XLSX")
    assert outcome(answer, mutation) == "done"
    request = answer.data[mutation][field]
    row = await office.connection.fetchrow(f"select * from {'im' if 'im' in field else 'ex'}port_request")
    assert row is not None
    assert request.pop("createdAt")
    assert request == {
        "id": f"{field[:3]}_{row['id'].hex}", "model": "INVOICES", "format": "XLSX", "status": "WAITING",
        "requestedBy": None if office.firm[by].external else {"id": office.firm[by].id},
    }  # fmt: skip
    assert (row["company_id"], row["requested_by_id"]) == (office.firm.key, office.firm[by].membership)


@pytest.mark.parametrize("by", ["owner", "anna", "accountant"])
async def test_a_document_that_is_sent_is_recorded(office: Office, by: str) -> None:
    await office.hold("anna", "INVOICES", "EMAIL_SENDING")
    more = {"cc": " A@x.test ,b@x.test, a@X.test", "bcc": ""}
    answer = await office.send("sendDocument", by, **more)
    assert outcome(answer, "sendDocument") == "done"
    email = answer.data["sendDocument"]["sentEmail"]
    assert email.pop("id").startswith("eml_")
    assert email.pop("at")
    assert email == {
        "to": "marie@client.test", "cc": "a@x.test, b@x.test", "bcc": None, "subject": "Your invoice",
        "document": {"id": office.invoice},
    }  # fmt: skip


# --- rights


HELD: Final = ("DATA_IMPORT", "DATA_EXPORT", "EMAIL_SENDING", "INVOICES", "PURCHASES")
MATRIX: Final = (
    ("owner", HELD, "done"),
    ("partner", (), "done"),
    ("accountant", (), "done"),
    ("anna", HELD, "done"),
    ("anna", (), "FORBIDDEN"),
    ("pending", HELD, "NOT_FOUND companyId"),
    ("gone", HELD, "NOT_FOUND companyId"),
    ("former", (), "NOT_FOUND companyId"),
    (None, (), "UNAUTHENTICATED"),
)


@pytest.mark.parametrize("mutation", GATES)
@pytest.mark.parametrize(("by", "held", "expected"), MATRIX)
async def test_who_may(office: Office, mutation: str, by: str | None, held: tuple[str, ...], expected: str) -> None:
    if by not in (None, "former", "accountant"):
        await office.hold(by or "", *held)
    before = await office.rows()
    answer = await office.send(mutation, by)
    if by is None:
        assert (answer.codes, answer.data) == (["UNAUTHENTICATED"], {mutation: None})
    else:
        assert outcome(answer, mutation) == expected
    assert (await office.rows() == before) is (expected != "done")


@pytest.mark.parametrize("mutation", GATES)
@pytest.mark.parametrize("missing", ["the mutation's", "the data's"])
async def test_an_employee_needs_both_gates(office: Office, mutation: str, missing: str) -> None:
    gate = GATES[mutation]
    await office.hold("anna", *(set(HELD) - {gate if missing == "the mutation's" else "INVOICES"}))
    hidden = "NOT_FOUND documentId" if mutation == "sendDocument" else "FORBIDDEN"
    before = await office.rows()
    answer = await office.send(mutation, "anna")
    assert outcome(answer, mutation) == ("FORBIDDEN" if missing == "the mutation's" else hidden)
    assert await office.rows() == before
    await office.hold("anna", *HELD)
    assert outcome(await office.send(mutation, "anna"), mutation) == "done"


@pytest.mark.parametrize("by", ["owner", "accountant", "anna"])
@pytest.mark.parametrize("mutation", ["startImport", "requestExport"])
async def test_data_of_an_app_that_is_not_active_is_forbidden_to_all(office: Office, by: str, mutation: str) -> None:
    await office.hold("anna", "TIME_TRACKING", *HELD)
    assert outcome(await office.send(mutation, by, model="TIME_ENTRIES"), mutation) == "FORBIDDEN"
    assert outcome(await office.send(mutation, by, model="PURCHASES"), mutation) == "done"
    assert outcome(await office.send(mutation, by, model="CUSTOMERS"), mutation) == "done"


async def test_every_model_and_document_has_the_needs_that_reading_has() -> None:
    assert {name: need for name, need in MODELS.items() if not need} == {"CUSTOMERS": (), "PRODUCTS": ()}
    layout = default_compiler().layout
    document = schema.core.type_map["Document"]
    assert layout.carried(document) == {}
    kinds: Any = schema.core.type_map["DocumentKind"]
    assert {kind for kind, _ in DOCUMENTS.values()} == set(kinds.values)
    for prefix, (kind, need) in DOCUMENTS.items():
        type_ = layout.type_of(prefix)
        assert type_ is not None
        assert layout.placement(type_.name).where == {"kind": kind}
        assert need


async def test_a_hidden_document_is_as_if_it_did_not_exist(office: Office) -> None:
    other = await Firm.found(office.connection, "PURCHASES")
    theirs = await office.connection.fetchval(MAKE_DOCUMENT, other.key, "INVOICE", "1")
    await office.hold("anna", "EMAIL_SENDING", "PURCHASES")
    told = [
        await office.send("sendDocument", "anna", documentId=id_)
        for id_ in (office.invoice, f"inv_{uuid.uuid4().hex}", f"inv_{theirs.hex}", "nonsense", "",
                    office.purchase.replace("pur", "inv"), office.invoice.replace("inv", "pur"),
                    office.firm["anna"].id, office.firm.id)
    ]  # fmt: skip
    assert [outcome(answer, "sendDocument") for answer in told] == ["NOT_FOUND documentId"] * len(told)
    assert all(answer == told[0] for answer in told)
    owned = await office.send("sendDocument", "owner", documentId=f"inv_{theirs.hex}")
    assert outcome(owned, "sendDocument") == "NOT_FOUND documentId"
    wrong = {"to": "nobody", "subject": ""}
    hidden = await office.send("sendDocument", "anna", **wrong)
    assert hidden == told[0]
    assert outcome(await office.send("sendDocument", "anna", documentId=office.purchase), "sendDocument") == "done"


async def test_a_right_that_is_taken_away_meanwhile_counts_no_more(office: Office) -> None:
    """It is gone when the turn comes of who asked before."""
    await office.hold("anna", *HELD)
    async with office.connection.transaction():
        for turn in ("imports", "exports"):
            await office.connection.execute("select pg_advisory_xact_lock($1)", turn_of(turn, office.firm.key))
        waiting = [asyncio.create_task(office.send(mutation, "anna")) for mutation in ("startImport", "requestExport")]
        await blocked(office.connection, 2)
        await office.hold("anna")
    told = await asyncio.gather(*waiting)
    assert [answer.codes for answer in told] == [["FORBIDDEN"]] * 2
    assert await office.rows() == [[], [], []]


async def test_whose_time_is_over_may_no_more(office: Office) -> None:
    assert outcome(await office.send("requestExport", "accountant"), "requestExport") == "done"
    await office.connection.execute("update membership set until = now() where external")
    assert outcome(await office.send("requestExport", "accountant"), "requestExport") == "NOT_FOUND companyId"


# --- what is not valid


MANY: Final = ", ".join(f"a{n}@x.test" for n in range(20))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"to": ""}, "VALIDATION to"),
        ({"to": " ,"}, "VALIDATION to"),
        ({"to": "marie"}, "VALIDATION to"),
        ({"to": "a@x.test,"}, "VALIDATION to"),
        ({"to": "a@x.test;b@x.test"}, "VALIDATION to"),
        ({"to": "a@x.test\r\nbcc: b@x.test"}, "VALIDATION to"),
        ({"to": MANY}, "done"),
        ({"to": MANY + ", b@x.test"}, "VALIDATION to"),
        ({"to": MANY, "cc": "b@x.test"}, "VALIDATION cc"),
        ({"bcc": MANY}, "VALIDATION bcc"),
        ({"to": "a@x.test," * 20_000}, "VALIDATION to"),
        ({"cc": "nobody", "to": " "}, "VALIDATION to,VALIDATION cc"),
        ({"cc": None, "bcc": None}, "done"),
        ({"subject": ""}, "VALIDATION subject"),
        ({"subject": "a\0b"}, "VALIDATION subject"),
        ({"subject": "a\u200bb"}, "done"),
        ({"subject": "a\u202eb"}, "VALIDATION subject"),
        ({"subject": "a\r\nbcc: b@x.test"}, "done"),
        ({"subject": "x" * 200}, "done"),
        ({"subject": "x" * 201}, "VALIDATION subject"),
    ],
)
async def test_addresses_and_subject_are_checked(office: Office, given: dict[str, Any], expected: str) -> None:
    answer = await office.send("sendDocument", "owner", **given)
    assert outcome(answer, "sendDocument") == expected
    sent = (await office.rows())[2]
    assert len(sent) == (expected == "done")
    assert not any("\n" in str(row["subject"]) for row in sent)


# --- floods


@pytest.mark.parametrize("mutation", ["startImport", "requestExport"])
async def test_only_so_many_requests_wait(office: Office, monkeypatch: pytest.MonkeyPatch, mutation: str) -> None:
    monkeypatch.setattr(requests, "WAITING", 3)
    told = await asyncio.gather(*(office.send(mutation, "owner") for _ in range(9)))
    outcomes = sorted(outcome(answer, mutation) for answer in told)
    assert outcomes == ["LIMIT_REACHED"] * 6 + ["done"] * 3
    assert outcome(await office.send(mutation, "partner"), mutation) == "done"
    table = "import_request" if mutation == "startImport" else "export_request"
    await office.connection.execute(f"update {table} set status = 'DONE'")
    assert outcome(await office.send(mutation, "owner"), mutation) == "done"


async def test_only_so_many_mails_are_sent_in_an_hour(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "EMAILS", 3)
    told = await asyncio.gather(*(office.send("sendDocument", "owner") for _ in range(5)))
    assert sorted(outcome(answer, "sendDocument") for answer in told) == ["TOO_MANY_ATTEMPTS"] * 2 + ["done"] * 3
    await office.connection.execute("update sent_email set at = at - interval '61 minutes'")
    assert outcome(await office.send("sendDocument", "owner"), "sendDocument") == "done"


async def test_a_limit_counts_in_one_company_only(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "WAITING", 1)
    other = await Firm.found(office.connection)
    elsewhere = Office(office.ask, office.connection, other, office.invoice, office.purchase)
    assert outcome(await office.send("startImport", "owner"), "startImport") == "done"
    assert outcome(await elsewhere.send("startImport", "owner"), "startImport") == "done"


EXPORTS: Final = """
query ($company: ID!, $export: ID!) { company(id: $company) {
  exportRequests { totalCount nodes { id url } edges { node { id } } } }
  node(id: $export) { id } nodes(ids: [$export]) { id } }
"""


async def test_an_export_is_for_the_person_alone_whose_rights_it_was_made_with(office: Office) -> None:
    await office.hold("anna", "INVOICES", "DATA_EXPORT")
    made = {by: (await office.send("requestExport", by)).data["requestExport"]["exportRequest"]["id"]
            for by in ("owner", "anna", "accountant")}  # fmt: skip
    await office.connection.execute("update export_request set ready = true, url = 'https://files.test/' || id")
    for by in ("owner", "partner", "anna", "accountant"):
        for whose, export in made.items():
            given: dict[str, Any] = {"company": office.firm.id, "export": export}
            data = (await office.ask(office.firm[by].token, EXPORTS, **given)).data
            own = [id_ for name, id_ in made.items() if name == by]
            listed = data["company"]["exportRequests"]
            assert [node["id"] for node in listed["nodes"]] == own == [edge["node"]["id"] for edge in listed["edges"]]
            assert listed["totalCount"] == len(own)
            assert (data["node"] is not None) is (whose == by)
            assert data["nodes"] == [data["node"]]


async def test_who_is_taken_back_does_not_find_the_exports_of_before(office: Office) -> None:
    export = (await office.send("requestExport", "owner")).data["requestExport"]["exportRequest"]["id"]
    await office.connection.execute(
        "with gone as (update membership set removed_at = now() where id = $1 returning *) insert into membership "
        "(company_id, account_id, role, first_name, last_name, accepted_at) "
        "select company_id, account_id, role, first_name, last_name, now() from gone", office.firm["owner"].membership,
    )  # fmt: skip
    data = (await office.ask(office.firm["owner"].token, EXPORTS, company=office.firm.id, export=export)).data
    assert (data["company"]["exportRequests"]["totalCount"], data["node"]) == (0, None)


def test_the_gates_are_parts_of_the_product() -> None:
    assert {CATALOGUE[App[name]].kind.name for name in GATES.values()} == {"PART"}
