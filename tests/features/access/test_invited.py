"""What owners see of invitations, and of who is no user any more."""

import datetime
from collections.abc import AsyncGenerator
from typing import Any, Final

import pytest

from tests.support.company import Firm
from tests.support.databases import Databases
from tests.support.externals import Outside

USER: Final = """
query ($id: ID!) { company(id: $id) { users(first: 100) {
  nodes { id status invitation { state sentAt expiresAt } } } } }
"""
LETTER: Final = """
insert into outbox (kind, email, language, account_id, company_id, membership_id, sent_at, given_up_at, problem)
values ('INVITATION', 'x@y.test', 'FR', $1, $2, $3, $4, $5, $6)
"""
TOKEN: Final = """
insert into mail_token (token_hash, purpose, account_id, company_id, membership_id, expires_at)
values (uuid_send(gen_random_uuid()), 'INVITATION', $1, $2, $3, $4)
"""
NOW: Final = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
LATER: Final = NOW + datetime.timedelta(days=9)


@pytest.fixture(scope="module")
async def outside(databases: Databases, template: str) -> AsyncGenerator[Outside]:
    async with Outside.open(databases, template) as outside:
        yield outside


async def users(outside: Outside, firm: Firm) -> dict[str, Any]:
    """The users of a firm, as its owner sees them."""
    answer = await outside.ask(firm["owner"].token, USER, id=firm.id)
    return {node["id"]: node for node in answer.data["company"]["users"]["nodes"]}


@pytest.mark.parametrize(
    ("sent", "given_up", "expires", "state"),
    [
        (None, None, None, "WAITING"),
        (NOW, None, LATER, "SENT"),
        (NOW, None, NOW, "EXPIRED"),
        (NOW, None, None, "EXPIRED"),
        (None, NOW, None, "BOUNCED"),
    ],
)
async def test_owners_see_what_became_of_an_invitation(
    outside: Outside,
    sent: datetime.datetime | None,
    given_up: datetime.datetime | None,
    expires: datetime.datetime | None,
    state: str,
) -> None:
    firm = await outside.found()
    whose = firm["pending"].account, firm.key, firm["pending"].membership
    # An earlier letter tells nothing any more.
    await outside.connection.execute(LETTER, *whose, None, NOW, "550")
    await outside.connection.execute("update outbox set created_at = created_at - interval '1 day'")
    await outside.connection.execute(LETTER, *whose, sent, given_up, "550" if given_up else None)
    if expires is not None:
        await outside.connection.execute(TOKEN, *whose, expires)
    seen = await users(outside, firm)
    assert seen[firm["pending"].id] == {
        "id": firm["pending"].id,
        "status": "PENDING",
        "invitation": {
            "state": state,
            "sentAt": sent and sent.isoformat(),
            "expiresAt": expires and expires.isoformat(),
        },
    }
    assert (seen[firm["anna"].id]["status"], seen[firm["anna"].id]["invitation"]) == ("ACTIVE", None)


async def test_who_was_removed_has_no_status_wherever_they_still_stand(outside: Outside) -> None:
    firm = await outside.found()
    anna = firm["anna"]
    await outside.connection.execute(
        "insert into task (company_id, title, assignee_id) values ($1, 'x', $2)", firm.key, anna.membership
    )
    query = """
      query ($id: ID!, $user: ID!) { node(id: $user) { id } company(id: $id) {
        tasks { nodes { assignee { id status invitation { state } } } } users { totalCount } } }
    """
    await outside.connection.execute(
        """
        with active as (
          insert into company_app (company_id, app_id, valid) values ($1, 'TASKS', tstzrange('2020-01-01', null))
        )
        update company set mask = set_bit(mask, (select position from app where id = 'TASKS'), 1) where id = $1
        """,
        firm.key,
    )
    before = (await outside.ask(firm["owner"].token, query, id=firm.id, user=anna.id)).data
    assert before["node"] == {"id": anna.id}
    assert before["company"]["tasks"]["nodes"][0]["assignee"]["status"] == "ACTIVE"
    await outside.connection.execute("update membership set removed_at = now() where id = $1", anna.membership)
    after = (await outside.ask(firm["owner"].token, query, id=firm.id, user=anna.id)).data
    assert after["node"] is None
    assert after["company"]["tasks"]["nodes"] == [{"assignee": {"id": anna.id, "status": None, "invitation": None}}]
    assert after["company"]["users"]["totalCount"] == before["company"]["users"]["totalCount"] - 1


async def test_invitations_are_for_owners(outside: Outside) -> None:
    firm = await outside.found()
    answer = await outside.ask(firm["anna"].token, USER, id=firm.id)
    assert answer.data["company"]["users"] is None
