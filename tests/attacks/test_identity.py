"""Somebody who wants another person's login, or wants to know who has one: every way that the product offers, tried."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

import pytest

from resolvers.mutations import passwords
from resolvers.mutations.context import hash_token
from tests.support.databases import Databases
from tests.support.demo_client import JSON, PASSWORD, Answer, Demo, open_demo
from tests.support.hashing import CHEAP

VICTIM: Final = "lambert@demo.enfact.test"
NOBODY: Final = "nobody.here@peeters.example"
OTHER: Final = "an entirely different one"

LOGIN: Final = """
mutation ($input: LoginInput!) { login(input: $input) { token viewer { account { id } } errors { code message } } }
"""
SIGN_UP: Final = """
mutation ($input: SignUpInput!) { signUp(input: $input) {
  token company { id } viewer { account { id } } errors { code } } }
"""
CREATE_USER: Final = """
mutation ($input: CreateUserInput!) { createUser(input: $input) {
  user { id firstName lastName email language role status apps createdAt }
  company {
    users { nodes { firstName lastName email status } } permissionMatrix { rows { user { firstName lastName } } }
  }
  invitationToken errors { code message field } } }
"""
ACCEPT: Final = """
mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) {
  token viewer { account { email } } errors { code field } } }
"""
FORGOT: Final = """
mutation ($input: RequestPasswordResetInput!) {
  requestPasswordReset(input: $input) { viewer { account { id } } errors { code } } }
"""
RESET: Final = "mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { errors { code field } } }"
CONFIRM: Final = "mutation ($input: ConfirmEmailInput!) { confirmEmail(input: $input) { confirmed errors { code } } }"
PROFILE: Final = "mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { errors { code } } }"
UPDATE_USER: Final = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { errors { code } } }"
DELETE_USER: Final = "mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { errors { code } } }"
HISTORY: Final = """
query ($id: ID!) { company(id: $id) {
  accessChanges { nodes { kind actor { email firstName lastName language } user { firstName } } }
  users { nodes { firstName lastName language status } } } }
"""
END: Final = "mutation ($input: EndSessionInput!) { endSession(input: $input) { errors { code field } } }"
ME: Final = "{ viewer { account { id email } sessions { id current } companies { nodes { id name } } } }"

ACCOUNT: Final = "select to_jsonb(a) from account a where email = $1"


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[Demo]:
    async with open_demo(databases) as demo:
        await demo.connection.execute("update account set password_hash = $1", CHEAP.hash(PASSWORD))
        yield demo


@pytest.fixture(autouse=True)
async def no_tries(demo: Demo) -> None:
    """Tests try many passwords from one address; each begins without those before it."""
    await demo.connection.execute("delete from attempt")


async def attacker(demo: Demo, name: str) -> tuple[str, str]:
    """Somebody with a company of its own; gives the login's name and the company's id."""
    given = {"companyName": name, "email": f"{name}@attack.example", "password": OTHER, "firstName": "Eve",
             "lastName": "Moriarty", "language": "EN", "acceptTerms": True}  # fmt: skip
    payload = (await demo.ask(None, SIGN_UP, input=given)).data["signUp"]
    demo.use(name, payload["token"])
    return name, payload["company"]["id"]


async def invite(demo: Demo, who: str, company: str, email: str) -> Any:
    given = {"companyId": company, "email": email, "firstName": "Typed", "lastName": "Byme", "role": "EMPLOYEE"}
    return (await demo.ask(who, CREATE_USER, input=given)).data["createUser"]


def without(payload: Mapping[str, Any], *private: str) -> str:
    """A payload as text, without what differs for every invitation."""
    text = str({**payload, "invitationToken": None})
    for value in private:
        text = text.replace(value, "…")
    return text


# --- taking over an account


async def test_inviting_somebody_gives_no_way_into_the_account(demo: Demo) -> None:
    who, company = await attacker(demo, "inviting")
    before = await demo.connection.fetchval(ACCOUNT, VICTIM)
    token = (await invite(demo, who, company, VICTIM))["invitationToken"]
    signed_out = await demo.ask(None, ACCEPT, input={"token": token, "password": OTHER})
    assert signed_out.codes == ["UNAUTHENTICATED"]
    as_attacker = (await demo.ask(who, ACCEPT, input={"token": token})).data["acceptInvitation"]
    assert ([error["code"] for error in as_attacker["errors"]], as_attacker["token"]) == (["INVITATION_INVALID"], None)
    as_victim = (await demo.ask("lambert", ACCEPT, input={"token": token, "password": OTHER})).data["acceptInvitation"]
    assert as_victim["errors"] == [{"code": "VALIDATION", "field": ["password"]}]
    assert await demo.connection.fetchval(ACCOUNT, VICTIM) == before
    names = [node["name"] for node in (await demo.ask("lambert", ME)).data["viewer"]["companies"]["nodes"]]
    assert "inviting" not in names  # a pending invitation gives nothing, and shows nothing


async def test_signing_up_with_somebodys_address_is_refused(demo: Demo) -> None:
    before = await demo.connection.fetchval(ACCOUNT, VICTIM)
    given = {"companyName": "x", "email": VICTIM.upper(), "password": OTHER, "firstName": "Eve", "lastName": "M",
             "language": "EN", "acceptTerms": True}  # fmt: skip
    payload = (await demo.ask(None, SIGN_UP, input=given)).data["signUp"]
    assert ([error["code"] for error in payload["errors"]], payload["token"]) == (["EMAIL_TAKEN"], None)
    assert (payload["company"], payload["viewer"]) == (None, None)
    assert await demo.connection.fetchval(ACCOUNT, VICTIM) == before


async def test_who_signs_up_first_with_anothers_address_loses_it_to_the_mailbox(demo: Demo) -> None:
    eve, _ = await attacker(demo, "squatter")
    _, company = await attacker(demo, "employer")
    token = (await invite(demo, "employer", company, "squatter@attack.example"))["invitationToken"]
    accepted = (await demo.ask(None, ACCEPT, input={"token": token, "password": PASSWORD})).data["acceptInvitation"]
    assert (accepted["errors"], accepted["viewer"]["account"]["email"]) == ([], "squatter@attack.example")
    assert (await demo.ask(eve, ME)).codes == ["UNAUTHENTICATED"]
    old = {"email": "squatter@attack.example", "password": OTHER}
    assert (await demo.ask(None, LOGIN, input=old)).data["login"]["token"] is None


async def test_tokens_of_one_purpose_are_no_use_for_another(demo: Demo) -> None:
    who, company = await attacker(demo, "confusing")
    invitation = (await invite(demo, who, company, NOBODY))["invitationToken"]
    session = await demo.token(who)
    for token in (invitation, session, "", "enm_", "é" * 40, "x" * 5_000):
        for query, name, more in (
            (RESET, "resetPassword", {"password": OTHER}),
            (CONFIRM, "confirmEmail", {}),
            *(((ACCEPT, "acceptInvitation", {"password": OTHER}),) if token != invitation else ()),
        ):
            answer = await demo.ask(None, query, input={"token": token, **more})
            assert (answer.codes, [error["code"] for error in answer.data[name]["errors"]]) == (
                [],
                ["INVITATION_INVALID"],
            )
    bearer = await demo.client.post(
        "/graphql", json={"query": ME}, headers={"authorization": f"Bearer {invitation}", "accept": JSON}
    )
    assert bearer.status_code == 401


async def test_a_forgotten_password_tells_the_asker_nothing(demo: Demo) -> None:
    async def ask(email: str) -> object:
        return (await demo.ask(None, FORGOT, input={"email": email})).told

    known, unknown = await ask(VICTIM), await ask(NOBODY)
    assert known == unknown
    posted = await demo.connection.fetch("select kind, email, account_id from outbox where kind = 'PASSWORD_RESET'")
    assert {(row["email"], row["account_id"]) for row in posted} == {(VICTIM, None), (NOBODY, None)}
    assert await demo.connection.fetchval("select count(*) from mail_token where purpose = 'PASSWORD_RESET'") == 0


async def test_a_session_of_somebody_else_cannot_be_ended_nor_told_from_none(demo: Demo) -> None:
    who, _ = await attacker(demo, "ending")
    (await demo.ask("lambert", ME)).data  # noqa: B018 (the victim has a session)
    theirs = (await demo.ask("lambert", ME)).data["viewer"]["sessions"][0]["id"]
    answers = [(await demo.ask(who, END, input={"sessionId": id_})).told for id_ in (theirs, f"ses_{'0' * 32}", "x")]
    assert answers[0] == answers[1] == answers[2]
    assert (await demo.ask("lambert", ME)).codes == []


# --- cookies


async def cookie_login(demo: Demo, origin: str | None = "http://enfact", **headers: str) -> Answer:
    given = {"email": VICTIM, "password": PASSWORD, "session": "COOKIE"}
    sent = {**({"origin": origin} if origin else {}), **headers}
    return await demo.ask(None, LOGIN, sent, input=given)


async def by_cookie(demo: Demo, cookie: str, query: str = ME, **headers: str) -> Answer:
    sent = {"cookie": cookie, "origin": "http://enfact", "accept": JSON, **headers}
    sent = {name: value for name, value in sent.items() if value}
    return Answer(await demo.client.post("/graphql", json={"query": query}, headers=sent))


async def test_a_session_is_never_the_one_that_was_sent(demo: Demo) -> None:
    planted = "enf_planted-by-an-attacker"
    answer = await cookie_login(demo, cookie=f"enfact_session={planted}")
    set_cookie = answer.response.headers["set-cookie"]
    assert "enfact_session=" in set_cookie
    assert planted not in set_cookie
    assert answer.data["login"]["token"] is None
    assert "HttpOnly" in set_cookie
    assert "SameSite=Lax" in set_cookie
    demo.client.cookies.clear()
    assert (
        await demo.connection.fetchval("select count(*) from credential where token_hash = $1", hash_token(planted))
        == 0
    )
    first = await cookie_login(demo)
    demo.client.cookies.clear()
    assert first.response.headers["set-cookie"].partition(";")[0] != set_cookie.partition(";")[0]


async def test_a_page_of_another_site_gets_nothing_done_by_a_cookie(demo: Demo) -> None:
    cookie = (await cookie_login(demo)).response.headers["set-cookie"].partition(";")[0]
    demo.client.cookies.clear()
    assert (await by_cookie(demo, cookie)).data["viewer"]["account"]["email"] == VICTIM
    for headers in (
        {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": ""}, {"origin": "http://enfact.evil.example"},
        {"origin": "https://enfact"}, {"sec-fetch-site": "cross-site"},
    ):  # fmt: skip
        refused = await by_cookie(demo, cookie, "mutation { logout { errors { code } } }", **headers)
        assert (refused.response.status_code, refused.codes) == (403, ["CSRF_REFUSED"]), headers
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        response = await demo.client.post(
            "/graphql", content=b'{"query":"mutation { logout { errors { code } } }"}',
            headers={"cookie": cookie, "content-type": content_type, "origin": "http://enfact"},
        )  # fmt: skip
        assert response.status_code == 415
    got = await demo.client.get("/graphql", params={"query": ME}, headers={"cookie": cookie})
    assert got.status_code == 403
    got = await demo.client.get("/graphql", params={"query": ME}, headers={"cookie": cookie, "x-enfact-request": "1"})
    assert got.status_code == 200
    assert (await by_cookie(demo, cookie)).data["viewer"]["account"]["email"] == VICTIM  # nothing was ended


async def test_a_cookie_that_works_no_more_is_cleared_and_hinders_no_login(demo: Demo) -> None:
    cookie = (await cookie_login(demo)).response.headers["set-cookie"].partition(";")[0]
    demo.client.cookies.clear()
    out = await by_cookie(demo, cookie, "mutation { logout { viewer { account { id } } errors { code } } }")
    assert (out.data["logout"]["viewer"], "Max-Age=0" in out.response.headers["set-cookie"]) == (None, True)
    dead = await by_cookie(demo, cookie)
    assert (dead.response.status_code, dead.codes) == (401, ["UNAUTHENTICATED"])
    assert "Max-Age=0" in dead.response.headers["set-cookie"]
    again = await cookie_login(demo, cookie=cookie)
    assert again.data["login"]["errors"] == []
    demo.client.cookies.clear()


# --- learning who and what there is


async def test_an_invitation_answers_alike_for_addresses_with_and_without_a_login(demo: Demo) -> None:
    who, company = await attacker(demo, "learning")
    known, unknown = await invite(demo, who, company, VICTIM), await invite(demo, who, company, NOBODY)
    (one, other) = ((user["id"], user["email"], user["createdAt"]) for user in (known["user"], unknown["user"]))
    assert without(known["user"], *one) == without(unknown["user"], *other)
    assert (known["user"]["firstName"], known["user"]["lastName"]) == ("Typed", "Byme")
    assert "Lambert" not in str(known["company"])
    assert known["errors"] == unknown["errors"] == []


async def history(demo: Demo, who: str, company: str) -> list[tuple[str, Any]]:
    """What sort of change there was, and who did it, newest first."""
    answer = await demo.ask(who, HISTORY, id=company)
    assert answer.codes == []
    return [(change["kind"], change["actor"]) for change in answer.data["company"]["accessChanges"]["nodes"]]


async def test_the_history_of_a_company_tells_no_names_but_its_own(demo: Demo) -> None:
    who, company = await attacker(demo, "watching")
    email = "noah@demo.enfact.test"
    invited = await invite(demo, who, company, email)
    user = {"companyId": company, "userId": invited["user"]["id"]}
    await demo.ask("noah", ACCEPT, input={"token": invited["invitationToken"]})
    typed = {"email": email, "firstName": "Typed", "lastName": "Byme", "language": "EN"}
    assert (await history(demo, who, company))[0] == ("USER_JOINED", typed)
    await demo.ask(who, UPDATE_USER, input={**user, "firstName": "Renamed", "role": "OWNER"})
    renamed = {**typed, "firstName": "Renamed"}
    own = (await history(demo, who, company))[0][1]
    seen_by_noah = {str(actor) for _, actor in await history(demo, "noah", company) if actor["email"] == email}
    account = await demo.connection.fetchrow(
        "select email, first_name, last_name, language from account where email = $1", email
    )
    assert account is not None
    assert seen_by_noah == {str(dict(zip(typed, account, strict=True)))}  # the own names, to oneself alone
    await demo.ask(who, DELETE_USER, input=user)
    assert (await history(demo, who, company))[:3] == [("USER_DELETED", own), ("ROLE", own), ("USER_JOINED", renamed)]
    await invite(demo, who, company, email)
    assert typed in [actor for _, actor in await history(demo, who, company)]  # as the newest invitation says


async def test_the_history_of_a_company_tells_nothing_of_who_never_was_there(demo: Demo) -> None:
    who, company = await attacker(demo, "haunted")
    await demo.connection.execute(
        "insert into access_change (company_id, kind, actor_id) "
        "select $1, 'SUPPORT_ON', id from account where email = $2",
        uuid.UUID(hex=company[4:]), VICTIM,
    )  # fmt: skip
    (kind, actor), joined = await history(demo, who, company)
    assert (kind, actor, joined[0]) == ("SUPPORT_ON", None, "USER_JOINED")
    query = "query ($id: ID!) { company(id: $id) { accessChanges(first: 1) { nodes { actor { id email } } } } }"
    assert (await demo.ask(who, query, id=company)).data["company"]["accessChanges"]["nodes"] == [{"actor": None}]


async def test_who_was_invited_is_called_as_typed_whatever_the_login_is_called_meanwhile(demo: Demo) -> None:
    who, company = await attacker(demo, "waiting")
    await invite(demo, who, company, "eva@demo.enfact.test")
    before = await demo.ask(who, HISTORY, id=company)
    profile = {"firstName": "Quite", "lastName": "Secret", "language": "DE"}
    assert (await demo.ask("eva", PROFILE, input=profile)).data["updateProfile"]["errors"] == []
    assert (await demo.ask(who, HISTORY, id=company)).body == before.body


async def test_wrong_passwords_and_unknown_addresses_cannot_be_told_apart(
    demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[bool] = []
    monkeypatch.setattr(passwords, "HASHER", _Counting(passwords.HASHER.verify, verified))
    told: list[object] = []
    for email in (VICTIM, NOBODY, "squatter@attack.example", "no address", "x" * 3_000):
        verified.clear()
        answer = await demo.ask(None, LOGIN, input={"email": email, "password": "wrong, but long enough"})
        told.append((answer.told, len(verified)))
    assert all(one == told[0] for one in told)
    assert told[0][1] == 1  # type: ignore[index]


class _Counting:
    """The hasher, with a count of the passwords that it verifies."""

    def __init__(self, verify: Any, verified: list[bool]) -> None:
        self._verify = verify
        self._verified = verified

    def verify(self, *given: Any) -> bool:
        self._verified.append(True)
        return self._verify(*given)

    def hash(self, password: str) -> str:
        return passwords.PasswordHasher().hash(password)


async def test_guessing_is_stopped_whether_or_not_there_is_a_login(demo: Demo) -> None:
    for email in (VICTIM, NOBODY):
        await demo.connection.execute("delete from attempt")
        wrong = {"email": email, "password": "wrong, but long enough"}
        answers = await asyncio.gather(*(demo.ask(None, LOGIN, input=wrong) for _ in range(12)))
        codes = [answer.data["login"]["errors"][0]["code"] for answer in answers]
        assert (codes.count("INVALID_CREDENTIALS"), codes.count("TOO_MANY_ATTEMPTS")) == (5, 7)
    right = await demo.ask(None, LOGIN, input={"email": VICTIM, "password": PASSWORD})
    assert right.data["login"]["errors"] == []  # the victim's pair was emptied above: only the address counts


async def test_aliases_are_tries_of_their_own(demo: Demo) -> None:
    fields = " ".join(
        f'a{n}: login(input: {{email: "{VICTIM}", password: "wrong number {n}"}}) {{ errors {{ code }} }}'
        for n in range(9)
    )
    answer = await demo.ask(None, f"mutation {{ {fields} }}")
    codes = [payload["errors"][0]["code"] for payload in answer.data.values()]
    assert codes == ["INVALID_CREDENTIALS"] * 5 + ["TOO_MANY_ATTEMPTS"] * 4
