"""Revocation always wins: whoever writes can be stopped at any moment, and access is taken away all the same.

Every mutation of the schema is the holder once, each that takes access away is the revocation. Which ones do that is
seen, not said: by what somebody may see before and after.
"""

import asyncio
import re
import secrets
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
import pytest
from asyncpg import Record

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from db.errors import DatabaseTimeout
from db.secrets import Keyring, new_key
from db.tokens import CredentialKind, hash_token, new_token
from resolvers.execution import mutation_runner
from resolvers.execution.executor import Executor
from resolvers.execution.lapses import end_grants
from resolvers.execution.product import default_compiler
from resolvers.mutations import context, keys
from resolvers.mutations.registry import MUTATIONS
from resolvers.mutations.steps import sessions
from resolvers.mutations.steps.support_accounts import SupportAccount, make_account
from resolvers.request import GraphQLRequest, Result
from resolvers.writing.access.action import ACTIONS
from resolvers.writing.registry import statement_writers
from resolvers.writing.unversioned.writer import UNVERSIONED
from schema import schema
from schema.localization.language import Language
from tests.support.company import Firm, Person, change
from tests.support.databases import Databases
from tests.support.hashing import CHEAP

PASSWORD: Final = "correct-horse-7"
HASH: Final = CHEAP.hash(PASSWORD)
PATIENCE: Final = 60
"""Seconds after which a test gives up; what waits for a lock is refused long before."""

ENDLESS: Final = PoolSettings(size=4, statement_timeout=0, idle_in_transaction_timeout=0, longest_loan=600)
"""Nothing ends the transaction of a holder but the test, so what waits for it waits too long."""

APPS: Final = ("STOCK", "PONTO")
HELD: Final = ("STOCK", "INVOICES", "DATA_IMPORT", "DATA_EXPORT", "EMAIL_SENDING", "API_ACCESS")
COMPILED: Final = re.compile(r"\s*with viewer\b", re.IGNORECASE)
"""How what a client chooses begins."""

HOLD: Final = """
update membership m set toggles = toggles | (
  select bit_or(set_bit(repeat('0', 256)::bit(256), position, 1)) from app where id = any($3::text[])
) where company_id = $1 and id = $2
"""
MAKE_DOCUMENT: Final = """
insert into document (company_id, kind, number, sequence_number, date, status, total_excl, total_vat, total_incl,
                      total_incl_base)
values ($1, 'INVOICE', '1', 1, '2026-01-01', 'SENT', 0, 0, 0, 0) returning id
"""
MAKE_SERVICE: Final = """
insert into connected_service (company_id, id, connector, label, created_by_id, created_at)
values ($1, gen_random_uuid(), 'PONTO', 'Ponto', $2, now()) returning id
"""
MAKE_REQUEST: Final = """
insert into access_request (company_id, user_id, app_id, reason) values ($1, $2, 'QUOTES', 'x') returning id
"""
MAKE_CREDENTIAL: Final = """
insert into credential (token_hash, account_id, kind, label, last4, hidden_fields, expires_at)
values ($1, $2, $3, case when $3 = 'API_KEY' then 'x' end, case when $3 = 'API_KEY' then 'wxyz' end,
        case when $3 = 'API_KEY' then 'NULL' end, now() + interval '1 day')
returning id
"""
MAKE_LETTER: Final = """
insert into mail_token (token_hash, purpose, account_id, company_id, membership_id, expires_at)
values ($1, $2, $3, $4, $5, now() + interval '1 day')
"""
MAKE_UNPROVEN: Final = """
insert into account (email, first_name, last_name, language, confirmed) values ($1, 'Zoé', 'Martin', 'FR', false)
returning id
"""
MAKE_ACCOUNTANT: Final = """
insert into account (email, first_name, last_name, kind, confirmed) values ($1, 'Max', 'Maes', 'ACCOUNTANT', true)
"""
SECOND: Final = """
insert into membership (company_id, account_id, external, first_name, last_name, accepted_at)
select $1, id, true, 'Max', 'Maes', now() from account where email = $2 returning account_id
"""
ACCESS: Final = """
select m.company_id::text || ' ' || m.account_id place,
  (case when c.trial_ends_at > now() then c.mask else c.plan_mask end & m.mask)::text apps,
  coalesce(m.until, '9999-01-01T00:00Z') until,
  m.role = 'OWNER' owns
from membership m join company c on c.id = m.company_id
where m.accepted_at is not null and m.removed_at is null and (m.until is null or m.until > now())
"""
CREDENTIALS: Final = "select id from credential where expires_at > now()"


def soon() -> str:
    """A moment that lies ahead, as inputs have it."""
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


# --- where it happens


@dataclass(slots=True)
class World:
    """A firm, somebody in it with every sort of credential, and the ids and secrets that inputs name."""

    firm: Firm
    victim: Person
    invitation: str
    confirmation: str
    unproven: str
    second: str
    document: str
    service: str
    accountant: str
    request: str
    version: int = 0
    session: str = ""
    key: str = ""
    spare: str = ""
    reset: str = ""

    @property
    def id(self) -> str:
        """The firm's global id."""
        return self.firm.id

    def token(self, who: str) -> str | None:
        """The credential of somebody; `spare` is the victim's other session, `second` an accountant's."""
        own = {"": None, "spare": self.spare, "second": self.second, "victim": self.victim.token}
        return own[who] if who in own else self.firm[who].token


@dataclass(frozen=True, slots=True)
class Example:
    """Who sends a mutation, and its input; None for one without."""

    who: str
    given: Callable[[World], Mapping[str, Any] | None]


def fresh() -> str:
    """An e-mail address that nobody has."""
    return f"{secrets.token_hex(8)}@wins.test"


PERSON: Final[Mapping[str, Any]] = {"firstName": "Zoé", "lastName": "Martin"}
LOGIN: Final[Mapping[str, Any]] = {**PERSON, "password": PASSWORD, "language": "FR", "acceptTerms": True}
EXAMPLES: Final[Mapping[str, Example]] = {
    "signUp": Example("", lambda w: {"companyName": "New", "email": fresh(), **LOGIN}),
    "becomeAccountant": Example("anna", lambda w: {"officeName": "New", "acceptTerms": True}),
    "registerAccountant": Example("", lambda w: {"officeName": "New", "email": fresh(), **LOGIN}),
    "confirmEmail": Example("anna", lambda w: {"token": w.confirmation}),
    "disclaimEmail": Example("", lambda w: {"token": w.unproven}),
    "login": Example("", lambda w: {"email": w.firm["anna"].email, "password": PASSWORD}),
    "logout": Example("spare", lambda w: None),
    "endSession": Example("spare", lambda w: {"sessionId": w.session}),
    "requestPasswordReset": Example("", lambda w: {"email": w.firm["anna"].email}),
    "resetPassword": Example("", lambda w: {"token": w.reset, "password": "another-horse-7"}),
    "updateProfile": Example("anna", lambda w: {"firstName": "Anne"}),
    "changePassword": Example("spare", lambda w: {"currentPassword": PASSWORD, "newPassword": "another-horse-7"}),
    "createCompany": Example("anna", lambda w: {"name": "Another"}),
    "updateCompany": Example("partner", lambda w: {"companyId": w.id, "name": "Renamed"}),
    "createUser": Example("owner", lambda w: {"companyId": w.id, "email": fresh(), "role": "EMPLOYEE", **PERSON}),
    "resendInvitation": Example("owner", lambda w: {"companyId": w.id, "userId": w.firm["pending"].id}),
    "acceptInvitation": Example("pending", lambda w: {"token": w.invitation}),
    "updateUser": Example("owner", lambda w: {"companyId": w.id, "userId": w.firm["partner"].id, "role": "EMPLOYEE"}),
    "deleteUser": Example("owner", lambda w: {"companyId": w.id, "userId": w.firm["anna"].id}),
    "setAppAccess": Example(
        "owner",
        lambda w: {
            "companyId": w.id,
            "expectedVersion": w.version,
            "changes": [change(w.firm["anna"], "STOCK", granted=False)],
        },
    ),
    "requestAccess": Example("anna", lambda w: {"companyId": w.id, "app": "PONTO", "reason": "x"}),
    "decideAccessRequest": Example("owner", lambda w: {"requestId": w.request, "granted": True}),
    "activateApp": Example("owner", lambda w: {"companyId": w.id, "app": "YUKI"}),
    "deactivateApp": Example("owner", lambda w: {"companyId": w.id, "app": "STOCK"}),
    "changePlan": Example("owner", lambda w: {"companyId": w.id, "plan": "PRO"}),
    "connectService": Example(
        "partner",
        lambda w: {"companyId": w.id, "app": "PONTO", "label": "x", "options": [{"name": "a", "value": "b"}]},
    ),
    "updateConnectedService": Example(
        "partner",
        lambda w: {"companyId": w.id, "connectedServiceId": w.service, "label": "y", "options": []},
    ),
    "disconnectService": Example("partner", lambda w: {"companyId": w.id, "connectedServiceId": w.service}),
    "startImport": Example("anna", lambda w: {"companyId": w.id, "model": "INVOICES", "format": "XLSX"}),
    "requestExport": Example("anna", lambda w: {"companyId": w.id, "model": "INVOICES", "format": "XLSX"}),
    "sendDocument": Example(
        "anna", lambda w: {"companyId": w.id, "documentId": w.document, "to": "a@b.test", "subject": "x"}
    ),
    "startViewAs": Example("partner", lambda w: {"companyId": w.id, "userId": w.firm["anna"].id}),
    "createApiKey": Example("anna", lambda w: {"companyId": w.id, "label": "x"}),
    "revokeApiKey": Example("spare", lambda w: {"apiKeyId": w.key}),
    "addExternalUser": Example("owner", lambda w: {"companyId": w.id, "email": w.accountant}),
    "updateExternalUser": Example(
        "owner", lambda w: {"companyId": w.id, "externalUserId": w.firm["accountant"].id, "until": soon()}
    ),
    "removeExternalUser": Example("owner", lambda w: {"companyId": w.id, "externalUserId": w.firm["accountant"].id}),
    "leaveCompany": Example("second", lambda w: {"companyId": w.id}),
    "declineInvitation": Example("pending", lambda w: {"invitationId": f"ivt_{w.firm['pending'].membership.hex}"}),
    "createClientCompany": Example(
        "accountant",
        lambda w: {"name": "Client", "ownerEmail": fresh(), "ownerFirstName": "Zoé", "ownerLastName": "Martin"},
    ),
    "setSupportAccess": Example("owner", lambda w: {"companyId": w.id, "enabled": False}),
}
"""One for each mutation; of those that can give access and take it away, one that takes it away."""

REVOCATIONS: Final = (
    "setAppAccess", "updateUser", "updateExternalUser", "setSupportAccess", "deactivateApp", "removeExternalUser",
    "leaveCompany", "revokeApiKey", "endSession", "changePassword", "logout", "resetPassword", "deleteUser",
)  # fmt: skip
"""What takes access away, in an order in which each still has something to take."""

HOLDERS: Final = sorted([name for name, mutation in MUTATIONS.items() if not mutation.changes_access] + [*UNVERSIONED])
ERRORS: Final = "errors { code field }"
SELECTIONS: Final = {name: f"{one.shown[0]} {{ id }} {ERRORS}" for name, one in UNVERSIONED.items()}
"""What is selected of a payload that is read after the commit only if more of it is wanted than the errors."""


def declared() -> list[str]:
    """The mutations of the schema, but the writes of business data (tests/resolvers/writing)."""
    root = schema.core.mutation_type
    assert root is not None
    writers = statement_writers(default_compiler().layout)
    business = {name for name, writer in writers.items() if not writer.changes_access}
    return sorted(root.fields.keys() - (business - UNVERSIONED.keys()))


def changes_access(mutation: str) -> bool:
    """Whether a mutation says that it changes access."""
    return mutation in ACTIONS or (mutation in MUTATIONS and MUTATIONS[mutation].changes_access)


# --- a database that stops


@dataclass(slots=True)
class Stop:
    """Where a holder waits: at its place number `at`, each commit and each payload being one."""

    at: int
    places: list[str] = field(default_factory=list[str])
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def pass_by(self, place: str) -> None:
        """Wait here if this is the place."""
        self.places.append(place)
        if len(self.places) - 1 == self.at:
            self.reached.set()
            await self.go.wait()


class Stopping(Database):
    """The product's database, whose transactions can be stopped before they commit, and payloads before they are read.

    What runs inside a transaction is noted.
    """

    stop = Stop(-1)
    inside: list[str]

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        """A transaction that waits before its commit."""
        async with super().transaction() as connection:
            driver: Any = connection
            with driver.query_logger(self._note):
                yield connection
            await self.stop.pass_by("commit")

    def _note(self, run: Any) -> None:
        self.inside.append(run.query)

    async def read(self, sql: str, arguments: Sequence[object], *, brief: bool = False) -> Record:
        """A read that waits, if it is of a payload."""
        if COMPILED.match(sql):
            await self.stop.pass_by("payload")
        return await super().read(sql, arguments, brief=brief)


@dataclass(frozen=True, slots=True)
class Place:
    """The database twice, as the holder's and as the others', and a connection to look with."""

    connection: Connection
    holding: Stopping
    holder: Executor
    others: Executor
    others_database: Database

    async def send(self, executor: Executor, world: World, mutation: str, selection: str | None = None) -> Result:
        """The result of a mutation's example."""
        selection = selection or SELECTIONS.get(mutation, ERRORS)
        example = EXAMPLES[mutation]
        world.version = await world.firm.version()
        given = example.given(world)
        name = mutation[0].upper() + mutation[1:]
        document = f"mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ {selection} }} }}"
        if given is None:
            document = f"mutation {{ {mutation} {{ {selection} }} }}"
        return await executor.execute(
            GraphQLRequest(
                document,
                variables={} if given is None else {"input": given},
                token=world.token(example.who),
                address=f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.{secrets.randbelow(256)}",
            )
        )

    async def build(self, victim: str) -> World:
        """A new firm."""
        run, firm = self.connection, await Firm.found(self.connection, *APPS)
        person, anna = firm[victim], firm["anna"]
        await run.execute(HOLD, firm.key, anna.membership, HELD)
        accounts = [one.account for one in firm.people.values()]
        await run.execute("update account set password_hash = $1 where id = any($2::uuid[])", HASH, accounts)
        second, accountant = fresh(), fresh()
        for email in (second, accountant):
            await run.execute(MAKE_ACCOUNTANT, email)
        outside = await run.fetchval(SECOND, firm.key, second)
        pending = firm["pending"]
        world = World(
            firm,
            person,
            second=(await self._credential(outside, CredentialKind.SESSION))[1],
            confirmation=await self._letter("CONFIRMATION", anna.account),
            unproven=await self._letter("CONFIRMATION", await run.fetchval(MAKE_UNPROVEN, fresh())),
            invitation=await self._letter("INVITATION", pending.account, firm.key, pending.membership),
            document=f"inv_{(await run.fetchval(MAKE_DOCUMENT, firm.key)).hex}",
            service=f"cns_{(await run.fetchval(MAKE_SERVICE, firm.key, firm['owner'].membership)).hex}",
            accountant=accountant,
            request=f"arq_{(await run.fetchval(MAKE_REQUEST, firm.key, anna.membership)).hex}",
        )
        await self._let_support_in(firm)
        await self.renew(world)
        return world

    async def renew(self, world: World) -> None:
        """Give the victim credentials and a letter that work."""
        account = world.victim.account
        world.session = f"ses_{(await self._credential(account, CredentialKind.SESSION))[0].hex}"
        world.key = f"key_{(await self._credential(account, CredentialKind.API_KEY))[0].hex}"
        world.spare = (await self._credential(account, CredentialKind.SESSION))[1]
        world.reset = await self._letter("PASSWORD_RESET", account)

    async def _credential(self, account: uuid.UUID, kind: CredentialKind) -> tuple[uuid.UUID, str]:
        token = new_token(kind.value)
        return await self.connection.fetchval(MAKE_CREDENTIAL, hash_token(token), account, kind.name), token

    async def _letter(
        self, purpose: str, account: uuid.UUID, company: uuid.UUID | None = None, member: uuid.UUID | None = None
    ) -> str:
        token = new_token("enm")
        await self.connection.execute(MAKE_LETTER, hash_token(token), purpose, account, company, member)
        return token

    async def _let_support_in(self, firm: Firm) -> None:
        document = "mutation ($input: SetSupportAccessInput!) { setSupportAccess(input: $input) { errors { code } } }"
        given = {"input": {"companyId": firm.id, "enabled": True}}
        done(await self.others.execute(GraphQLRequest(document, variables=given, token=firm["owner"].token)))

    async def access(self) -> tuple[dict[str, Record], set[uuid.UUID]]:
        """What everybody may see, and the credentials that work."""
        places = {row["place"]: row for row in await self.connection.fetch(ACCESS)}
        return places, {row["id"] for row in await self.connection.fetch(CREDENTIALS)}


@pytest.fixture(scope="module")
async def place(databases: Databases, template: str) -> AsyncGenerator[Place]:
    dsn = await databases.clone(template)
    connection = await connect(dsn)
    async with connection.transaction():
        await make_account(connection, SupportAccount.of(fresh(), "Sam", "Support", Language.FR), HASH)
    holding, others = await Stopping.open(dsn, ENDLESS), await Database.open(dsn, PoolSettings(size=4))
    holding.inside = []
    ring = Keyring([new_key()])
    yield Place(connection, holding, Executor(holding, keyring=ring), Executor(others, keyring=ring), others)
    for used in (holding, others, connection):
        await used.close()
    await databases.drop(dsn)


@pytest.fixture(autouse=True)
def moving(place: Place) -> Generator[None]:
    """Nobody is stopped until a test says so, nor after it."""
    place.holding.stop, place.holding.inside = Stop(-1), []
    yield
    place.holding.stop.go.set()


def done(result: Result) -> None:
    """A mutation did what it was asked for."""
    assert result.errors == ()
    assert result.data is not None
    (payload,) = orjson.loads(result.data).values()
    assert payload["errors"] == []


def lost(before: tuple[dict[str, Record], set[uuid.UUID]], after: tuple[dict[str, Record], set[uuid.UUID]]) -> bool:
    """Whether anybody may see less, or something that worked works no more."""
    return not before[1] <= after[1] or any(
        _is_less(row, after[0].get(place)) for place, row in before[0].items() if row != after[0].get(place)
    )


def _is_less(row: Record, now: Record | None) -> bool:
    if now is None or now["until"] < row["until"] or (row["owns"] and not now["owns"]):
        return True
    return any(was > is_ for was, is_ in zip(row["apps"], now["apps"], strict=True))


# --- what there is


def test_every_mutation_has_an_example() -> None:
    """Whoever adds a mutation says here how it is sent: what it holds and what it takes away is found out below."""
    assert sorted(EXAMPLES) == declared() == sorted([*MUTATIONS, *ACTIONS, *UNVERSIONED])


@pytest.mark.parametrize("mutation", sorted(EXAMPLES))
async def test_what_takes_access_away_is_known_as_such(place: Place, mutation: str) -> None:
    world = await place.build("anna")
    before = await place.access()
    done(await place.send(place.holder, world, mutation))
    takes = lost(before, await place.access())
    assert takes is (mutation in REVOCATIONS)
    assert changes_access(mutation) or not takes


@pytest.mark.parametrize("mutation", sorted(MUTATIONS))
async def test_nothing_of_a_clients_choice_runs_before_the_commit(place: Place, mutation: str) -> None:
    """What changes access may be waited for, but only for statements of the product's own."""
    done(await place.send(place.holder, await place.build("anna"), mutation))
    assert [query for query in place.holding.inside if COMPILED.match(query)] == []
    assert place.holding.stop.places[-1] == "payload"


# --- replicas know of it before the answer

WATCH: Final = """
create table committed (how text not null);
create function note_commit() returns trigger language plpgsql security definer as
  $$ begin insert into committed values (current_setting('synchronous_commit')); return null; end $$;
create constraint trigger watch after update or delete on credential
  deferrable initially deferred for each row execute function note_commit();
create constraint trigger watch after update or delete on membership
  deferrable initially deferred for each row execute function note_commit();
create constraint trigger watch after update on company
  deferrable initially deferred for each row execute function note_commit();
"""
UNWATCH: Final = "drop function note_commit cascade; drop table committed"


@asynccontextmanager
async def watching(place: Place) -> AsyncGenerator[Callable[[], Awaitable[set[str]]]]:
    """Notes how transactions that touch what decides on access are committed, and returns and forgets it."""

    async def noted() -> set[str]:
        return {row["how"] for row in await place.connection.fetch("delete from committed returning how")}

    await place.connection.execute(WATCH)
    try:
        yield noted
    finally:
        await place.connection.execute(UNWATCH)


async def test_whatever_takes_access_away_waits_for_replicas(place: Place) -> None:
    """Seen at the commit itself, for each mutation; writes that take nothing away go on without waiting."""
    world = await place.build("anna")
    async with watching(place) as noted:
        for mutation in REVOCATIONS:
            await place.renew(world)
            await noted()
            done(await place.send(place.others, world, mutation))
            assert (mutation, await noted()) == (mutation, {"remote_apply"})
        world = await place.build("anna")
        await noted()
        done(await place.send(place.others, world, "updateProfile"))
        assert await noted() == {"off"}


async def test_a_session_and_a_view_that_make_room_wait_for_replicas(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await place.build("anna")
    async with watching(place) as noted:
        monkeypatch.setattr(
            sessions, "DELETE_OLD_SESSIONS", sessions.DELETE_OLD_SESSIONS.replace("limit 999", "limit 0")
        )
        await noted()
        done(await place.send(place.others, world, "login"))
        assert await noted() == {"remote_apply"}
        done(await place.send(place.others, world, "startViewAs"))
        monkeypatch.setattr(
            keys, "DELETE_OLD_VIEWS", keys.DELETE_OLD_VIEWS.replace(f"limit {keys.MOST_VIEWS - 1}", "limit 0")
        )
        await noted()
        done(await place.send(place.others, world, "startViewAs"))
        assert await noted() == {"remote_apply"}


async def test_the_end_of_a_lent_app_waits_for_replicas(place: Place) -> None:
    world = await place.build("anna")
    lent = "update membership set lent_until = now() - interval '1 second' where id = $1"
    await place.connection.execute(lent, world.firm["anna"].membership)
    async with watching(place) as noted:
        await end_grants(place.others_database)
        assert await noted() == {"remote_apply"}


async def test_a_commit_that_does_not_wait_would_be_found(place: Place) -> None:
    world = await place.build("anna")
    async with watching(place) as noted:
        await place.connection.execute("update company set name = name where id = $1", world.firm.key)
        assert await noted() == {"off"}


# --- who is stopped holds nobody up


async def revoke(place: Place, world: World) -> None:
    """Take away all that there is; fails when anything of it has to wait."""
    async with asyncio.timeout(PATIENCE):
        for mutation in REVOCATIONS:
            await place.renew(world)
            done(await place.send(place.others, world, mutation))


@pytest.mark.parametrize("mutation", HOLDERS)
async def test_whoever_writes_holds_no_revocation_up(place: Place, mutation: str) -> None:
    """Stopped before each commit, and while the payload is read."""
    who = EXAMPLES[mutation].who or "anna"
    at = 0
    while True:
        world, stop = await place.build(who), Stop(at)
        place.holding.stop = stop
        holder = asyncio.create_task(place.send(place.holder, world, mutation))
        reached = asyncio.create_task(stop.reached.wait())
        await asyncio.wait([holder, reached], return_when=asyncio.FIRST_COMPLETED)
        if holder.done():
            reached.cancel()
            break
        await revoke(place, world)
        before, _ = await place.access()
        assert not holder.done()
        stop.go.set()
        await holder
        after, _ = await place.access()
        assert not [key for key in after if key not in before and key.startswith(str(world.firm.key))]
        at += 1
    done(holder.result())
    assert at == len(stop.places) >= 1


async def test_a_lock_for_the_right_would_be_found(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above sees what it is there for: a holder that locks its company holds the owner up."""
    usual = MUTATIONS["requestExport"]

    async def locking(write: Any, given: Any) -> Any:
        await write.connection.execute("select from company where id = $1 for no key update", world.firm.key)
        return await usual.write(write, given)

    planted = {**MUTATIONS, "requestExport": type(usual)(locking, gates=usual.gates)}
    monkeypatch.setattr(mutation_runner, "MUTATIONS", planted)
    sooner = context.FIND_SIGNED_IN_PATIENTLY.replace(context.PATIENCE, "200ms")
    monkeypatch.setattr(context, "FIND_SIGNED_IN_PATIENTLY", sooner)
    world, place.holding.stop = await place.build("anna"), Stop(0)
    holder = asyncio.create_task(place.send(place.holder, world, "requestExport"))
    await place.holding.stop.reached.wait()
    result = await place.send(place.others, world, "setAppAccess")
    assert [error.code.value for error in result.errors] == ["TIMEOUT"]
    place.holding.stop.go.set()
    done(await holder)


# --- what was written stays


async def test_a_write_whose_payload_is_not_read_is_told_to_be_done(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await place.build("anna")

    async def fail(self: Database, sql: str, arguments: Sequence[object], *, brief: bool = False) -> Record:
        if COMPILED.match(sql):
            raise DatabaseTimeout("late")
        return await Database.read(self, sql, arguments, brief=brief)

    monkeypatch.setattr(Stopping, "read", fail)
    result = await place.send(place.holder, world, "updateProfile")
    (error,) = result.errors
    assert (error.code.value, error.path, dict(error.extensions)) == ("TIMEOUT", ("updateProfile",), {"written": True})
    assert orjson.loads(result.data or b"") == {"updateProfile": None}
    name = "select first_name from account where id = $1"
    assert await place.connection.fetchval(name, world.firm["anna"].account) == "Anne"


async def test_a_refusal_whose_payload_is_not_read_wrote_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await place.build("anna")
    world.service = f"cns_{'0' * 32}"

    async def fail(self: Database, sql: str, arguments: Sequence[object], *, brief: bool = False) -> Record:
        raise DatabaseTimeout("late")

    monkeypatch.setattr(Stopping, "read", fail)
    (error,) = (await place.send(place.holder, world, "disconnectService")).errors
    assert (error.code.value, dict(error.extensions)) == ("TIMEOUT", {})


async def test_the_deadline_ends_the_reading_and_not_the_write(place: Place) -> None:
    """The request is given up while its payload is read: it is answered, and the write stands."""
    world, place.holding.stop = await place.build("anna"), Stop(0)
    asking = asyncio.create_task(place.send(place.holder, world, "updateProfile"))
    await place.holding.stop.reached.wait()
    asking.cancel()
    (error,) = (await asking).errors
    assert (error.code.value, dict(error.extensions)) == ("TIMEOUT", {"written": True})


async def test_a_request_that_is_given_up_while_it_writes_is_waited_for(place: Place) -> None:
    world, place.holding.stop = await place.build("anna"), Stop(0)
    asking = asyncio.create_task(place.send(place.holder, world, "deleteUser"))
    await place.holding.stop.reached.wait()
    assert place.holding.stop.places == ["commit"]
    asking.cancel()
    place.holding.stop.go.set()
    (error,) = (await asking).errors
    assert (error.code.value, dict(error.extensions)) == ("TIMEOUT", {"written": True})
    removed = "select removed_at is not null from membership where id = $1"
    assert await place.connection.fetchval(removed, world.firm["anna"].membership)
