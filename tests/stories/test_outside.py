"""Accountants and support, as a user would tell it: a wrong address, the right one, full access, and taking it back."""

from collections.abc import AsyncGenerator
from typing import Any, Final

import pytest

from db.database import Database, PoolSettings
from db.outbox import claim
from tests.stories.test_people import PASSWORD, do
from tests.support.databases import Databases
from tests.support.demo_client import Demo, open_demo

REGISTER: Final = """
mutation ($input: RegisterAccountantInput!) {
  registerAccountant(input: $input) {
    token viewer { account { email kind confirmed } companies { totalCount } } errors { code field message }
  }
}
"""
CONFIRM: Final = "mutation ($input: ConfirmEmailInput!) { confirmEmail(input: $input) { confirmed errors { code } } }"
ADD: Final = """
mutation ($input: AddExternalUserInput!) {
  addExternalUser(input: $input) {
    externalUser { id email firstName lastName kind officeName until } errors { code field message }
  }
}
"""
UPDATE: Final = """
mutation ($input: UpdateExternalUserInput!) {
  updateExternalUser(input: $input) { externalUser { until } errors { code field message } }
}
"""
REMOVE: Final = """
mutation ($input: RemoveExternalUserInput!) {
  removeExternalUser(input: $input) { company { externalUsers { email } } errors { code field message } }
}
"""
LEAVE: Final = """
mutation ($input: LeaveCompanyInput!) {
  leaveCompany(input: $input) { viewer { companies { nodes { name } } } errors { code message } }
}
"""
CREATE_CLIENT: Final = """
mutation ($input: CreateClientCompanyInput!) {
  createClientCompany(input: $input) {
    company { id name access { external role } } invitationToken errors { code field message }
  }
}
"""
ACCEPT: Final = """
mutation ($input: AcceptInvitationInput!) {
  acceptInvitation(input: $input) { token company { name access { role } } errors { code field message } }
}
"""
SUPPORT: Final = """
mutation ($input: SetSupportAccessInput!) {
  setSupportAccess(input: $input) { company { supportUntil externalUsers { kind } } errors { code field message } }
}
"""
LIST: Final = """
query ($id: ID!) { company(id: $id) {
  externalUsers { id email createdByAccountant }
  permissionMatrix {
    apps { app } rows { user { id } externalUser { id email } cells { app granted effective editable reason } }
  }
  accessChanges(first: 1) { nodes { kind until actor { email } externalUser { email } } }
} }
"""
FILE: Final = """
query ($id: ID!) { company(id: $id) {
  name access { external role apps can(app: INVOICES) }
  customers { totalCount } products { totalCount } invoices { totalCount } quotes { totalCount }
  users { totalCount } externalUsers { id } permissionMatrix { version } accessChanges { totalCount }
} }
"""
COMPANIES: Final = "{ viewer { companies(filter: {access: EXTERNAL}) { nodes { name } } } }"
OWN: Final = "{ viewer { accessChanges(first: 3) { nodes { kind companyId until user { id } externalUser { id } } } } }"

LAMBERT, DELVAUX = "Chauffage Lambert", "Bières Delvaux"
GRIET: Final = "griet@hendrickx.example"
OFFICE: Final = {
    "officeName": "Bureau Hendrickx", "email": GRIET, "password": PASSWORD, "firstName": "Griet",
    "lastName": "Hendrickx", "language": "NL", "acceptTerms": True,
}  # fmt: skip


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[Demo]:
    async with open_demo(databases) as demo:
        yield demo


async def codes(demo: Demo, who: str, mutation: str, **given: object) -> list[str]:
    """Why a mutation is refused, for who asked for it."""
    return [error["code"] for error in (await do(demo, who, mutation, **given))["errors"]]


async def mailed(demo: Demo, email: str) -> str:
    """The token of the letter that waits for somebody."""
    database = await Database.open(demo.dsn, PoolSettings(size=1))
    try:
        while (letter := await claim(database)) is not None:
            if letter.email == email and letter.token is not None:
                return letter.token
    finally:
        await database.close()
    raise AssertionError(f"no letter waits for {email}")


async def test_people_from_outside(demo: Demo) -> None:  # noqa: PLR0915 (it is a story)
    id_ = await demo.company(LAMBERT)
    before = (await demo.ask("lambert", LIST, id=id_)).data["company"]

    # Users > Accountants and support users > Add an external user. A wrong address is an error, and nothing is stored.
    wrong = await do(demo, "lambert", ADD, companyId=id_, email="griet@hendrickxx.example")
    (error,) = wrong["errors"]
    assert (error["code"], error["field"], wrong["externalUser"]) == ("ACCOUNTANT_NOT_FOUND", ["email"], None)
    assert "comptable" in error["message"]
    assert (await demo.ask("lambert", LIST, id=id_)).data["company"] == before

    # Accountants have an account of their own, free of charge, without a company. It must be theirs to be linked.
    registered = await do(demo, None, REGISTER, **OFFICE)
    assert registered["errors"] == []
    assert registered["viewer"] == {
        "account": {"email": GRIET, "kind": "ACCOUNTANT", "confirmed": False},
        "companies": {"totalCount": 0},
    }
    demo.use("griet", registered["token"])
    assert await codes(demo, "lambert", ADD, companyId=id_, email=GRIET) == ["ACCOUNTANT_NOT_FOUND"]
    assert await do(demo, None, CONFIRM, token=await mailed(demo, GRIET), password=PASSWORD) == {
        "confirmed": True,
        "errors": [],
    }

    # The right address: the accountant stands at the foot of the list, and reaches the whole file at once.
    added = await do(demo, "lambert", ADD, companyId=id_, email=GRIET)
    assert added["errors"] == []
    external = added["externalUser"]
    assert external == {
        "id": external["id"], "email": GRIET, "firstName": "Griet", "lastName": "Hendrickx",
        "kind": "ACCOUNTANT", "officeName": "Bureau Hendrickx", "until": None,
    }  # fmt: skip
    after = (await demo.ask("lambert", LIST, id=id_)).data["company"]
    rows = after["permissionMatrix"]["rows"]
    assert rows[-1]["externalUser"] == {"id": external["id"], "email": GRIET}
    assert all(row["user"] is None for row in rows[-len(after["externalUsers"]) :])
    assert {cell["reason"] for cell in rows[-1]["cells"]} == {"EXTERNAL", "ALWAYS_VISIBLE"}
    assert all(cell["effective"] and not cell["editable"] for cell in rows[-1]["cells"])
    assert await codes(demo, "lambert", ADD, companyId=id_, email=GRIET) == ["ALREADY_LINKED"]
    seen, owners = [(await demo.ask(who, FILE, id=id_)).data["company"] for who in ("griet", "lambert")]
    assert (seen["access"]["external"], seen["access"]["role"]) == (True, None)
    assert (
        seen["access"]["apps"] == owners["access"]["apps"] == [app["app"] for app in after["permissionMatrix"]["apps"]]
    )
    lists = ("customers", "products", "invoices", "quotes")
    assert [seen[name] for name in lists] == [owners[name] for name in lists]
    assert seen["invoices"]["totalCount"] > 100

    # Full access is to the file, not to its users: those stay the owner's.
    assert [seen[name] for name in ("users", "externalUsers", "permissionMatrix", "accessChanges")] == [None] * 4
    given = {"companyId": id_, "externalUserId": external["id"]}
    assert (await demo.ask("griet", REMOVE, input=given)).codes == ["FORBIDDEN"]

    # The owner may say until when, and withdraw the access at any time: it is gone at the next request.
    dated = await do(demo, "lambert", UPDATE, **given, until="2100-01-01T00:00:00Z")
    assert dated["externalUser"] == {"until": "2100-01-01T00:00:00+00:00"}
    assert await codes(demo, "lambert", UPDATE, **given, until="2020-01-01T00:00:00Z") == ["VALIDATION"]
    removed = await do(demo, "lambert", REMOVE, **given)
    assert removed["errors"] == []
    assert GRIET not in [listed["email"] for listed in removed["company"]["externalUsers"]]
    assert (await demo.ask("griet", FILE, id=id_)).data == {"company": None}
    (change,) = (await demo.ask("lambert", LIST, id=id_)).data["company"]["accessChanges"]["nodes"]
    assert (change["kind"], change["actor"]["email"]) == ("EXTERNAL_REMOVED", "lambert@demo.enfact.test")
    assert change["externalUser"]["email"] == GRIET

    # The accountant keeps the own history, in which the lost company is a bare id.
    answer = await demo.ask("griet", OWN)
    assert answer.data["viewer"]["accessChanges"]["nodes"] == [
        {"kind": kind, "companyId": id_, "until": until, "user": None, "externalUser": None}
        for kind, until in (
            ("EXTERNAL_REMOVED", None), ("EXTERNAL_CHANGED", "2100-01-01T00:00:00+00:00"), ("EXTERNAL_ADDED", None),
        )
    ]  # fmt: skip
    assert answer.notes == []

    # An accountant leaves by itself, too.
    await do(demo, "lambert", ADD, companyId=id_, email="hors-ligne@demo.enfact.test")
    assert (await demo.ask("hors-ligne", COMPANIES)).data["viewer"]["companies"]["nodes"] == [{"name": LAMBERT}]
    left = await do(demo, "hors-ligne", LEAVE, companyId=id_)
    assert (left["viewer"], left["errors"]) == ({"companies": {"nodes": []}}, [])


async def test_an_accountant_creates_the_company_and_the_client_owns_it(demo: Demo) -> None:
    given = {
        "name": "Boulangerie Simon",
        "ownerEmail": "luc@simon.example",
        "ownerFirstName": "Luc",
        "ownerLastName": "S",
    }
    assert (await demo.ask("lambert", CREATE_CLIENT, input=given)).codes == ["FORBIDDEN"]
    created = await do(demo, "compta", CREATE_CLIENT, **given)
    assert created["errors"] == []
    company = created["company"]
    assert (company["name"], company["access"]) == ("Boulangerie Simon", {"external": True, "role": None})
    names = [node["name"] for node in (await demo.ask("compta", COMPANIES)).data["viewer"]["companies"]["nodes"]]
    assert "Boulangerie Simon" in names

    # The client accepts by the letter, is the owner, and withdraws the accountant's access whenever that suits.
    accepted = await do(demo, None, ACCEPT, token=created["invitationToken"], password=PASSWORD)
    assert (accepted["errors"], accepted["company"]["access"]) == ([], {"role": "OWNER"})
    demo.use("luc", accepted["token"])
    (external,) = (await demo.ask("luc", LIST, id=company["id"])).data["company"]["externalUsers"]
    assert external == {"id": external["id"], "email": "compta@demo.enfact.test", "createdByAccountant": True}
    await do(demo, "luc", REMOVE, companyId=company["id"], externalUserId=external["id"])
    assert (await demo.ask("compta", FILE, id=company["id"])).data == {"company": None}


async def test_support_comes_in_only_when_the_owner_says_so(demo: Demo) -> None:
    id_ = await demo.company(DELVAUX)
    await demo.connection.execute(
        "insert into account (email, first_name, last_name, kind, confirmed) "
        "values ('help@demo.enfact.test', 'Sam', 'Support', 'SUPPORT', true)"
    )
    assert (await demo.ask("help", FILE, id=id_)).data == {"company": None}
    payload: Any = await do(demo, "delvaux", SUPPORT, companyId=id_, enabled=True)
    assert payload["errors"] == []
    assert payload["company"]["supportUntil"] is not None
    assert {"kind": "SUPPORT"} in payload["company"]["externalUsers"]
    seen = (await demo.ask("help", FILE, id=id_)).data["company"]
    assert (seen["access"]["external"], seen["access"]["can"], seen["users"]) == (True, True, None)
    (change,) = (await demo.ask("delvaux", LIST, id=id_)).data["company"]["accessChanges"]["nodes"]
    assert (change["kind"], change["until"]) == ("SUPPORT_ON", payload["company"]["supportUntil"])
    payload = await do(demo, "delvaux", SUPPORT, companyId=id_, enabled=False)
    assert payload["company"]["supportUntil"] is None
    assert (await demo.ask("help", FILE, id=id_)).data == {"company": None}
