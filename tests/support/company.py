"""A small company of a test's own, with signed-in people of every sort."""

import asyncio
import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from asyncpg import BitString

from db.connection import Connection
from resolvers.execution.executor import Executor
from resolvers.mutations.context import hash_token
from resolvers.request import ErrorEntry, GraphQLRequest, Note
from schema.apps import CATALOGUE, App
from schema.localization.language import Language

ALWAYS: Final = frozenset(app.name for app, entry in CATALOGUE.items() if entry.always_visible)

MAKE_ACCOUNT: Final = """
insert into account (id, email, first_name, last_name, language, confirmed, kind)
values ($1, $2, $3, 'Peeters', $4, true, $5)
"""
MAKE_MEMBERSHIP: Final = """
insert into membership (company_id, id, account_id, role, external, first_name, last_name, language, accepted_at,
                        until, removed_at)
values ($1, $2, $3, $4, $5, $6, 'Peeters', $7, case when $8 then now() end, $9::text::timestamptz,
        $10::text::timestamptz)
"""
ALLOW_ALWAYS: Final = """
insert into app_grant (company_id, membership_id, app_id, valid)
select $1, $2, id, tstzrange('2020-01-01', null) from app where always_visible
"""
SIGN_IN: Final = """
insert into credential (token_hash, account_id, expires_at) values ($1, $2, '2126-01-01')
"""
MAKE_COMPANY: Final = "insert into company (id, name, plan) values ($1, 'Peeters & Co', $2)"
ACTIVATE: Final = """
insert into company_app (company_id, app_id, valid)
select $1, id, tstzrange('2020-01-01', null) from app where kind in ('BASE', 'PART') or id = any($2::text[])
"""
KEEP_MASK: Final = """
update company set mask = (
  select bit_or(set_bit(repeat('0', 256)::bit(256), position, 1)) from app join company_app on app_id = app.id
  where company_id = $1)
where id = $1
"""
KEEP_TOGGLES: Final = """
update membership set toggles = (
  select bit_or(set_bit(repeat('0', 256)::bit(256), position, 1)) from app where always_visible)
where company_id = $1 and not external
"""
TOGGLES: Final = "select toggles from membership where company_id = $1 and id = $2"
GRANTED: Final = """
select app_id from app_grant where company_id = $1 and membership_id = $2 and valid @> clock_timestamp()
"""
CHANGES: Final = "select * from access_change where company_id = $1 order by at, id"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to an operation, parsed."""

    data: Any
    errors: tuple[ErrorEntry, ...]
    hidden: tuple[Note, ...]

    @property
    def codes(self) -> list[str]:
        """The codes of the top-level errors."""
        return [error.code.value for error in self.errors]


@dataclass(frozen=True, slots=True)
class Asker:
    """Sends operations to the product."""

    executor: Executor

    async def __call__(
        self, token: str | None, query: str, language: Language = Language.FR, **variables: object
    ) -> Answer:
        """The answer to one operation."""
        request = GraphQLRequest(query, variables=variables, token=token, language=language)
        result = await self.executor.execute(request)
        return Answer(orjson.loads(result.data) if result.data is not None else None, result.errors, result.hidden)


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in person, and their membership of the company."""

    account: uuid.UUID
    membership: uuid.UUID
    token: str
    email: str
    external: bool = False

    @property
    def id(self) -> str:
        """The global id of the membership."""
        return f"{'ext' if self.external else 'usr'}_{self.membership.hex}"


@dataclass(frozen=True, slots=True)
class Sort:
    """The kind of a person's membership."""

    role: str | None
    language: str = "FR"
    accepted: bool = True
    until: str | None = None
    removed_at: str | None = None


SORTS: Final[Mapping[str, Sort]] = {
    "owner": Sort("OWNER"),
    "partner": Sort("OWNER", "NL"),
    "anna": Sort("EMPLOYEE", "EN"),
    "bram": Sort("EMPLOYEE", "NL"),
    "clara": Sort("EMPLOYEE", "DE"),
    "pending": Sort("OWNER", accepted=False),
    "gone": Sort("OWNER", removed_at="2021-01-01"),
    "accountant": Sort(None),
    "former": Sort(None, until="2021-01-01"),
}


@dataclass(frozen=True, slots=True)
class Firm:
    """A company with two owners, three employees, an accountant, and people who are not in it yet or no longer."""

    connection: Connection
    key: uuid.UUID
    people: Mapping[str, Person]

    @classmethod
    async def found(cls, connection: Connection, *apps: str, plan: str = "PREMIUM") -> "Firm":
        """Create a company in which `apps` are active beside the base modules and parts."""
        key = uuid.uuid4()
        async with connection.transaction():
            await connection.execute(MAKE_COMPANY, key, plan)
            await connection.execute(ACTIVATE, key, apps)
            await connection.execute(KEEP_MASK, key)
            people = {name: await enter(connection, key, name, sort) for name, sort in SORTS.items()}
            await connection.execute(KEEP_TOGGLES, key)
        return cls(connection, key, people)

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    @property
    def id(self) -> str:
        """The company's global id."""
        return f"com_{self.key.hex}"

    async def version(self) -> int:
        """The version of the permission matrix."""
        return await self.connection.fetchval("select access_version from company where id = $1", self.key)

    async def active(self) -> set[str]:
        """The apps that are on in the company's mask."""
        return apps_of(await self.connection.fetchval("select mask from company where id = $1", self.key))

    async def toggles(self, name: str) -> set[str]:
        """The apps that are on in a person's mask."""
        return apps_of(await self.connection.fetchval(TOGGLES, self.key, self[name].membership))

    async def grants(self, name: str) -> set[str]:
        """The apps that are on for a person now, by the history of grants."""
        return {row[0] for row in await self.connection.fetch(GRANTED, self.key, self[name].membership)}

    async def trail(self) -> list[dict[str, Any]]:
        """The rows of the audit trail."""
        return [dict(row) for row in await self.connection.fetch(CHANGES, self.key)]

    async def let_the_clock_go_back(self) -> None:
        """Put all changes of access so far an hour into the future, as a clock leaves them that is set back."""
        later = "tstzrange(lower(valid) + interval '1 hour', upper(valid) + interval '1 hour')"
        for statement in (
            "update access_change set at = at + interval '1 hour' where company_id = $1",
            f"update app_grant set valid = {later} where company_id = $1 and granted_by is not null",
            f"update company_app set valid = {later} where company_id = $1 and activated_by is not null",
        ):
            await self.connection.execute(statement, self.key)

    async def everything(self) -> list[Any]:
        """All rows that a change of access may write, for comparison."""
        grants = "select * from app_grant where company_id = $1 order by membership_id, app_id, valid"
        apps = "select * from company_app where company_id = $1 order by app_id, valid"
        people = "select id, role, toggles, removed_at from membership where company_id = $1 order by id"
        found = [await self.connection.fetch(statement, self.key) for statement in (grants, apps, people, CHANGES)]
        return [await self.version(), await self.active(), *found]


async def enter(connection: Connection, company: uuid.UUID, name: str, sort: Sort) -> Person:
    """A person who is in a company from now on, with a session."""
    token = secrets.token_urlsafe()
    person = Person(uuid.uuid4(), uuid.uuid4(), token, f"{name}.{secrets.token_hex(6)}@firm.test", sort.role is None)
    kind = "ACCOUNTANT" if person.external else "MEMBER"
    await connection.execute(MAKE_ACCOUNT, person.account, person.email, name.title(), sort.language, kind)
    await connection.execute(
        MAKE_MEMBERSHIP, company, person.membership, person.account, sort.role, person.external, name.title(),
        sort.language, sort.accepted, sort.until, sort.removed_at,
    )  # fmt: skip
    if not person.external:
        await connection.execute(ALLOW_ALWAYS, company, person.membership)
    await connection.execute(SIGN_IN, hash_token(person.token), person.account)
    return person


def apps_of(mask: BitString) -> set[str]:
    """The names of the apps whose bits are set in a permission mask."""
    bits = mask.as_string().replace(" ", "")
    return {app.name for app in App if bits[CATALOGUE[app].position] == "1"}


def change(person: Person | str, app: str, granted: bool) -> dict[str, object]:
    """One entry of `changes`."""
    return {"userId": person if isinstance(person, str) else person.id, "app": app, "granted": granted}


def replay(trail: Iterable[Mapping[str, Any]], membership: uuid.UUID, start: Iterable[str] = ALWAYS) -> set[str]:
    """The toggles of a person after all changes of the audit trail."""
    apps = set(start)
    for row in trail:
        if row["kind"] == "TOGGLE" and row["membership_id"] == membership:
            assert row["before"] is not row["after"]
            assert (row["app_id"] in apps) is row["before"]
            (apps.add if row["after"] else apps.discard)(row["app_id"])
    return apps


async def blocked(connection: Connection, count: int = 1) -> None:
    """Return once `count` statements of this database wait for a lock; fails after two minutes."""
    waiting = """
    select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    """
    async with asyncio.timeout(120):
        while await connection.fetchval(waiting) < count:
            await asyncio.sleep(0.005)
            await connection.execute("select pg_stat_clear_snapshot()")
