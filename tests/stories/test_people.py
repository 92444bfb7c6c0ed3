"""The people of a company, as a user would tell it: signing up, one's own row, personal settings, users, toggles."""

from collections.abc import AsyncGenerator
from typing import Any, Final

import pytest

from tests.support.databases import Databases
from tests.support.demo_client import Demo, open_demo

SIGN_UP: Final = """
mutation ($input: SignUpInput!) {
  signUp(input: $input) {
    token company { id name access { role apps } users { nodes { id email role status } } }
    viewer { account { email firstName lastName language confirmed } } errors { code field message }
  }
}
"""
PROFILE: Final = "{ viewer { account { firstName lastName language email } } }"
UPDATE_PROFILE: Final = """
mutation ($input: UpdateProfileInput!) {
  updateProfile(input: $input) {
    viewer { account { firstName lastName language email } } errors { code field message }
  }
}
"""
CREATE_USER: Final = """
mutation ($input: CreateUserInput!) {
  createUser(input: $input) {
    user { id firstName lastName email role status apps } invitationToken errors { code field message }
  }
}
"""
ACCEPT: Final = """
mutation ($input: AcceptInvitationInput!) {
  acceptInvitation(input: $input) {
    token viewer { companies { nodes { name access { role apps } } } } errors { code field message }
  }
}
"""
UPDATE_USER: Final = """
mutation ($input: UpdateUserInput!) {
  updateUser(input: $input) { user { firstName lastName role } errors { code field message } }
}
"""
DELETE_USER: Final = """
mutation ($input: DeleteUserInput!) {
  deleteUser(input: $input) { company { users { nodes { email } } } errors { code field message } }
}
"""
SET: Final = """
mutation ($input: SetAppAccessInput!) {
  setAppAccess(input: $input) { permissionMatrix { version } errors { code message } }
}
"""
USERS: Final = """
query ($id: ID!) { company(id: $id) { users { nodes { id email role status } } permissionMatrix { version } } }
"""
SEEN: Final = """
query ($id: ID!) { company(id: $id) {
  name invoices { totalCount } quotes { totalCount } customers { totalCount } access { apps } } }
"""
OWNER, EMPLOYEE, SECOND = "an@peeters.example", "bart@peeters.example", "bart.new@peeters.example"
PASSWORD: Final = "a long enough one 7"


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[Demo]:
    async with open_demo(databases) as demo:
        yield demo


async def do(demo: Demo, who: str | None, mutation: str, **given: object) -> Any:
    """The payload of a mutation that is not refused as a whole."""
    answer = await demo.ask(who, mutation, input=given)
    assert answer.codes == [], answer.body
    (payload,) = answer.data.values()
    return payload


async def test_the_people_of_a_company(demo: Demo) -> None:  # noqa: PLR0915 (it is a story)
    # Somebody signs up: a company, and its first user, who is an owner and reaches every app that is active.
    payload = await do(
        demo, None, SIGN_UP, companyName="Peeters & Co", email=OWNER.upper(), password=PASSWORD, firstName="An",
        lastName="Peeters", language="NL", acceptTerms=True,
    )  # fmt: skip
    assert payload["errors"] == []
    assert payload["viewer"]["account"] == {
        "email": OWNER, "firstName": "An", "lastName": "Peeters", "language": "NL", "confirmed": False,
    }  # fmt: skip
    company = payload["company"]
    assert (company["name"], company["access"]["role"]) == ("Peeters & Co", "OWNER")
    assert {"CUSTOMERS", "PRODUCTS", "INVOICES", "QUOTES"} <= set(company["access"]["apps"])
    (row,) = company["users"]["nodes"]
    assert (row["email"], row["role"], row["status"]) == (OWNER, "OWNER", "ACTIVE")
    demo.use("an", payload["token"])
    id_ = company["id"]

    # In the window of users one's own row can be neither edited nor deleted.
    own = {"companyId": id_, "userId": row["id"]}
    edits: tuple[tuple[str, dict[str, str]], ...] = (
        (UPDATE_USER, {"role": "EMPLOYEE"}), (UPDATE_USER, {"firstName": "Anna"}), (DELETE_USER, {}),
    )  # fmt: skip
    for mutation, more in edits:
        refused = await do(demo, "an", mutation, **own, **more)
        assert [error["code"] for error in refused["errors"]] == ["SELF_EDIT_FORBIDDEN"]
        assert "eigen" in refused["errors"][0]["message"]

    # The personal settings show four fields, of which three can be changed; the address has no way to change at all.
    before = (await demo.ask("an", PROFILE)).data["viewer"]["account"]
    assert before == {"firstName": "An", "lastName": "Peeters", "language": "NL", "email": OWNER}
    changed = await do(demo, "an", UPDATE_PROFILE, firstName="Anna", lastName="Peeters-Maes", language="FR")
    assert changed["errors"] == []
    assert changed["viewer"]["account"] == {
        "firstName": "Anna", "lastName": "Peeters-Maes", "language": "FR", "email": OWNER,
    }  # fmt: skip
    answer = await demo.ask("an", UPDATE_PROFILE, input={"email": "other@peeters.example"})
    assert answer.codes == ["BAD_USER_INPUT"]

    # The owner creates a user: e-mail, first name, last name, role. It has no access before the invitation is accepted.
    new = {"companyId": id_, "email": EMPLOYEE, "firstName": "Bart", "lastName": "Claes", "role": "EMPLOYEE"}
    created = await do(demo, "an", CREATE_USER, **new)
    assert created["errors"] == []
    assert created["user"] == {
        "id": created["user"]["id"], "firstName": "Bart", "lastName": "Claes", "email": EMPLOYEE, "role": "EMPLOYEE",
        "status": "PENDING", "apps": ["CUSTOMERS", "PRODUCTS"],
    }  # fmt: skip
    again = await do(demo, "an", CREATE_USER, **new)
    assert [error["code"] for error in again["errors"]] == ["EMAIL_TAKEN"]
    accepted = await do(demo, None, ACCEPT, token=created["invitationToken"], password=PASSWORD)
    assert accepted["errors"] == []
    demo.use("bart", accepted["token"])
    (entered,) = accepted["viewer"]["companies"]["nodes"]
    assert entered == {"name": "Peeters & Co", "access": {"role": "EMPLOYEE", "apps": ["CUSTOMERS", "PRODUCTS"]}}

    # Clients and products are on for everybody; everything else appears with its toggle, at once, and goes with it.
    seen = (await demo.ask("bart", SEEN, id=id_)).data["company"]
    assert (seen["invoices"], seen["quotes"], seen["customers"]) == (None, None, {"totalCount": 0})
    for granted in (True, False):
        version = (await demo.ask("an", USERS, id=id_)).data["company"]["permissionMatrix"]["version"]
        change = {"userId": created["user"]["id"], "app": "INVOICES", "granted": granted}
        done = await do(demo, "an", SET, companyId=id_, expectedVersion=version, changes=[change])
        assert (done["errors"], done["permissionMatrix"]["version"]) == ([], version + 1)
        seen = (await demo.ask("bart", SEEN, id=id_)).data["company"]
        assert (seen["invoices"], seen["quotes"]) == ({"totalCount": 0} if granted else None, None)
    off = {"userId": created["user"]["id"], "app": "CUSTOMERS", "granted": False}
    refused = await do(demo, "an", SET, companyId=id_, expectedVersion=version + 1, changes=[off])
    assert [error["code"] for error in refused["errors"]] == ["ALWAYS_VISIBLE"]

    # An address never changes: the new one becomes a new user, and the old one is deleted.
    second = await do(demo, "an", CREATE_USER, **{**new, "email": SECOND, "apps": ["INVOICES"]})
    accepted = await do(demo, None, ACCEPT, token=second["invitationToken"], password=PASSWORD)
    demo.use("bart.new", accepted["token"])
    deleted = await do(demo, "an", DELETE_USER, companyId=id_, userId=created["user"]["id"])
    assert deleted["errors"] == []
    assert sorted(node["email"] for node in deleted["company"]["users"]["nodes"]) == sorted([OWNER, SECOND])
    assert (await demo.ask("bart", SEEN, id=id_)).data == {"company": None}
    assert (await demo.ask("bart", PROFILE)).data["viewer"]["account"]["email"] == EMPLOYEE
    seen = (await demo.ask("bart.new", SEEN, id=id_)).data["company"]
    assert (seen["invoices"], seen["quotes"]) == ({"totalCount": 0}, None)

    # An employee changes nobody; made an owner, the former employee can, and the first owner can become an employee.
    target = {"companyId": id_, "userId": row["id"], "role": "EMPLOYEE"}
    assert (await demo.ask("bart.new", UPDATE_USER, input=target)).codes == ["FORBIDDEN"]
    promoted = await do(demo, "an", UPDATE_USER, companyId=id_, userId=second["user"]["id"], role="OWNER")
    assert (promoted["errors"], promoted["user"]["role"]) == ([], "OWNER")
    demoted = await do(demo, "bart.new", UPDATE_USER, **target)
    assert (demoted["errors"], demoted["user"]["role"]) == ([], "EMPLOYEE")
    answer = await demo.ask("an", USERS, id=id_)
    assert answer.data["company"] == {"users": None, "permissionMatrix": None}
    assert {note["role"] for note in answer.notes} == {"OWNER"}
