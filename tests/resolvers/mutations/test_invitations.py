"""invitations.py: sending again, accepting with and without a password, and who is put out."""

import asyncio
import hashlib
import secrets
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import pytest
from argon2 import PasswordHasher

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from resolvers.execution.executor import Executor
from resolvers.mutations.context import MutationContext, RateLimited
from resolvers.request import GraphQLRequest, SessionCookie
from tests.support.company import Answer, Asker, Firm, Person
from tests.support.databases import Databases

PASSWORD = "brandnew-horse-7"
CREATE = """
mutation ($input: CreateUserInput!) {
  createUser(input: $input) { user { id } invitationToken errors { code field } }
}
"""
RESEND = """
mutation ($input: ResendInvitationInput!) {
  resendInvitation(input: $input) {
    user { id status } company { id } invitationToken errors { code message field }
  }
}
"""
ACCEPT = """
mutation ($input: AcceptInvitationInput!) {
  acceptInvitation(input: $input) {
    token expiresAt company { id access { role apps } }
    viewer { account { email confirmed } companies { nodes { id } } } errors { code message field }
  }
}
"""
DELETE = "mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { errors { code } } }"
WHO = "{ viewer { account { id email } companies { nodes { id } } } }"


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that was sent."""

    firm: Firm
    email: str
    user: str
    token: str

    @property
    def membership(self) -> uuid.UUID:
        """The key of the pending user."""
        return uuid.UUID(hex=self.user[4:])


@dataclass(frozen=True, slots=True)
class Office:
    """Where people are invited: `ask` is a demo without mail, where secrets are shown; `quiet` is everywhere else."""

    ask: Asker
    quiet: Asker
    connection: Connection

    async def invite(self, email: str | None = None, role: str = "EMPLOYEE", firm: Firm | None = None) -> Invitation:
        """Invite somebody into a firm (a new one by default); somebody without a login by default."""
        firm, email = firm or await Firm.found(self.connection), email or f"{secrets.token_hex(6)}@invited.test"
        given = {"companyId": firm.id, "email": email, "firstName": "Zoé", "lastName": "Martin", "role": role}
        payload = (await self.ask(firm["owner"].token, CREATE, input=given)).data["createUser"]
        assert payload["errors"] == []
        return Invitation(firm, email, payload["user"]["id"], payload["invitationToken"])

    async def invite_known(self, role: str = "EMPLOYEE") -> tuple[Invitation, Person]:
        """Invite somebody whose login is confirmed."""
        anna = (await Firm.found(self.connection))["anna"]
        return await self.invite(anna.email, role), anna

    async def resend(self, firm: Firm, user: str, by: str = "owner") -> Answer:
        """The answer to sending an invitation again."""
        return await self.ask(firm[by].token, RESEND, input={"companyId": firm.id, "userId": user})

    async def accept(self, invitation: Invitation | str, token: str | None = None, **given: object) -> Answer:
        """The answer to accepting an invitation, signed in with `token`."""
        secret = invitation if isinstance(invitation, str) else invitation.token
        return await self.ask(token, ACCEPT, input={"token": secret, **given})

    async def everything(self, invitation: Invitation) -> list[Any]:
        """All that accepting may write, to be compared."""
        tables = ("account", "credential", "mail_token", "outbox", "membership")
        found = [await self.connection.fetch(f"select * from {table} order by id") for table in tables]
        return [await invitation.firm.everything(), *found]

    async def refused(
        self, invitation: Invitation, token: str | None = None, secret: str | None = None, **given: object
    ) -> list[dict[str, Any]]:
        """The payload's errors of an acceptance that must not write anything."""
        before = await self.everything(invitation)
        answer = await self.accept(secret or invitation, token, **given)
        assert answer.errors == ()
        assert await self.everything(invitation) == before
        payload = answer.data["acceptInvitation"]
        assert (payload["token"], payload["expiresAt"], payload["company"]) == (None, None, None)
        return payload["errors"]

    async def account(self, email: str) -> Any:
        """The row of a login."""
        return await self.connection.fetchrow("select * from account where email = $1", email)


@pytest.fixture(scope="module")
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    dsn = await databases.clone(template)
    database, connection = await Database.open(dsn, PoolSettings(size=3, share=3)), await connect(dsn)
    yield Office(Asker(Executor(database, shows_secrets=True)), Asker(Executor(database)), connection)
    await connection.close()
    await database.close()
    await databases.drop(dsn)


def paid(answer: Answer) -> Any:
    """The payload of a document's only field, which has no top-level errors."""
    assert answer.errors == ()
    (payload,) = answer.data.values()
    return payload


# --- accepting with the first password


async def test_somebody_new_sets_a_password_and_is_in(office: Office) -> None:
    invitation = await office.invite()
    firm = invitation.firm
    payload = paid(await office.accept(invitation, password=PASSWORD))
    assert payload["errors"] == []
    assert payload["viewer"] == {
        "account": {"email": invitation.email, "confirmed": True},
        "companies": {"nodes": [{"id": firm.id}]},
    }
    assert payload["company"] == {"id": firm.id, "access": {"role": "EMPLOYEE", "apps": ["CUSTOMERS", "PRODUCTS"]}}
    assert payload["expiresAt"] is not None
    viewer = paid(await office.ask(payload["token"], WHO))
    assert viewer["companies"]["nodes"] == [{"id": firm.id}]
    account = await office.account(invitation.email)
    assert PasswordHasher().verify(account["password_hash"], PASSWORD)
    assert PASSWORD not in repr(dict(account))


async def test_joining_is_recorded_and_told(office: Office) -> None:
    invitation = await office.invite(role="OWNER")
    firm = invitation.firm
    paid(await office.accept(invitation, password=PASSWORD))
    account = await office.account(invitation.email)
    trail = await firm.trail()
    assert [(row["kind"], row["actor_id"], row["role_after"]) for row in trail] == [
        ("USER_INVITED", firm["owner"].account, "OWNER"),
        ("USER_JOINED", account["id"], "OWNER"),
    ]
    assert trail[1]["membership_id"] == invitation.membership
    assert await firm.version() == 3
    row = await office.connection.fetchrow("select * from membership where id = $1", invitation.membership)
    assert row is not None
    assert row["accepted_at"] == trail[1]["at"] > row["created_at"]
    letters = await office.connection.fetch("select * from outbox where email = $1", invitation.email)
    assert [(letter["kind"], letter["account_id"]) for letter in letters] == [("ACCESS_NOTICE", account["id"])]
    left = "select token_hash from mail_token where account_id = $1"
    kept = [row["token_hash"] for row in await office.connection.fetch(left, account["id"])]
    assert kept == [hashlib.sha256(invitation.token.encode()).digest()]


async def test_only_the_hash_of_an_invitation_is_stored(office: Office) -> None:
    invitation = await office.invite()
    (row,) = await office.connection.fetch(
        "select t.*, expires_at - now() between interval '13 days' and interval '14 days' fortnight "
        "from mail_token t where membership_id = $1", invitation.membership,
    )  # fmt: skip
    assert row["token_hash"] == hashlib.sha256(invitation.token.encode()).digest()
    assert (invitation.token in repr(dict(row)), row["fortnight"]) == (False, True)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"password": None},
        {"password": ""},
        {"password": "short"},
        {"password": "aaaaaaaaaaaa"},
        {"password": "email"},
    ],
    ids=["none", "null", "empty", "short", "one letter", "the address"],
)
async def test_a_bad_password_leaves_the_invitation_usable(office: Office, given: dict[str, str | None]) -> None:
    invitation = await office.invite()
    given = {"password": invitation.email} if given.get("password") == "email" else given
    (error,) = await office.refused(invitation, **given)
    assert (error["code"], error["field"]) == ("VALIDATION", ["password"])
    assert error["message"].startswith("Mot de passe : ")
    assert paid(await office.accept(invitation, password=PASSWORD))["errors"] == []


async def test_whoever_used_the_address_before_is_put_out(office: Office) -> None:
    """A stranger may have signed up with an address that is not his; the mailbox decides."""
    home = await Firm.found(office.connection)
    squatter = home["owner"]
    await office.connection.execute(
        "update account set confirmed = false, password_hash = 'his' where id = $1", squatter.account
    )
    await office.connection.execute(
        "insert into mail_token (token_hash, purpose, account_id, expires_at) "
        "values ($2, 'PASSWORD_RESET', $1, '2126-01-01')",
        squatter.account, secrets.token_bytes(32),
    )  # fmt: skip
    invitation = await office.invite(squatter.email)
    (error,) = await office.refused(invitation, squatter.token)  # signed in as itself is not enough
    assert (error["code"], error["field"]) == ("VALIDATION", ["password"])
    payload = paid(await office.accept(invitation, squatter.token, password=PASSWORD))
    assert payload["viewer"]["account"] == {"email": squatter.email, "confirmed": True}
    assert (await office.ask(squatter.token, WHO)).codes == ["UNAUTHENTICATED"]
    account = await office.account(squatter.email)
    assert PasswordHasher().verify(account["password_hash"], PASSWORD)
    left = "select token_hash from mail_token where account_id = $1"
    kept = [row["token_hash"] for row in await office.connection.fetch(left, account["id"])]
    assert kept == [hashlib.sha256(invitation.token.encode()).digest()]
    (session,) = await office.connection.fetch("select * from credential where account_id = $1", account["id"])
    assert session["token_hash"] == hashlib.sha256(payload["token"].encode()).digest()


async def test_somebody_new_may_accept_while_somebody_else_is_signed_in(office: Office) -> None:
    invitation = await office.invite()
    owner = invitation.firm["owner"]
    payload = paid(await office.accept(invitation, owner.token, password=PASSWORD))
    assert payload["viewer"]["account"]["email"] == invitation.email
    assert paid(await office.ask(owner.token, WHO))["account"]["email"] == owner.email


async def test_ones_own_cookie_is_cleared_with_the_sessions(office: Office) -> None:
    for who, cookie in (("owner", SessionCookie()), ("partner", None)):
        home = await Firm.found(office.connection)
        await office.connection.execute("update account set confirmed = false where id = $1", home["owner"].account)
        invitation = await office.invite(home["owner"].email)
        request = GraphQLRequest(
            ACCEPT, variables={"input": {"token": invitation.token, "password": PASSWORD}},
            token=home[who].token, by_cookie=True,
        )  # fmt: skip
        result = await office.ask.executor.execute(request)
        assert (result.errors, result.cookie) == ((), cookie)


def refuse_to_write(_write: MutationContext) -> None:
    """The refusal of a mutation that was prepared already."""
    raise RateLimited(1)


async def test_a_token_hashes_five_passwords_a_minute_whatever_becomes_of_the_request(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    invitation = await office.invite()
    with monkeypatch.context() as full:
        full.setattr(MutationContext, "count", refuse_to_write)
        for _ in range(5):
            assert (await office.accept(invitation, password=PASSWORD)).codes == ["RATE_LIMITED"]
    (error,) = await office.refused(invitation, password=PASSWORD)
    assert (error["code"], error["field"]) == ("TOO_MANY_ATTEMPTS", None)
    await office.connection.execute("update attempt set at = at - interval '61 seconds'")
    assert paid(await office.accept(invitation, password=PASSWORD))["errors"] == []


async def test_the_session_remembers_the_program(office: Office) -> None:
    invitation = await office.invite()
    given = {"input": {"token": invitation.token, "password": PASSWORD}}
    await office.ask.executor.execute(GraphQLRequest(ACCEPT, variables=given, user_agent="Firefox"))
    account = await office.account(invitation.email)
    agent = await office.connection.fetchval("select user_agent from credential where account_id = $1", account["id"])
    assert agent == "Firefox"


async def test_the_second_invitation_of_a_new_login_needs_its_session(office: Office) -> None:
    first = await office.invite()
    second = await office.invite(first.email)
    session = paid(await office.accept(first, password=PASSWORD))["token"]
    answer = await office.accept(second, password=PASSWORD)
    assert (answer.data, answer.codes) == ({"acceptInvitation": None}, ["UNAUTHENTICATED"])
    assert paid(await office.accept(second, session))["errors"] == []
    companies = paid(await office.ask(session, WHO))["companies"]["nodes"]
    assert {company["id"] for company in companies} == {first.firm.id, second.firm.id}


# --- accepting with a login


async def test_a_login_accepts_signed_in_as_itself(office: Office) -> None:
    invitation, anna = await office.invite_known()
    before = await office.account(anna.email)
    payload = paid(await office.accept(invitation, anna.token))
    assert (payload["errors"], payload["token"], payload["expiresAt"]) == ([], None, None)
    assert payload["company"]["id"] == invitation.firm.id
    assert {"id": invitation.firm.id} in payload["viewer"]["companies"]["nodes"]
    assert await office.account(anna.email) == before
    assert await invitation.firm.version() == 3


async def test_a_login_signed_out_is_unauthenticated(office: Office) -> None:
    invitation, _ = await office.invite_known()
    before = await office.everything(invitation)
    for given in ({}, {"password": PASSWORD}):
        answer = await office.accept(invitation, **given)
        assert (answer.data, answer.codes) == ({"acceptInvitation": None}, ["UNAUTHENTICATED"])
    dead = GraphQLRequest(ACCEPT, variables={"input": {"token": invitation.token}}, token="dead", by_cookie=True)
    result = await office.ask.executor.execute(dead)
    assert [error.code.value for error in result.errors] == ["UNAUTHENTICATED"]
    assert await office.everything(invitation) == before


async def test_another_login_cannot_accept_it(office: Office) -> None:
    invitation, anna = await office.invite_known()
    owner = invitation.firm["owner"].token
    for token in (owner, invitation.firm["bram"].token):
        (error,) = await office.refused(invitation, token)
        assert (error["code"], error["field"]) == ("INVITATION_INVALID", ["token"])
        assert error["message"].startswith(
            "Deze uitnodiging" if token != owner else "Cette invitation est destinée à un autre compte"
        )
    assert paid(await office.accept(invitation, anna.token))["errors"] == []


async def test_a_login_with_a_password_gets_no_other_one(office: Office) -> None:
    invitation, anna = await office.invite_known()
    (error,) = await office.refused(invitation, anna.token, password=PASSWORD)
    assert (error["code"], error["field"]) == ("VALIDATION", ["password"])


# --- what is no invitation any more


async def test_a_token_works_once(office: Office) -> None:
    invitation = await office.invite()
    session = paid(await office.accept(invitation, password=PASSWORD))["token"]
    (error,) = await office.refused(invitation, None, password=PASSWORD)
    assert (error["code"], error["field"]) == ("INVITATION_INVALID", ["token"])
    assert error["message"] == "Vous avez déjà accepté cette invitation. Veuillez vous connecter."
    (error,) = await office.refused(invitation, invitation.firm["bram"].token)
    assert error["message"].startswith("Deze uitnodiging is voor een andere login")
    before = await office.everything(invitation)
    again = paid(await office.accept(invitation, session, password=PASSWORD))
    assert (again["errors"], again["company"]["id"], again["token"]) == ([], invitation.firm.id, None)
    assert await office.everything(invitation) == before


async def test_a_used_link_opens_nothing_for_who_was_removed_or_after_its_term(office: Office) -> None:
    for end in (
        "update membership set removed_at = now() where id = $1",
        "update mail_token set expires_at = now() where membership_id = $1",
    ):
        invitation, anna = await office.invite_known()
        assert paid(await office.accept(invitation, anna.token))["errors"] == []
        await office.connection.execute(end, invitation.membership)
        (error,) = await office.refused(invitation, anna.token)
        assert error["code"] == "INVITATION_INVALID"


async def test_two_clicks_at_once_are_one_joining(office: Office) -> None:
    invitation, anna = await office.invite_known()
    clicks = await asyncio.gather(*(office.accept(invitation, anna.token) for _ in range(3)))
    assert [paid(click)["errors"] for click in clicks] == [[]] * 3
    kinds = [row["kind"] for row in await invitation.firm.trail()]
    assert kinds.count("USER_JOINED") == 1


@pytest.mark.parametrize("end", ["expired", "deleted", "of another purpose", "sent again"])
async def test_an_invitation_that_ended_is_invalid(office: Office, end: str) -> None:
    invitation = await office.invite()
    match end:
        case "expired":
            await office.connection.execute(
                "update mail_token set expires_at = now() where membership_id = $1", invitation.membership
            )
        case "deleted":
            given = {"companyId": invitation.firm.id, "userId": invitation.user}
            await office.ask(invitation.firm["owner"].token, DELETE, input=given)
        case "of another purpose":
            await office.connection.execute(
                "update mail_token set purpose = 'PASSWORD_RESET', company_id = null, membership_id = null "
                "where membership_id = $1", invitation.membership,
            )  # fmt: skip
        case _:
            await office.resend(invitation.firm, invitation.user)
    (error,) = await office.refused(invitation, password=PASSWORD)
    assert (error["code"], error["field"]) == ("INVITATION_INVALID", ["token"])
    assert error["message"] == "Ce lien n'est plus valable. Veuillez en demander un nouveau."


@pytest.mark.parametrize("secret", ["enm_unknown", " ", "\0", "\ud800", "é" * 5_000])
async def test_what_is_no_token_is_invalid(office: Office, secret: str) -> None:
    invitation = await office.invite()
    (error,) = await office.refused(invitation, secret=secret, password=PASSWORD)
    assert error["code"] == "INVITATION_INVALID"


# --- sending again


async def test_the_newest_letter_is_the_only_one_that_works(office: Office) -> None:
    invitation = await office.invite()
    firm = invitation.firm
    before = await firm.everything()
    payload = paid(await office.resend(firm, invitation.user, by="partner"))
    assert payload["errors"] == []
    assert (payload["user"], payload["company"]) == ({"id": invitation.user, "status": "PENDING"}, {"id": firm.id})
    assert payload["invitationToken"] not in (None, invitation.token)
    assert await firm.everything() == before
    letters = await office.connection.fetch("select kind from outbox where email = $1", invitation.email)
    assert [letter["kind"] for letter in letters] == ["INVITATION"]  # the one that waited was taken back
    assert paid(await office.accept(payload["invitationToken"], password=PASSWORD))["errors"] == []


async def test_a_letter_that_was_sent_stays_on_record(office: Office) -> None:
    invitation = await office.invite()
    await office.connection.execute("update outbox set sent_at = now() where email = $1", invitation.email)
    await office.resend(invitation.firm, invitation.user)
    assert len(await office.connection.fetch("select from outbox where email = $1", invitation.email)) == 2


async def test_sending_again_shows_no_secret_where_there_is_mail(office: Office) -> None:
    invitation = await office.invite()
    given = {"companyId": invitation.firm.id, "userId": invitation.user}
    payload = paid(await office.quiet(invitation.firm["owner"].token, RESEND, input=given))
    assert (payload["errors"], payload["invitationToken"]) == ([], None)
    assert await office.connection.fetch("select from mail_token where membership_id = $1", invitation.membership) == []


@pytest.mark.parametrize(("confirmed", "language"), [(True, "EN"), (False, "FR")])
async def test_sending_again_speaks_the_language_of_a_confirmed_login(
    office: Office, confirmed: bool, language: str
) -> None:
    invitation, anna = await office.invite_known()
    await office.connection.execute("update account set confirmed = $2 where id = $1", anna.account, confirmed)
    await office.resend(invitation.firm, invitation.user)
    found = await office.connection.fetchval("select language from outbox where email = $1", anna.email)
    assert found == language


async def test_only_a_pending_user_is_invited_again(office: Office) -> None:
    firm, other = await Firm.found(office.connection), await Firm.found(office.connection)
    for user in (firm["anna"].id, firm["owner"].id):
        (error,) = paid(await office.resend(firm, user))["errors"]
        assert (error["code"], error["field"]) == ("VALIDATION", ["userId"])
    outsider = f"usr_{firm['accountant'].membership.hex}"
    for user in (
        firm["gone"].id,
        firm["accountant"].id,
        outsider,
        other["pending"].id,
        f"usr_{uuid.uuid4().hex}",
        "\0",
    ):
        (error,) = paid(await office.resend(firm, user))["errors"]
        assert (error["code"], error["field"]) == ("NOT_FOUND", ["userId"])
    assert (await office.resend(firm, firm["pending"].id, by="anna")).codes == ["FORBIDDEN"]
    (error,) = paid(await office.resend(firm, firm["pending"].id, by="pending"))["errors"]
    assert (error["code"], error["field"]) == ("NOT_FOUND", ["companyId"])
    assert await office.connection.fetch("select from outbox where company_id = $1", firm.key) == []


async def test_sending_again_counts_as_an_invitation(office: Office) -> None:
    firm = await Firm.found(office.connection)
    invitations = [await office.invite(firm=firm) for _ in range(9)]
    for invitation in (*invitations, *invitations, *invitations, *invitations, *invitations[:5]):
        assert paid(await office.resend(firm, invitation.user))["errors"] == []
    await too_many(office, invitations[-1])


async def test_an_address_is_invited_ten_times_an_hour_whoever_does(office: Office) -> None:
    invitation = await office.invite()
    firm, given = invitation.firm, {"companyId": invitation.firm.id, "userId": invitation.user}
    for n in range(8):
        assert paid(await office.resend(firm, invitation.user, by=("owner", "partner")[n % 2]))["errors"] == []
    await office.ask(firm["owner"].token, DELETE, input=given)
    again = await office.invite(invitation.email, firm=firm)  # who begins anew does not begin with the limit
    await too_many(office, again)
    assert paid(await office.resend(firm, firm["pending"].id))["errors"] == []
    await office.invite(invitation.email)  # nor does another company meet it


async def too_many(office: Office, invitation: Invitation) -> None:
    """Sending it again is one letter too many, and writes nothing."""
    before = await office.everything(invitation)
    (error,) = paid(await office.resend(invitation.firm, invitation.user))["errors"]
    assert error["code"] == "TOO_MANY_ATTEMPTS"
    assert await office.everything(invitation) == before
