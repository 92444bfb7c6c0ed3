"""All ways by which an account, an address and a company come together, each as an attacker, the mailbox and an owner.

Eve signs up with an address that is not hers, founds a company that she calls like the victim's, lets an accomplice in
and keeps a session and a key. Vera reads the mailbox. Olga owns a company, and means Vera when she types the address.

| way | what it needs | what comes of an account that Eve made |
|---|---|---|
| signUp, registerAccountant | an address without an account, or one that was only invited | it is not confirmed |
| createCompany | a session | it owns another company, and nobody else's |
| login, changePassword | the password | as it was |
| createUser, createClientCompany | an owner, a confirmed accountant | a pending user, who enters nothing |
| addExternalUser | an owner, a confirmed accountant's address | ACCOUNTANT_NOT_FOUND |
| confirmEmail | the mailbox, and the password or a session | all stays |
| disclaimEmail | the mailbox | it starts empty, and cannot sign in |
| resetPassword | the mailbox | it starts empty; with a session of its own all stays |
| acceptInvitation | the mailbox, and an owner's invitation | the same, also with the password that it has |
| a confirmed account: acceptInvitation | the mailbox, the invitation and a session | it joins |
| setSupportAccess, `enfact support` | an owner, the operator | no account of a person comes in |
| `enfact owner` | the operator, and the mailbox | an invitation |
"""

import secrets
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest
from graphql import GraphQLInputObjectType

from db.tokens import hash_token
from resolvers.gates.coordinates import named_type
from resolvers.mutations.registry import MUTATIONS
from schema import schema
from tests.support.company import Firm, Person
from tests.support.databases import Databases
from tests.support.externals import Login, Outside

EVES, VERAS = "eve chose this one", "vera chose that one"
DOCUMENT: Final = "mutation ($input: %sInput!) { %s(input: $input) { %s errors { code field } } }"
LETTER: Final = """
insert into mail_token (token_hash, purpose, account_id, expires_at)
select $1, $2, id, now() + interval '1 hour' from account where email = $3
"""
KEY: Final = """
insert into credential (token_hash, account_id, kind, label, last4, hidden_fields, expires_at)
select $1, id, 'API_KEY', 'Till', '1234', 'NULL', 'infinity' from account where email = $2
"""
LET_IN: Final = """
insert into membership (company_id, account_id, role, first_name, last_name, accepted_at)
values ($1, $2, 'EMPLOYEE', 'Mal', 'Lory', now())
"""
ME: Final = """
{ viewer { account { email confirmed } companies { nodes { id } } accessChanges { nodes { companyId } }
  apiKeys { id } sessions { current } } }
"""
SEES: Final = "query ($id: ID!) { company(id: $id) { id name users { nodes { email } } } }"


@pytest.fixture(scope="module")
async def outside(databases: Databases, template: str) -> AsyncGenerator[Outside]:
    async with Outside.open(databases, template, shows_secrets=True) as outside:
        yield outside


@dataclass(frozen=True, slots=True)
class Hijack:
    """Eve's account with Vera's address, what she made of it, and Olga's firm."""

    outside: Outside
    email: str
    session: str
    key: str
    company: str
    mallory: Login
    firm: Firm

    async def do(self, token: str | None, mutation: str, selection: str = "", /, **given: object) -> Any:
        """The payload of a mutation; a list of codes where it is refused as a whole."""
        document = DOCUMENT % (mutation[0].upper() + mutation[1:], mutation, selection)
        answer = await self.outside.ask(token, document, input=given)
        return answer.data[mutation] if not answer.errors else answer.codes

    async def letter(self, purpose: str) -> str:
        """The token of a letter to Vera's mailbox."""
        token = secrets.token_urlsafe()
        await self.outside.connection.execute(LETTER, hash_token(token), purpose, self.email)
        return token

    async def invite(self, **given: object) -> str:
        """The token of Olga's invitation to the address."""
        names = {"firstName": "Vera", "lastName": "Maes", "role": "EMPLOYEE"}
        payload = await self.do(
            self.olga.token, "createUser", "invitationToken", companyId=self.firm.id, email=self.email, **names, **given
        )
        assert payload["errors"] == []
        return payload["invitationToken"]

    @property
    def olga(self) -> Person:
        """The owner of the firm."""
        return self.firm["owner"]

    async def login(self, password: str) -> str | None:
        """A session by the password; None when it is not the one."""
        return (await self.do(None, "login", "token", email=self.email, password=password))["token"]

    async def me(self, token: str) -> Any:
        """What the bearer of a token sees of itself; None when it works no more."""
        answer = await self.outside.ask(token, ME)
        return answer.data and answer.data["viewer"]

    async def sees(self, token: str, company: str) -> Any:
        """A company, as the bearer of a token sees it."""
        answer = await self.outside.ask(token, SEES, id=company)
        return answer.data and answer.data["company"]


async def hijack(outside: Outside, kind: str = "signUp") -> Hijack:
    """Eve's preparations, by a sign-up or as an accountant."""
    email, firm, mallory = f"{secrets.token_hex(8)}@vera.test", await outside.found(), await outside.login("MEMBER")
    person = {
        "email": email,
        "password": EVES,
        "firstName": "Eve",
        "lastName": "M",
        "language": "EN",
        "acceptTerms": True,
    }
    named = {"companyName": "Peeters & Co"} if kind == "signUp" else {"officeName": "Peeters"}
    document = DOCUMENT % (kind[0].upper() + kind[1:], kind, "token")
    session = (await outside.ask(None, document, input={**person, **named})).data[kind]["token"]
    made = Hijack(outside, email, session, f"enk_{secrets.token_urlsafe()}", "", mallory, firm)
    found = await made.do(session, "createCompany", "company { id }", name="Peeters & Co")
    company: str = found["company"]["id"]
    await outside.connection.execute("update company set mask = ~ repeat('0', 256)::bit(256) where id <> $1", firm.key)
    await outside.connection.execute(KEY, hash_token(made.key), email)
    await outside.connection.execute(LET_IN, uuid.UUID(hex=company[4:]), mallory.id)
    assert await made.sees(made.key, company) is not None
    assert await made.sees(mallory.token, company) is not None
    return Hijack(outside, email, session, made.key, company, mallory, firm)


async def put_out(case: Hijack) -> None:
    """Fail if anything that Eve kept works still."""
    assert await case.me(case.session) is None
    assert await case.me(case.key) is None
    assert await case.login(EVES) is None


async def is_empty(case: Hijack, token: str, joined: list[str]) -> None:
    """Fail if Vera's account has anything but what she has joined herself."""
    viewer = await case.me(token)
    assert viewer["account"] == {"email": case.email, "confirmed": True}
    assert [company["id"] for company in viewer["companies"]["nodes"]] == joined
    assert {change["companyId"] for change in viewer["accessChanges"]["nodes"]} == set(joined)
    assert (viewer["apiKeys"], viewer["sessions"]) == ([], [{"current": True}])
    assert await case.sees(token, case.company) is None


# --- what the mailbox alone gives


async def disclaims_and_resets(case: Hijack) -> tuple[str, list[str]]:
    """Vera says that it was not her, and sets a password of her own afterwards."""
    payload = await case.do(None, "disclaimEmail", "disclaimed", token=await case.letter("CONFIRMATION"))
    assert payload == {"disclaimed": True, "errors": []}
    return await resets(case)


async def resets(case: Hijack) -> tuple[str, list[str]]:
    """Vera sets a password by a letter."""
    payload = await case.do(None, "resetPassword", token=await case.letter("PASSWORD_RESET"), password=VERAS)
    assert payload == {"errors": []}
    token = await case.login(VERAS)
    assert token is not None
    return token, []


async def accepts(case: Hijack) -> tuple[str, list[str]]:
    """Vera accepts Olga's invitation with a password of her own."""
    payload = await case.do(None, "acceptInvitation", "token", token=await case.invite(), password=VERAS)
    assert payload["errors"] == []
    return payload["token"], [case.firm.id]


MAILBOX: Final[Mapping[str, Callable[[Hijack], Awaitable[tuple[str, list[str]]]]]] = {
    "disclaimEmail, resetPassword": disclaims_and_resets,
    "resetPassword": resets,
    "acceptInvitation": accepts,
}


@pytest.mark.parametrize("kind", ["signUp", "registerAccountant"])
@pytest.mark.parametrize("way", MAILBOX)
async def test_who_reads_the_mailbox_gets_the_address_and_nothing_of_who_took_it(
    outside: Outside, way: str, kind: str
) -> None:
    case = await hijack(outside, kind)
    token, joined = await MAILBOX[way](case)
    await put_out(case)
    await is_empty(case, token, joined)
    # The accomplice keeps what Eve founded for a while, and gets nothing of Vera's.
    assert (await case.sees(case.mallory.token, case.company))["id"] == case.company
    assert await case.sees(case.mallory.token, case.firm.id) is None
    closes_at = await outside.connection.fetchval(
        "select closes_at from company where id = $1", uuid.UUID(hex=case.company[4:])
    )
    assert closes_at is not None
    # What comes to the account later is Vera's alone.
    if not joined:
        accepted = await case.do(token, "acceptInvitation", "company { id }", token=await case.invite())
        assert (accepted["errors"], accepted["company"]["id"]) == ([], case.firm.id)
    assert (await case.sees(token, case.firm.id))["id"] == case.firm.id
    await put_out(case)
    listed = (await case.sees(case.olga.token, case.firm.id))["users"]["nodes"]
    assert [user["email"] for user in listed].count(case.email) == 1


# --- what both prove


async def confirms_by_password(case: Hijack) -> Any:
    return await case.do(None, "confirmEmail", token=await case.letter("CONFIRMATION"), password=EVES)


async def confirms_by_session(case: Hijack) -> Any:
    return await case.do(case.session, "confirmEmail", token=await case.letter("CONFIRMATION"))


async def resets_signed_in(case: Hijack) -> Any:
    return await case.do(case.session, "resetPassword", token=await case.letter("PASSWORD_RESET"), password=VERAS)


async def resets_to_the_same(case: Hijack) -> Any:
    return await case.do(None, "resetPassword", token=await case.letter("PASSWORD_RESET"), password=EVES)


async def accepts_by_password(case: Hijack) -> Any:
    return await case.do(None, "acceptInvitation", token=await case.invite(), password=EVES)


async def accepts_signed_in(case: Hijack) -> Any:
    return await case.do(case.session, "acceptInvitation", token=await case.invite(), password=VERAS)


BOTH: Final[Mapping[str, tuple[Callable[[Hijack], Awaitable[Any]], str]]] = {
    "confirmEmail, the password": (confirms_by_password, EVES),
    "confirmEmail, a session": (confirms_by_session, EVES),
    "resetPassword, a session": (resets_signed_in, VERAS),
    "resetPassword, the password": (resets_to_the_same, EVES),
    "acceptInvitation, the password": (accepts_by_password, EVES),
    "acceptInvitation, a session": (accepts_signed_in, VERAS),
}


@pytest.mark.parametrize("way", BOTH)
async def test_who_signed_up_and_reads_the_mailbox_keeps_all(outside: Outside, way: str) -> None:
    """Who worked for a week before reading the letter loses nothing."""
    case = await hijack(outside)
    act, password = BOTH[way]
    assert (await act(case))["errors"] == []
    token = await case.login(password)
    assert token is not None
    viewer = await case.me(token)
    assert viewer["account"]["confirmed"] is True
    assert case.company in [company["id"] for company in viewer["companies"]["nodes"]]
    assert (await case.sees(case.mallory.token, case.company))["id"] == case.company
    closes_at = await outside.connection.fetchval(
        "select closes_at from company where id = $1", uuid.UUID(hex=case.company[4:])
    )
    assert closes_at is None


# --- what nobody gets without


async def test_the_letter_of_a_confirmation_alone_links_nobody(outside: Outside) -> None:
    """The way in that was open: the victim follows the link, and the owner links her accountant."""
    case = await hijack(outside, "registerAccountant")
    token = await case.letter("CONFIRMATION")
    for session in (None, case.olga.token, case.mallory.token):
        refused = await case.do(session, "confirmEmail", token=token)
        assert refused["errors"] == [{"code": "INVALID_CREDENTIALS", "field": ["password"]}]
    added = await case.do(case.olga.token, "addExternalUser", companyId=case.firm.id, email=case.email)
    assert added["errors"] == [{"code": "ACCOUNTANT_NOT_FOUND", "field": ["email"]}]
    assert await case.sees(case.session, case.firm.id) is None


@pytest.mark.parametrize("signed_in", [True, False])
async def test_an_invitation_is_nothing_for_who_does_not_read_the_mailbox(outside: Outside, signed_in: bool) -> None:
    case = await hijack(outside)
    await case.invite()
    token = case.session if signed_in else None
    for guess in ("enm_guess", case.session, case.key):
        refused = await case.do(token, "acceptInvitation", token=guess, password=EVES)
        assert refused["errors"] == [{"code": "INVITATION_INVALID", "field": ["token"]}]
    assert await case.sees(case.session, case.firm.id) is None
    assert await case.sees(case.key, case.firm.id) is None


async def test_the_letters_of_one_purpose_are_no_use_for_another(outside: Outside) -> None:
    case = await hijack(outside)
    invitation = await case.invite()
    tokens = {purpose: await case.letter(purpose) for purpose in ("CONFIRMATION", "PASSWORD_RESET")}
    tokens["INVITATION"] = invitation
    wanted: dict[str, tuple[str, dict[str, str]]] = {
        "confirmEmail": ("CONFIRMATION", {"password": EVES}),
        "disclaimEmail": ("CONFIRMATION", {}),
        "resetPassword": ("PASSWORD_RESET", {"password": VERAS}),
        "acceptInvitation": ("INVITATION", {"password": VERAS}),
    }
    for mutation, (right, given) in wanted.items():
        for purpose, token in tokens.items():
            if purpose != right:
                refused = await case.do(case.session, mutation, token=token, **given)
                assert refused["errors"] == [{"code": "INVITATION_INVALID", "field": ["token"]}], (mutation, purpose)
    assert await case.me(case.session) is not None


async def test_a_session_of_a_confirmed_account_and_the_invitation_join(outside: Outside) -> None:
    case = await hijack(outside)
    assert (await confirms_by_password(case))["errors"] == []
    invitation = await case.invite()
    assert await case.do(None, "acceptInvitation", token=invitation, password=VERAS) == ["UNAUTHENTICATED"]
    assert (await case.do(case.session, "acceptInvitation", token=invitation))["errors"] == []
    assert (await case.sees(case.session, case.firm.id))["id"] == case.firm.id


async def test_an_unconfirmed_accountant_creates_no_companies_for_clients(outside: Outside) -> None:
    case = await hijack(outside, "registerAccountant")
    given = {"name": "x", "ownerEmail": "o@client.test", "ownerFirstName": "O", "ownerLastName": "W"}
    assert await case.do(case.session, "createClientCompany", **given) == ["FORBIDDEN"]


async def test_a_clients_company_is_no_way_into_an_account_that_somebody_took(outside: Outside) -> None:
    """The accountant types the owner's address, which Eve has signed up with: only the letter opens the company."""
    case, claire = await hijack(outside), await outside.login()
    given = {"name": "Client", "ownerEmail": case.email, "ownerFirstName": "Vera", "ownerLastName": "Maes"}
    created = await case.do(claire.token, "createClientCompany", "company { id } invitationToken", **given)
    company: str = created["company"]["id"]
    assert await case.sees(case.session, company) is None
    accepted = await case.do(None, "acceptInvitation", "token", token=created["invitationToken"], password=VERAS)
    await put_out(case)
    await is_empty(case, accepted["token"], [company])
    assert await case.sees(case.mallory.token, company) is None


# --- the table is whole


IN_TABLE: Final = frozenset({
    "signUp", "registerAccountant", "createUser", "createClientCompany", "addExternalUser", "confirmEmail",
    "disclaimEmail", "requestPasswordReset", "resetPassword", "acceptInvitation", "login",
})  # fmt: skip
"""Every mutation that takes an address of a login or a letter's token."""


def test_every_mutation_that_takes_an_address_or_a_letter_is_in_the_table() -> None:
    root = schema.core.mutation_type
    assert root is not None
    found: set[str] = set()
    for name in MUTATIONS:
        for argument in root.fields[name].args.values():
            type_ = named_type(argument)
            assert isinstance(type_, GraphQLInputObjectType)
            if {"email", "ownerEmail", "token"} & set(type_.fields):
                found.add(name)
    assert found - {"updateCompany"} == IN_TABLE, "a company's own e-mail address is no login's"
    assert __doc__ is not None
    assert [name for name in IN_TABLE - {"requestPasswordReset"} if name not in __doc__] == []
