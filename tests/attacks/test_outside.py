"""Somebody who wants to know who is an accountant, or wants more than an outsider has: every way offered, tried."""

import asyncio
import json
import secrets
import statistics
import time
import uuid
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, cast

import pytest

from db.connection import Connection
from db.database import Database, PoolSettings
from resolvers.execution.executor import Executor
from resolvers.mutations.externals import FIND_ACCOUNTANT
from resolvers.mutations.registry import MUTATIONS
from resolvers.request import GraphQLRequest
from resolvers.writing.access.action import ACTIONS
from resolvers.writing.unversioned.writer import UNVERSIONED
from tests.support.databases import Databases
from tests.support.demo_client import Answer, Demo, open_demo

LAMBERT: Final = "Chauffage Lambert"
VICTIM: Final = "lambert@demo.enfact.test"
ADD: Final = """
mutation ($input: AddExternalUserInput!) { addExternalUser(input: $input) {
  externalUser { id email firstName officeName }
  company { externalUsers { email } accessChanges { totalCount } permissionMatrix { version } }
  errors { code message field } } }
"""
CREATE_CLIENT: Final = """
mutation ($input: CreateClientCompanyInput!) { createClientCompany(input: $input) {
  company { id users { nodes { email } } permissionMatrix { version } externalUsers { email }
    accessChanges { totalCount } supportUntil plan activeApps }
  invitationToken errors { code field } } }
"""
ACCEPT: Final = """
mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) {
  token company { id } errors { code field } } }
"""
REGISTER: Final = """
mutation ($input: RegisterAccountantInput!) { registerAccountant(input: $input) { token errors { code field } } }
"""
DOCUMENT: Final = "mutation ($input: %sInput!) { %s(input: $input) { errors { code } } }"
SIGN_UP: Final = "mutation ($input: SignUpInput!) { signUp(input: $input) { token company { id } errors { code } } }"
MAKE: Final = """
insert into account (email, password_hash, first_name, last_name, kind, confirmed)
values ($1, case when $4 then 'x' end, 'Eve', 'Moriarty', $2, $3) returning id
"""
PROBES: Final = (
    "{ company(id: $id) { name } }", "{ company(id: $id) { id customers { totalCount } invoices { totalCount } } }",
    "{ node(id: $id) { id } }", "{ nodes(ids: [$id]) { id } }",
)  # fmt: skip
EVERYTHING: Final = """
select md5(string_agg(x, ',' order by x)) from (
  select t::text x from company t union all select t::text from membership t union all
  select t::text from company_app t union all select t::text from app_grant t union all
  select t::text from access_change t union all select t::text from account t union all
  select t::text from outbox t union all select t::text from mail_token t
) rows
"""
ROUNDS: Final = 40


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[Demo]:
    async with open_demo(databases) as demo:
        yield demo


@pytest.fixture(autouse=True)
async def no_tries(demo: Demo) -> None:
    """Each test begins without the tries of those before it."""
    await demo.connection.execute("delete from attempt")


async def account(demo: Demo, kind: str, *, confirmed: bool = True, invited: bool = False) -> str:
    """The address of an account; one that was only ever invited has no password."""
    email = f"{secrets.token_hex(8)}@attack.example"
    await demo.connection.execute(MAKE, email, kind, confirmed, not invited)
    return email


async def no_accountants(demo: Demo) -> dict[str, str]:
    """Addresses of every sort with which nobody can be linked."""
    return {
        "unknown": f"{secrets.token_hex(8)}@attack.example",
        "unconfirmed": await account(demo, "ACCOUNTANT", confirmed=False),
        "a user": await account(demo, "MEMBER"),
        "invited": await account(demo, "MEMBER", confirmed=False, invited=True),
        "support": await account(demo, "SUPPORT"),
    }


async def sign_in(demo: Demo, email: str) -> str:
    """Sign somebody in; gives the name to ask by."""
    name, _, domain = email.partition("@")
    assert domain == "attack.example"
    token = secrets.token_urlsafe()
    await demo.connection.execute(
        "insert into credential (token_hash, account_id, expires_at) "
        "select sha256($1), id, '2126-01-01' from account where email = $2", token.encode(), email,
    )  # fmt: skip
    demo.use(name, token)
    return name


async def add(demo: Demo, who: str, company: str, email: str) -> Answer:
    return await demo.ask(who, ADD, input={"companyId": company, "email": email})


# --- who is an accountant?


async def test_addresses_that_are_no_accountants_get_the_same_bytes(demo: Demo) -> None:
    company, emails = await demo.company(LAMBERT), await no_accountants(demo)
    before = await demo.connection.fetchval(EVERYTHING)
    answers = {sort: await add(demo, "lambert", company, email) for sort, email in emails.items()}
    assert await demo.connection.fetchval(EVERYTHING) == before
    bodies = {answer.response.content for answer in answers.values()}
    assert len(bodies) == 1
    assert {answer.response.status_code for answer in answers.values()} == {200}
    headers = [
        {name: value for name, value in answer.response.headers.items() if name not in ("x-request-id", "ratelimit")}
        for answer in answers.values()
    ]
    assert all(one == headers[0] for one in headers)
    assert b"ACCOUNTANT_NOT_FOUND" in bodies.pop()


@contextmanager
def recorded(connection: Connection) -> Generator[list[tuple[str, int]]]:
    """The statements that run on a connection, with how many values each has."""
    ran: list[tuple[str, int]] = []

    def remember(query: Any) -> None:
        ran.append((query.query, len(query.args)))

    cast("Any", connection).add_query_logger(remember)
    try:
        yield ran
    finally:
        cast("Any", connection).remove_query_logger(remember)


async def test_addresses_that_are_no_accountants_take_the_same_work_and_the_same_time(demo: Demo) -> None:
    database = await Database.open(demo.dsn, PoolSettings(size=1))
    executor, token = Executor(database), await demo.token("lambert")
    company, emails = await demo.company(LAMBERT), await no_accountants(demo)

    async def ask(email: str) -> float:
        variables = {"input": {"companyId": company, "email": email}}
        request = GraphQLRequest(ADD, variables=variables, token=token)
        began = time.perf_counter()
        result = await executor.execute(request)
        took = time.perf_counter() - began
        assert result.data is not None
        assert b"ACCOUNTANT_NOT_FOUND" in result.data
        return took

    try:
        async with database.transaction() as connection:
            pass  # the only connection of the pool
        work: dict[str, list[tuple[str, int]]] = {}
        times: dict[str, list[float]] = {sort: [] for sort in emails}
        for email in 2 * list(emails.values()):  # whatever is prepared once is prepared
            await ask(email)
            await demo.connection.execute("delete from attempt")
        for sort, email in emails.items():
            with recorded(connection) as ran:
                await ask(email)
                await asyncio.sleep(0)  # asyncpg tells its loggers in the loop's next round
            work[sort] = list(ran)
            await demo.connection.execute("delete from attempt")
        for _ in range(ROUNDS):
            for sort, email in emails.items():
                times[sort].append(await ask(email))
                await demo.connection.execute("delete from attempt")
    finally:
        await database.close()
    assert all(one == work["unknown"] for one in work.values())
    assert len(work["unknown"]) > 5
    for sort, taken in times.items():
        # The middle of each lies among the others' usual times: one answer tells nothing.
        for other, usual in times.items():
            cuts = statistics.quantiles(usual, n=10)
            assert cuts[0] <= statistics.median(taken) <= cuts[-1], (sort, other)


async def test_an_unknown_address_is_looked_for_in_the_company_like_a_known_one(demo: Demo) -> None:
    company = uuid.UUID(hex=(await demo.company(LAMBERT))[4:])
    work: dict[str, list[tuple[object, ...]]] = {}
    for sort, email in (await no_accountants(demo)).items():
        text = await demo.connection.fetchval(
            f"explain (analyze, timing off, format json) {FIND_ACCOUNTANT}", company, email
        )
        work[sort] = [(node["Node Type"], node.get("Index Searches")) for node in nodes(json.loads(text)[0]["Plan"])]
    assert all(one == work["unknown"] for one in work.values())
    assert any(searches for _, searches in work["unknown"])


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All nodes of a plan."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


async def test_guessing_is_stopped_after_ten_whoever_is_guessed(demo: Demo) -> None:
    company = await demo.company(LAMBERT)
    guesses = [email for _ in range(2) for email in (await no_accountants(demo)).values()]
    for email in guesses:
        assert (await add(demo, "lambert", company, email)).data["addExternalUser"]["errors"][0]["code"] == (
            "ACCOUNTANT_NOT_FOUND"
        )
    stopped = {
        (await add(demo, "lambert", company, email)).response.content
        for email in (*guesses[:5], "hors-ligne@demo.enfact.test", "compta@demo.enfact.test", "eva@demo.enfact.test")
    }
    assert len(stopped) == 1
    assert b"TOO_MANY_ATTEMPTS" in stopped.pop()


async def test_nobody_but_an_owner_learns_anything_by_adding(demo: Demo) -> None:
    company = await demo.company(LAMBERT)
    emails = [*(await no_accountants(demo)).values(), "hors-ligne@demo.enfact.test", "compta@demo.enfact.test"]
    for who in ("eva", "compta", "hors-ligne", "delvaux"):
        told = [(await add(demo, who, company, email)).told for email in emails]
        assert all(one == told[0] for one in told), who
    assert await demo.connection.fetchval("select count(*) from attempt") == 0


async def test_a_company_that_one_does_not_own_is_as_one_that_does_not_exist(demo: Demo) -> None:
    company = await demo.company(LAMBERT)
    for mutation, given in (
        ("addExternalUser", {"email": "hors-ligne@demo.enfact.test"}),
        ("updateExternalUser", {"externalUserId": await external(demo, "compta")}),
        ("removeExternalUser", {"externalUserId": await external(demo, "compta")}),
        ("leaveCompany", {}),
        ("setSupportAccess", {"enabled": True}),
    ):
        answers = [
            (await send(demo, "hors-ligne", mutation, companyId=id_, **given)).told
            for id_ in (company, f"com_{uuid.uuid4().hex}", "x")
        ]
        assert answers[0] == answers[1] == answers[2]


async def test_registering_tells_no_more_than_signing_up(demo: Demo) -> None:
    form = {"password": "an entirely different one", "firstName": "Eve", "lastName": "M", "language": "EN",
            "officeName": "Eve", "acceptTerms": True}  # fmt: skip
    taken = [
        (await demo.ask(None, REGISTER, input={**form, "email": email})).told
        for email in (VICTIM, "compta@demo.enfact.test", "HORS-LIGNE@demo.enfact.test", await account(demo, "SUPPORT"))
    ]
    assert all(one == taken[0] for one in taken)
    assert await demo.connection.fetchval("select kind from account where email = $1", VICTIM) == "MEMBER"


# --- more than an outsider has


async def send(demo: Demo, who: str, mutation: str, **given: object) -> Answer:
    """A mutation."""
    return await demo.ask(who, DOCUMENT % (mutation[0].upper() + mutation[1:], mutation), input=given)


async def external(demo: Demo, who: str, company: str = LAMBERT) -> str:
    """The global id of the row by which somebody comes into a company from outside."""
    return (await demo.user(who, company)).replace("usr_", "ext_")


async def owners_only(demo: Demo, company: str, name: str) -> Mapping[str, dict[str, object]]:
    """Every mutation that is the owner's, with an input that an owner may send."""
    user = await demo.connection.fetchval(
        "select id from membership where company_id = $1 and not external and removed_at is null limit 1",
        uuid.UUID(hex=company[4:]),
    )
    someone: dict[str, object] = {"userId": f"usr_{user.hex}"}
    outsider: dict[str, object] = {"externalUserId": f"ext_{await inside(demo, company)}"}
    return {
        "updateCompany": {"name": name},
        "createUser": {"email": f"{name}@attack.example", "firstName": "E", "lastName": "M", "role": "OWNER"},
        "resendInvitation": someone,
        "updateUser": {**someone, "role": "OWNER"},
        "deleteUser": someone,
        "setAppAccess": {"expectedVersion": 1, "changes": []},
        "activateApp": {"app": "STOCK"},
        "deactivateApp": {"app": "STOCK"},
        "changePlan": {"plan": "FREE"},
        "addExternalUser": {"email": "hors-ligne@demo.enfact.test"},
        "updateExternalUser": {**outsider, "until": None},
        "removeExternalUser": outsider,
        "setSupportAccess": {"enabled": True},
        "startViewAs": someone,
        "connectService": {"app": "PONTO", "label": name},
        "updateConnectedService": {"connectedServiceId": f"cns_{uuid.uuid4().hex}"},
        "disconnectService": {"connectedServiceId": f"cns_{uuid.uuid4().hex}"},
        "decideAccessRequest": {"requestId": await asked(demo, company), "granted": True},
    }


async def asked(demo: Demo, company: str) -> str:
    """The global id of an open request for access in a company; one that is nowhere if it has none."""
    found = await demo.connection.fetchval(
        "select id from access_request where company_id = $1 and state = 'OPEN' limit 1", uuid.UUID(hex=company[4:])
    )
    return f"arq_{(found or uuid.uuid4()).hex}"


async def inside(demo: Demo, company: str) -> str:
    """The key of somebody from outside in a company."""
    found = await demo.connection.fetchval(
        "select id from membership where company_id = $1 and external and removed_at is null limit 1",
        uuid.UUID(hex=company[4:]),
    )
    return found.hex


NEEDS_NO_OWNER: Final = {
    "signUp", "registerAccountant", "confirmEmail", "disclaimEmail", "login", "logout", "endSession",
    "requestPasswordReset", "resetPassword", "updateProfile", "changePassword", "createCompany", "acceptInvitation",
    "leaveCompany", "declineInvitation", "becomeAccountant", "createClientCompany", "createApiKey", "revokeApiKey",
    "startImport", "requestExport", "sendDocument", "requestAccess",
}  # fmt: skip
"""What somebody does for themselves, or whoever holds an app."""


STANDS_IN: Final = frozenset({"createUser", "resendInvitation", "deleteUser"})
"""What is done for who created a company, too, until its owner has come."""


UNSEEN: Final = frozenset({"decideAccessRequest"})
"""What names nothing but a row that only owners see: for others it is not there."""


async def escalates(demo: Demo, who: str, company: str, code: str, but: frozenset[str] = frozenset()) -> None:
    """Fail if one of the owner's mutations, but some, does anything for somebody."""
    mutations = await owners_only(demo, company, secrets.token_hex(6))
    assert set(mutations) == {*MUTATIONS, *ACTIONS, *UNVERSIONED} - NEEDS_NO_OWNER, "say of a new mutation whose it is"
    before = await demo.connection.fetchval(EVERYTHING)
    for mutation, given in mutations.items():
        if mutation in but:
            continue
        within = {} if mutation in UNSEEN else {"companyId": company}
        answer = await send(demo, who, mutation, **within, **given)
        found = answer.codes or [error["code"] for error in answer.data[mutation]["errors"]]
        assert found == ["NOT_FOUND" if mutation in UNSEEN else code], mutation
    assert await demo.connection.fetchval(EVERYTHING) == before


async def test_an_accountant_does_nothing_that_is_the_owners(demo: Demo) -> None:
    await escalates(demo, "compta", await demo.company(LAMBERT), "FORBIDDEN")
    await escalates(demo, "hors-ligne", await demo.company(LAMBERT), "NOT_FOUND")


async def test_who_made_the_company_is_no_owner_of_it(demo: Demo) -> None:
    given = {"name": "Eve & fils", "ownerEmail": "owner@attack.example", "ownerFirstName": "O", "ownerLastName": "W"}
    payload = (await demo.ask("compta", CREATE_CLIENT, input=given)).data["createClientCompany"]
    company = payload["company"]
    assert company["users"] == {"nodes": [{"email": "owner@attack.example"}]}
    assert {value for name, value in company.items() if name not in ("id", "users")} == {None}
    await escalates(demo, "compta", company["id"], "FORBIDDEN", STANDS_IN)
    # Neither as the owner that was invited: the accountant's own address, and the letter of somebody else.
    own = await demo.ask("compta", CREATE_CLIENT, input={**given, "ownerEmail": " COMPTA@demo.enfact.test"})
    assert own.data["createClientCompany"]["errors"] == [{"code": "VALIDATION", "field": ["ownerEmail"]}]
    stolen = {**given, "ownerEmail": VICTIM}
    token = (await demo.ask("compta", CREATE_CLIENT, input=stolen)).data["createClientCompany"]["invitationToken"]
    for accepted in ({"token": token}, {"token": token, "password": "an entirely different one"}):
        answer = await demo.ask("compta", ACCEPT, input=accepted)
        assert answer.data["acceptInvitation"]["errors"] == [{"code": "INVITATION_INVALID", "field": ["token"]}]
        assert (await demo.ask(None, ACCEPT, input=accepted)).codes == ["UNAUTHENTICATED"]


async def test_a_clients_company_tells_nothing_of_who_was_invited(demo: Demo) -> None:
    query = """query ($id: ID!) { company(id: $id) {
      access { external } customers { totalCount } users { nodes { email } } permissionMatrix { rows { id } } } }"""
    told: list[object] = []
    for email in (VICTIM, f"{secrets.token_hex(6)}@attack.example"):
        given = {"name": "Same", "ownerEmail": email, "ownerFirstName": "O", "ownerLastName": "W"}
        payload = (await demo.ask("compta", CREATE_CLIENT, input=given)).data["createClientCompany"]
        seen = (await demo.ask("compta", query, id=payload["company"]["id"])).data
        assert seen["company"].pop("users") == {"nodes": [{"email": email}]}  # as the accountant typed it
        told.append(seen)
    assert told[0] == told[1]


async def test_support_does_nothing_that_is_the_owners_and_does_not_stay(demo: Demo) -> None:
    who, company = await sign_in(demo, await account(demo, "SUPPORT")), await demo.company(LAMBERT)
    await escalates(demo, who, company, "NOT_FOUND")
    switch = {"companyId": company, "enabled": True}
    assert (await send(demo, "lambert", "setSupportAccess", **switch)).data["setSupportAccess"]["errors"] == []
    await escalates(demo, who, company, "FORBIDDEN")
    given = {"name": "x", "ownerEmail": "a@attack.example", "ownerFirstName": "O", "ownerLastName": "W"}
    assert (await demo.ask(who, CREATE_CLIENT, input=given)).codes == ["FORBIDDEN"]
    await send(demo, "lambert", "setSupportAccess", companyId=company, enabled=False)
    assert (await demo.ask(who, "query ($id: ID!) { company(id: $id) { name } }", id=company)).data == {"company": None}


@pytest.mark.parametrize("end", ["removed", "left", "ended"])
async def test_who_was_let_go_keeps_nothing(demo: Demo, end: str) -> None:
    company = await demo.company(LAMBERT)
    who = await sign_in(demo, await account(demo, "ACCOUNTANT"))
    added = (await add(demo, "lambert", company, f"{who}@attack.example")).data["addExternalUser"]
    own, listed = added["externalUser"]["id"], "query ($id: ID!) { company(id: $id) { invoices { nodes { id } } } }"
    invoice = (await demo.ask(who, listed, id=company)).data["company"]["invoices"]["nodes"][0]["id"]
    cursor = "query ($id: ID!, $c: String) { company(id: $id) { invoices(first: 1, after: $c) { edges { cursor } } } }"
    page = (await demo.ask(who, cursor, id=company)).data["company"]["invoices"]["edges"][0]["cursor"]
    if end == "removed":
        await send(demo, "lambert", "removeExternalUser", companyId=company, externalUserId=own)
    elif end == "left":
        await send(demo, who, "leaveCompany", companyId=company)
    else:
        await demo.connection.execute("update membership set until = now() where id = $1", uuid.UUID(hex=own[4:]))
    for id_ in (company, invoice, own):
        for probe in PROBES:
            answer = await demo.ask(who, f"query ($id: ID!) {probe}", id=id_)
            assert (answer.codes, answer.notes) == ([], [])
            assert [value for value in answer.data.values() if value not in (None, [None])] == []
    assert (await demo.ask(who, cursor, id=company, c=page)).data == {"company": None}
    names = (await demo.ask(who, "{ viewer { companies { totalCount nodes { name } } } }")).data["viewer"]["companies"]
    assert names == {"totalCount": 0, "nodes": []}
    await escalates(demo, who, company, "NOT_FOUND")
    again = await send(demo, who, "leaveCompany", companyId=company)
    assert [error["code"] for error in again.data["leaveCompany"]["errors"]] == ["NOT_FOUND"]


async def test_a_lost_company_tells_no_names_through_ones_own_history(demo: Demo) -> None:
    company = await demo.company(LAMBERT)
    who = await sign_in(demo, await account(demo, "ACCOUNTANT"))
    added = (await add(demo, "lambert", company, f"{who}@attack.example")).data["addExternalUser"]
    await send(demo, "lambert", "removeExternalUser", companyId=company, externalUserId=added["externalUser"]["id"])
    query = """{ viewer { accessChanges { totalCount nodes {
      id kind companyId actor { id email firstName lastName language kind confirmed }
      user { id firstName lastName email role status apps language createdAt }
      externalUser { id email firstName lastName officeName since until } } } } }"""
    answer = await demo.ask(who, query)
    nodes = answer.data["viewer"]["accessChanges"]["nodes"]
    assert [(node["kind"], node["companyId"]) for node in nodes] == [
        ("EXTERNAL_REMOVED", company), ("EXTERNAL_ADDED", company),
    ]  # fmt: skip
    assert {value for node in nodes for name, value in node.items() if name in ("actor", "user", "externalUser")} == {
        None
    }
    assert answer.notes == []
    for private in ("lambert", "Lambert", "Chauffage"):
        assert private not in answer.response.text
    (found,) = {(await demo.ask(who, "query ($id: ID!) { node(id: $id) { id } }", id=nodes[0]["id"])).data["node"]}
    assert found is None


async def test_a_mailbox_is_not_filled_by_creating_companies_for_it(demo: Demo) -> None:
    who = await sign_in(demo, await account(demo, "ACCOUNTANT"))
    given = {"name": "Flood", "ownerEmail": "flooded@attack.example", "ownerFirstName": "O", "ownerLastName": "W"}
    codes: list[str | None] = []
    for n in range(30):
        payload = (await demo.ask(who, CREATE_CLIENT, input={**given, "name": f"Flood {n}"})).data[
            "createClientCompany"
        ]
        codes.append(payload["errors"][0]["code"] if payload["errors"] else None)
        if payload["company"]:
            await send(demo, who, "leaveCompany", companyId=payload["company"]["id"])
    assert codes == [None] * 20 + ["LIMIT_REACHED"] * 10
    posted = "select count(*) from outbox where email = 'flooded@attack.example'"
    assert await demo.connection.fetchval(posted) == 0  # who leaves takes back what has not been sent
