"""companies.py: another company under the same login, and the data of one."""

import secrets
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import pytest

from db.belgium import iban, vat_number
from db.connection import Connection, connect
from db.database import Database, PoolSettings
from resolvers.execution.executor import Executor
from schema.apps import CATALOGUE, AppKind
from tests.support.company import ALWAYS, Answer, Asker, Firm, apps_of
from tests.support.databases import Databases

CREATE = """
mutation ($input: CreateCompanyInput!) {
  createCompany(input: $input) {
    company { id name access { role } permissionMatrix { version } users { nodes { firstName lastName language } } }
    viewer { companies { nodes { id } } } errors { code message field }
  }
}
"""
UPDATE = """
mutation ($input: UpdateCompanyInput!) {
  updateCompany(input: $input) {
    company { name vatNumber street country phone email website iban ibans } errors { code message field }
  }
}
"""
DATA = {
    "name": "Chauffage Dubois",
    "vatNumber": "BE0403170701",
    "enterpriseNumber": "0403.170.701",
    "legalForm": "SRL",
    "street": "Rue Haute",
    "streetNumber": "12 b",
    "postcode": "1000",
    "city": "Bruxelles",
    "country": "LU",
    "phone": "+32 2 555 12 12",
    "email": "info@dubois.test",
    "website": "https://www.dubois.test/fr?x=1",
    "iban": "BE68539007547034",
    "language": "NL",
}
COLUMNS = {
    "vatNumber": "vat_number",
    "enterpriseNumber": "enterprise_number",
    "legalForm": "legal_form",
    "streetNumber": "street_number",
}


@dataclass(frozen=True, slots=True)
class Office:
    """Where companies are founded, and how the product is asked there."""

    ask: Asker
    connection: Connection

    async def found(self) -> Firm:
        """A firm of the test's own."""
        return await Firm.found(self.connection)

    async def create(self, token: str | None, name: str = "Dubois & fils") -> Answer:
        """The answer to a new company."""
        return await self.ask(token, CREATE, input={"name": name})

    async def update(self, firm: Firm, by: str | None = "owner", **given: object) -> Answer:
        """The answer to a change of a firm's data."""
        return await self.ask(firm[by].token if by else None, UPDATE, input={"companyId": firm.id, **given})

    async def row(self, firm: Firm) -> dict[str, Any]:
        """All that is known of a firm."""
        found = await self.connection.fetchrow("select * from company where id = $1", firm.key)
        assert found is not None
        return dict(found)

    async def refused(self, firm: Firm, **given: Any) -> list[dict[str, Any]]:
        """The payload's errors of a change that must not write anything."""
        before = await self.row(firm)
        answer = await self.update(firm, **given)
        assert answer.errors == ()
        assert await self.row(firm) == before
        assert answer.data["updateCompany"]["company"]["name"] == before["name"]
        return answer.data["updateCompany"]["errors"]


@pytest.fixture(scope="module")
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    dsn = await databases.clone(template)
    database, connection = await Database.open(dsn, PoolSettings(size=3, share=3)), await connect(dsn)
    yield Office(Asker(Executor(database)), connection)
    await connection.close()
    await database.close()
    await databases.drop(dsn)


# --- founding another one


async def test_whoever_founds_a_company_is_its_owner(office: Office) -> None:
    firm = await office.found()
    anna = firm["anna"]
    payload = (await office.create(anna.token, "  Dubois \t & fils ")).data["createCompany"]
    assert payload["errors"] == []
    company = payload["company"]
    assert company | {"id": ""} == {
        "id": "",
        "name": "Dubois & fils",
        "access": {"role": "OWNER"},
        "permissionMatrix": {"version": 1},
        "users": {"nodes": [{"firstName": "Anna", "lastName": "Peeters", "language": "EN"}]},
    }
    assert {node["id"] for node in payload["viewer"]["companies"]["nodes"]} == {firm.id, company["id"]}


async def test_a_new_company_has_what_every_company_has(office: Office) -> None:
    firm = await office.found()
    payload = (await office.create(firm["anna"].token)).data["createCompany"]
    key = uuid.UUID(hex=payload["company"]["id"][4:])
    row = await office.connection.fetchrow("select * from company where id = $1", key)
    member = await office.connection.fetchrow("select * from membership where company_id = $1", key)
    assert row is not None
    assert member is not None
    built_in = {app.name for app, entry in CATALOGUE.items() if entry.kind in (AppKind.BASE, AppKind.PART)}
    active = await office.connection.fetch("select app_id from company_app where company_id = $1", key)
    assert apps_of(row["mask"]) == {app["app_id"] for app in active} == built_in
    granted = await office.connection.fetch("select app_id from app_grant where company_id = $1", key)
    assert apps_of(member["toggles"]) == {app["app_id"] for app in granted} == ALWAYS
    assert (row["plan"], row["language"], row["access_version"]) == ("FREE", "EN", 1)
    trail = await office.connection.fetch("select * from access_change where company_id = $1", key)
    assert [(entry["kind"], entry["actor_id"], entry["role_after"]) for entry in trail] == [
        ("USER_JOINED", firm["anna"].account, "OWNER")
    ]


async def test_a_login_that_is_not_confirmed_may_found_a_company(office: Office) -> None:
    firm = await office.found()
    await office.connection.execute("update account set confirmed = false where id = $1", firm["gone"].account)
    assert (await office.create(firm["gone"].token)).data["createCompany"]["errors"] == []


@pytest.mark.parametrize("name", ["", " \n ", "x" * 101, "a\0b", "a\u202eb", "\ud800"])
async def test_a_company_needs_a_name(office: Office, name: str) -> None:
    firm = await office.found()
    before = await office.connection.fetchval("select count(*) from company")
    payload = (await office.create(firm["anna"].token, name)).data["createCompany"]
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [("VALIDATION", ["name"])]
    assert payload["company"] is None
    assert await office.connection.fetchval("select count(*) from company") == before


async def test_nobody_founds_a_company_signed_out(office: Office) -> None:
    answer = await office.create(None)
    assert (answer.data, answer.codes) == ({"createCompany": None}, ["UNAUTHENTICATED"])


async def test_a_login_founds_twenty_companies_a_day(office: Office) -> None:
    first, second = await office.found(), await office.found()
    token, account = first["gone"].token, first["gone"].account
    await office.connection.execute(  # one that was joined today, and one that was founded long ago
        "update membership set account_id = $1, accepted_at = created_at + interval '1 second' where id = $2",
        account, second["bram"].membership,
    )  # fmt: skip
    await office.connection.execute(
        "update membership set created_at = now() - interval '2 days', accepted_at = now() - interval '2 days' "
        "where id = $1", first["gone"].membership,
    )  # fmt: skip
    for _ in range(20):
        assert (await office.create(token)).data["createCompany"]["errors"] == []
    before = await office.connection.fetchval("select count(*) from company")
    payload = (await office.create(token)).data["createCompany"]
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [("TOO_MANY_ATTEMPTS", None)]
    assert await office.connection.fetchval("select count(*) from company") == before
    assert (await office.create(first["anna"].token)).data["createCompany"]["errors"] == []


# --- the data of one


async def test_every_datum_is_stored(office: Office) -> None:
    firm = await office.found()
    before = await office.row(firm)
    answer = await office.update(firm, **DATA)
    assert answer.data["updateCompany"]["errors"] == []
    assert answer.data["updateCompany"]["company"]["iban"] == DATA["iban"]
    assert await office.row(firm) == before | {COLUMNS.get(member, member): value for member, value in DATA.items()}


@pytest.mark.parametrize("member", DATA)
async def test_what_is_left_out_stays(office: Office, member: str) -> None:
    firm = await office.found()
    await office.update(firm, **DATA)
    before = await office.row(firm)
    other = {
        "name": "Dubois",
        "vatNumber": vat_number("0123.456.749"),
        "enterpriseNumber": "0123.456.749",
        "country": "FR",
        "phone": "02/123.45.67",
        "email": "x@y.test",
        "website": "http://x.test",
        "iban": iban(539, 1),
        "language": "DE",
    }.get(member, "Other")
    await office.update(firm, **{member: other})
    assert await office.row(firm) == before | {COLUMNS.get(member, member): other}


async def test_nothing_given_changes_nothing(office: Office) -> None:
    firm = await office.found()
    await office.update(firm, **DATA)
    before = await office.row(firm)
    assert (await office.update(firm)).data["updateCompany"]["errors"] == []
    assert await office.row(firm) == before


@pytest.mark.parametrize("nothing", [None, " "])
async def test_null_takes_away_what_may_be_missing(office: Office, nothing: str | None) -> None:
    firm = await office.found()
    await office.update(firm, **DATA)
    optional = [member for member in DATA if member not in ("name", "country", "language")]
    assert (await office.update(firm, **dict.fromkeys(optional, nothing))).data["updateCompany"]["errors"] == []
    row = await office.row(firm)
    assert [row[COLUMNS.get(member, member)] for member in optional] == [None] * len(optional)
    assert (row["name"], row["country"], row["language"]) == ("Chauffage Dubois", "LU", "NL")


async def test_what_a_company_must_have_cannot_be_taken_away(office: Office) -> None:
    firm = await office.found()
    errors = await office.refused(firm, name=None, country=None, language=None)
    assert [(error["code"], error["field"]) for error in errors] == [
        ("VALIDATION", ["name"]), ("VALIDATION", ["country"]), ("VALIDATION", ["language"]),
    ]  # fmt: skip
    assert errors[1]["message"] == "Pays : veuillez remplir ce champ."
    assert [error["field"] for error in await office.refused(firm, name=" ", country="")] == [["name"], ["country"]]


@pytest.mark.parametrize(
    ("member", "typed", "stored"),
    [
        ("vatNumber", "be 0403.170.701", "BE0403170701"),
        ("vatNumber", "0403170701", "BE0403170701"),
        ("vatNumber", "403.170.701", "BE0403170701"),
        ("enterpriseNumber", "0403170701", "0403.170.701"),
        ("enterpriseNumber", "BE 0403.170.701", "0403.170.701"),
        ("enterpriseNumber", "\u0660\u0664\u0660\u0663.170.701", "0403.170.701"),
        ("iban", "BE68\u00a05390-0754-7034", "BE68539007547034"),
        ("iban", "be68 5390 0754 7034", "BE68539007547034"),
        ("iban", "FR14 2004 1010 0505 0001 3M02 606", "FR1420041010050500013M02606"),
        ("iban", "NL91 ABNA 0417 1643 00", "NL91ABNA0417164300"),
        ("country", "nl", "NL"),
        ("email", " Info@Dubois.TEST ", "info@dubois.test"),
        ("website", "HTTPS://dubois.test:8443", "HTTPS://dubois.test:8443"),
        ("website", "https://bière.test/à-propos", "https://bière.test/à-propos"),
        ("phone", "(02) 555-12-12", "(02) 555-12-12"),
        ("street", "  Rue   Haute ", "Rue Haute"),
        (
            "name",
            "\U0001f468\u200d\U0001f469\u200d\U0001f467 Traiteur",
            "\U0001f468\u200d\U0001f469\u200d\U0001f467 Traiteur",
        ),
        ("name", "\u0646\u0627\u0645\u0647\u200c\u0627\u06cc", "\u0646\u0627\u0645\u0647\u200c\u0627\u06cc"),
        ("name", "\ufeffBou\u00adlan\u00adgerie\u200b \u202aDubois\u202c\u200e", "Boulangerie Dubois"),
    ],
)
async def test_data_is_stored_in_one_form(office: Office, member: str, typed: str, stored: str) -> None:
    firm = await office.found()
    assert (await office.update(firm, **{member: typed})).data["updateCompany"]["errors"] == []
    assert (await office.row(firm))[COLUMNS.get(member, member)] == stored


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("name", "x" * 101),
        ("vatNumber", "BE0403170702"),
        ("vatNumber", "0403170702"),
        ("vatNumber", "FR40303265045"),
        ("enterpriseNumber", "0403.170.702"),
        ("enterpriseNumber", "FR0403170701"),
        ("street", "x" * 201),
        ("city", "Bru\u202exelles"),
        ("legalForm", "\0"),
        ("postcode", "\ud800"),
        ("country", "XX"),
        ("country", "BEL"),
        ("phone", "call me"),
        ("phone", "1" * 60),
        ("phone", "x" * 201),
        ("email", "nobody"),
        ("website", "javascript:alert(1)"),
        ("website", "ftp://dubois.test"),
        ("website", "https://"),
        ("website", "https://user@dubois.test"),
        ("website", "https://dubois.test/<script>"),
        ("website", "https://dubois.test/a b"),
        ("iban", "BE68539007547035"),
        ("iban", "BE41539007547035"),
        ("iban", "NL91ABNA0417164301"),
        ("iban", "BE"),
    ],
)
async def test_a_datum_that_is_wrong_is_refused(office: Office, member: str, value: str) -> None:
    firm = await office.found()
    errors = await office.refused(firm, **{"city": "Gent", member: value})
    assert [(error["code"], error["field"]) for error in errors] == [("VALIDATION", [member])]


async def test_further_bank_accounts_follow_the_main_one(office: Office) -> None:
    firm = await office.found()
    other, third = "NL91 ABNA 0417 1643 00", iban(539, 2)
    changes: list[tuple[dict[str, Any], list[str]]] = [
        ({"furtherIbans": [third, other, third]}, [third, "NL91ABNA0417164300"]),
        ({"iban": iban(539, 1)}, [iban(539, 1), third, "NL91ABNA0417164300"]),
        ({"furtherIbans": [other]}, [iban(539, 1), "NL91ABNA0417164300"]),
        ({"furtherIbans": None}, [iban(539, 1)]),
        ({"iban": None}, []),
    ]
    for given, known in changes:
        answer = await office.update(firm, **given)
        assert answer.data["updateCompany"]["errors"] == []
        assert answer.data["updateCompany"]["company"]["ibans"] == known


@pytest.mark.parametrize(
    "wrong", [["BE68539007547035"], [" "], ["x", "y"], ["\0"], [iban(539, n) for n in range(21)]], ids=range(5)
)
async def test_a_list_with_a_wrong_bank_account_is_refused_once(office: Office, wrong: list[str]) -> None:
    firm = await office.found()
    errors = await office.refused(firm, furtherIbans=[iban(539, 1), *wrong])
    assert [(error["code"], error["field"]) for error in errors] == [("VALIDATION", ["furtherIbans"])]
    assert (await office.row(firm))["further_ibans"] == []


async def test_everything_that_is_wrong_is_told_at_once(office: Office) -> None:
    firm = await office.found()
    wrong = {"name": "", "vatNumber": "x", "country": "x", "email": "x", "website": "x", "iban": "x"}
    errors = await office.refused(firm, street="Rue Haute", **wrong)
    assert [error["field"] for error in errors] == [[member] for member in wrong]


async def test_a_new_name_is_seen_in_the_list_of_companies(office: Office) -> None:
    firm, name = await office.found(), f"Zed {secrets.token_hex(4)}"
    await office.update(firm, name=name)
    query = "query ($name: String) { viewer { companies(filter: {search: $name}) { nodes { name } } } }"
    found = (await office.ask(firm["anna"].token, query, name=name)).data["viewer"]["companies"]["nodes"]
    assert found == [{"name": name}]


async def test_only_owners_change_the_data(office: Office) -> None:
    firm, other = await office.found(), await office.found()
    before = await office.row(firm)
    for who in ("anna", "accountant"):
        answer = await office.update(firm, who, name="Eve")
        assert (answer.data, answer.codes) == ({"updateCompany": None}, ["FORBIDDEN"])
    for answer in [
        *[await office.update(firm, who, name="Eve") for who in ("pending", "gone", "former")],
        await office.update(other, companyId=firm.id, name="Eve"),
        await office.update(firm, companyId="\0", name="Eve"),
    ]:
        payload = answer.data["updateCompany"]
        assert payload["company"] is None
        assert [(error["code"], error["field"]) for error in payload["errors"]] == [("NOT_FOUND", ["companyId"])]
    answer = await office.update(firm, None, name="Eve")
    assert (answer.data, answer.codes) == ({"updateCompany": None}, ["UNAUTHENTICATED"])
    assert await office.row(firm) == before
