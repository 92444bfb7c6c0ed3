"""`permissionMatrix(at:)`: whatever happens in a company, the matrix of every moment is a replay of its changes."""

import datetime
import uuid
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from resolvers.mutations.steps.plan_changes import set_trial
from schema.apps import CATALOGUE, App, AppKind
from tests.differential.operations.profiles import CHECKS
from tests.support.company import ALWAYS
from tests.support.databases import Databases
from tests.support.externals import Login, Outside
from tests.support.sampling import share

APPS: Final = ("CUSTOMERS", "QUOTES", "DISCOUNTS", "STOCK", "PURCHASES", "PURCHASE_ORDERS", "CURRENCIES", "AGENDA")
"""Apps of every plan: CURRENCIES is in PRO, AGENDA in PREMIUM."""
PLANS: Final = ("FREE", "PRO", "PREMIUM")
FOUND: Final = "mutation ($name: String!) { createCompany(input: {name: $name}) { company { id } errors { code } } }"
MATRIX: Final = """
query ($id: ID!, $at: DateTime, $apps: [App!], $people: [ID!]) {
  company(id: $id) { permissionMatrix(at: $at, apps: $apps, userIds: $people) {
    version apps { app } sleepingApps { app }
    rows {
      user { id role status } externalUser { id kind until }
      cells { app granted effective editable reason }
    }
  } }
}
"""
CHANGES: Final = """
query ($id: ID!, $after: String) {
  company(id: $id) { accessChanges(first: 100, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { at kind app after roleAfter planBefore planAfter untilBefore until user { id } externalUser { id kind } }
  } }
}
"""
INVITE: Final = """
mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } invitationToken errors { code } } }
"""
ACCEPT: Final = "mutation ($secret: String!) { acceptInvitation(input: {token: $secret}) { errors { code } } }"
Step: TypeAlias = tuple[str, int, str, bool]
WHATS: Final = (
    "invite", "accept", "toggle", "toggle", "role", "delete", "switch", "switch", "add", "change", "remove", "support",
    "plan", "plan", "trial", "trial",
)  # fmt: skip
STEPS: Final = st.lists(
    st.tuples(st.sampled_from(WHATS), st.integers(0, 2), st.sampled_from(APPS), st.booleans()), min_size=4, max_size=16
)
TERMS: Final = (None, "2100-01-01T00:00:00+00:00")


@pytest.fixture(scope="module")
async def outside(databases: Databases, template: str) -> AsyncGenerator[Outside]:
    async with Outside.open(databases, template, shows_secrets=True) as outside:
        await outside.support()
        yield outside


# --- what happens


@dataclass(slots=True)
class Life:
    """A company in which things happen; what is refused is no matter."""

    outside: Outside
    owner: Login
    id: str
    members: list[Login]
    accountants: list[Login]
    tokens: dict[int, str] = field(default_factory=dict[int, str])
    seen: dict[str, Any] = field(default_factory=dict[str, Any])
    ends: list[datetime.datetime] = field(default_factory=list[datetime.datetime])

    @classmethod
    async def found(cls, outside: Outside) -> "Life":
        owner, *members = [await outside.login("MEMBER") for _ in range(4)]
        payload = (await outside.ask(owner.token, FOUND, name="Peeters")).data["createCompany"]
        assert payload["errors"] == []
        id_ = payload["company"]["id"]
        await outside.connection.execute("update company set plan = 'PREMIUM' where id = $1::text::uuid", id_[4:])
        return cls(outside, owner, id_, members, [await outside.login() for _ in range(3)])

    async def matrix(self, at: str | None = None, people: list[str] | None = None) -> Any:
        answer = await self.outside.ask(self.owner.token, MATRIX, id=self.id, at=at, apps=APPS, people=people)
        assert answer.errors == ()
        return answer.data["company"]["permissionMatrix"]

    async def changes(self) -> list[Any]:
        """All changes, oldest first."""
        found, after = list[Any](), None
        while True:
            answer = await self.outside.ask(self.owner.token, CHANGES, id=self.id, after=after)
            page = answer.data["company"]["accessChanges"]
            found += page["nodes"]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return found[::-1]

    async def take(self, step: Step) -> None:
        """Do something, and keep what the matrix is then."""
        what, who, app, on = step
        rows = (await self.matrix())["rows"]
        users = [row["user"]["id"] for row in rows if row["user"]][1:]
        externals = [row["externalUser"]["id"] for row in rows if row["externalUser"]]
        user = users[who % len(users)] if users else self.id
        external = externals[who % len(externals)] if externals else self.id
        role = "OWNER" if on else "EMPLOYEE"
        match what:
            case "invite":
                await self.invite(who, role, [app] if not on else [])
            case "accept":
                await self.outside.ask(self.members[who].token, ACCEPT, secret=self.tokens.get(who, ""))
            case "toggle":
                changes = [{"userId": user, "app": name, "granted": on} for name in {app, "QUOTES"}]
                version = (await self.matrix())["version"]
                await self.send("setAppAccess", expectedVersion=version, changes=changes)
            case "role":
                await self.send("updateUser", userId=user, role=role)
            case "delete":
                await self.send("deleteUser", userId=user)
            case "switch":
                await self.send("activateApp" if on else "deactivateApp", app=app)
            case "add":
                await self.send("addExternalUser", email=self.accountants[who].email, until=TERMS[on])
            case "change":
                await self.send("updateExternalUser", externalUserId=external, until=TERMS[on])
            case "remove":
                await self.send("removeExternalUser", externalUserId=external)
            case "plan":
                await self.send("changePlan", plan=PLANS[who])
            case "trial":
                await self.extend_trial(days=who if on else 0)
            case _:
                await self.send("setSupportAccess", enabled=on, until=None if who else TERMS[1])
        moment = await self.outside.connection.fetchval("select clock_timestamp()")
        self.seen[moment.isoformat()] = await self.matrix()

    async def extend_trial(self, days: int) -> None:
        """Let the trial end in some days, or at once, and wait for that."""
        key, connection = uuid.UUID(self.id[4:]), self.outside.connection
        async with connection.transaction():
            at = await connection.fetchval("select clock_timestamp() from company where id = $1 for update", key)
            end = at + datetime.timedelta(days=days, milliseconds=20)
            await set_trial(connection, key, at, end)
        if days == 0:
            await connection.execute("select pg_sleep_until($1::timestamptz + interval '1 millisecond')", end)
            self.ends.append(end)

    async def send(self, mutation: str, **given: object) -> None:
        answer = await self.outside.send(self.owner.token, mutation, companyId=self.id, **given)
        assert answer.errors == ()

    async def invite(self, who: int, role: str, apps: list[str]) -> None:
        given = {
            "companyId": self.id, "email": self.members[who].email, "firstName": "An", "lastName": "Peeters",
            "role": role, "apps": apps,
        }  # fmt: skip
        payload = (await self.outside.ask(self.owner.token, INVITE, input=given)).data["createUser"]
        if payload["invitationToken"]:
            self.tokens[who] = payload["invitationToken"]


# --- the replay


def kept() -> set[str]:
    return {app.name for app in App if CATALOGUE[app].kind in (AppKind.BASE, AppKind.PART)}


@dataclass(slots=True)
class Replay:
    """A company as its changes tell it: the people in the order in which they came, the active apps, the version."""

    people: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    active: set[str] = field(default_factory=kept)
    plan: str = "PREMIUM"
    trial_ends_at: datetime.datetime | None = None
    ended: int = 0
    moments: set[str] = field(default_factory=set[str])

    def happen(self, change: Mapping[str, Any]) -> None:
        self.moments.add(change["at"])
        user, external, term = change["user"], change["externalUser"], change["until"]
        outside = external and ("SUPPORT" if external["kind"] == "SUPPORT" else external["id"])
        match change["kind"]:
            case "USER_INVITED" | "USER_JOINED":
                person = self.people.setdefault(user["id"], {"toggles": {*ALWAYS}, "external": False})
                person |= {"role": change["roleAfter"], "active": change["kind"] == "USER_JOINED"}
            case "USER_DELETED":
                del self.people[user["id"]]
            case "ROLE":
                self.people[user["id"]]["role"] = change["roleAfter"]
            case "TOGGLE":
                toggles = self.people[user["id"]]["toggles"]
                (toggles.add if change["after"] else toggles.remove)(change["app"])
            case "EXTERNAL_ADDED":
                self.enter(outside, term)
            case "EXTERNAL_CHANGED":
                self.people[outside]["until"] = term
            case "EXTERNAL_REMOVED":
                del self.people[outside]
            case "SUPPORT_ON" if "SUPPORT" in self.people:
                self.people["SUPPORT"]["until"] = term
            case "SUPPORT_ON":
                self.enter("SUPPORT", term)
            case "SUPPORT_OFF":
                del self.people["SUPPORT"]
            case _:
                self.happen_to_company(change)

    def happen_to_company(self, change: Mapping[str, Any]) -> None:
        match change["kind"]:
            case "APP_ACTIVATED":
                self.active.add(change["app"])
            case "APP_DEACTIVATED":
                self.active.remove(change["app"])
            case "PLAN":
                assert (change["planBefore"], change["planAfter"]) == (self.plan, change["planAfter"])
                self.plan = change["planAfter"]
            case "TRIAL":
                self.pass_time(moment_of(change["at"]))
                self.trial_ends_at = moment_of(change["until"])
            case kind:
                raise AssertionError(kind)

    def enter(self, id_: str, term: str | None) -> None:
        self.people[id_] = {"toggles": set[str](), "external": True, "role": None, "active": True, "until": term}

    def pass_time(self, at: datetime.datetime) -> None:
        """The end of the trial counts as a change, when it comes."""
        if self.trial_ends_at is not None and self.trial_ends_at <= at:
            self.ended, self.trial_ends_at = self.ended + 1, None

    def is_awake(self, app: App) -> bool:
        return self.trial_ends_at is not None or PLANS.index(CATALOGUE[app].plan.name) <= PLANS.index(self.plan)

    def matrix(self) -> Any:
        """What the product should tell."""
        listed = sorted(self.people.items(), key=lambda item: item[1]["external"])
        columns = [app.name for app in App if app.name in APPS and app.name in self.active and self.is_awake(app)]
        asleep = [{"app": app.name} for app in App if app.name in self.active and not self.is_awake(app)]
        return {
            "version": len(self.moments) + self.ended,
            "apps": [{"app": app} for app in columns],
            "sleepingApps": asleep,
            "rows": [self.row(id_, person, columns) for id_, person in listed],
        }

    def row(self, id_: str, person: Mapping[str, Any], columns: list[str]) -> Any:
        user = {"id": id_, "role": person["role"], "status": "ACTIVE" if person["active"] else "PENDING"}
        kind = "SUPPORT" if id_ == "SUPPORT" else "ACCOUNTANT"
        external = {"id": id_, "kind": kind, "until": person.get("until")}
        reason = "EXTERNAL" if person["external"] else "OWNER" if person["role"] == "OWNER" else "TOGGLE"
        cells = [
            {
                "app": app,
                "granted": app in person["toggles"],
                "effective": person["active"] and (reason != "TOGGLE" or app in person["toggles"]),
                "editable": app not in ALWAYS and reason == "TOGGLE",
                "reason": "ALWAYS_VISIBLE" if app in ALWAYS else reason,
            }
            for app in columns
        ]
        outside = person["external"]
        return {"user": None if outside else user, "externalUser": external if outside else None, "cells": cells}


def replayed(changes: list[Any], at: str) -> Any:
    trials = [moment_of(change["untilBefore"]) for change in changes if change["kind"] == "TRIAL"]
    replay = Replay(trial_ends_at=trials[0] if trials else datetime.datetime.max.replace(tzinfo=datetime.UTC))
    for change in changes:
        if moment_of(change["at"]) <= moment_of(at):
            replay.happen(change)
    replay.pass_time(moment_of(at))
    return replay.matrix()


def moment_of(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def anonymous(matrix: Any) -> Any:
    """The matrix in which support has no key: the changes tell of the switch only."""
    for row in matrix["rows"]:
        if row["externalUser"] and row["externalUser"]["kind"] == "SUPPORT":
            row["externalUser"]["id"] = "SUPPORT"
    return matrix


@given(steps=STEPS)
@settings(
    max_examples=share(50), deadline=None, database=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=CHECKS,
)  # fmt: skip
async def test_the_matrix_of_every_moment_is_a_replay_of_the_changes_until_then(
    outside: Outside, steps: list[Step]
) -> None:
    life = await Life.found(outside)
    for step in steps:
        await life.take(step)
    for at, seen in life.seen.items():
        assert await life.matrix(at) == seen
    changes = await life.changes()
    instants = {*(moment_of(change["at"]) for change in changes), *life.ends}
    before = {instant - datetime.timedelta(microseconds=1) for instant in instants - {min(instants)}}
    for at in (*life.seen, *(instant.isoformat() for instant in sorted(instants | before))):
        assert anonymous(await life.matrix(at)) == replayed(changes, at)


async def test_a_term_ends_in_the_matrix_of_its_time_and_not_in_that_of_today(outside: Outside) -> None:
    life = await Life.found(outside)
    connection = outside.connection
    soon = await connection.fetchval("select clock_timestamp() + interval '1 second'")
    await life.send("addExternalUser", email=life.accountants[0].email, until=soon.isoformat())
    during = (await connection.fetchval("select clock_timestamp()")).isoformat()
    await connection.execute("select pg_sleep_until($1)", soon)
    after = (await connection.fetchval("select clock_timestamp()")).isoformat()

    async def enters(at: str | None) -> set[bool]:
        return {cell["effective"] for cell in (await life.matrix(at))["rows"][-1]["cells"]}

    assert [await enters(at) for at in (None, during, after)] == [{False}, {True}, {False}]


async def test_an_app_above_the_plan_sleeps_from_the_microsecond_on_in_which_the_trial_ends(outside: Outside) -> None:
    life = await Life.found(outside)
    await life.send("activateApp", app="AGENDA")
    await life.send("changePlan", plan="FREE")
    await life.extend_trial(days=0)
    (end,) = life.ends
    last = await life.matrix((end - datetime.timedelta(microseconds=1)).isoformat())
    first = await life.matrix(end.isoformat())
    assert ("AGENDA" in str(last["apps"]), last["sleepingApps"]) == (True, [])
    assert ("AGENDA" in str(first["apps"]), first["sleepingApps"]) == (False, [{"app": "AGENDA"}])
    assert first["version"] == last["version"] + 1
    assert first == await life.matrix()


async def test_before_the_company_nobody_is_there_and_the_future_is_as_now(outside: Outside) -> None:
    life = await Life.found(outside)
    await life.take(("add", 0, "STOCK", True))
    assert await life.matrix("1990-01-01T00:00:00Z") == {"version": 0, "apps": [], "sleepingApps": [], "rows": []}
    assert await life.matrix("9999-12-31T23:59:59Z") == await life.matrix()


async def test_a_mutation_reads_what_it_wrote_under_a_moment_of_the_future(outside: Outside) -> None:
    life = await Life.found(outside)
    query = """
    mutation ($input: ActivateAppInput!) { activateApp(input: $input) {
      company { permissionMatrix(at: "9999-12-31T23:59:59Z", apps: [STOCK]) { version apps { app } } }
    } }
    """
    answer = await outside.ask(life.owner.token, query, input={"companyId": life.id, "app": "STOCK"})
    matrix = answer.data["activateApp"]["company"]["permissionMatrix"]
    assert matrix == {"version": 2, "apps": [{"app": "STOCK"}]}


async def test_rows_and_columns_are_chosen_of_the_people_of_then(outside: Outside) -> None:
    life = await Life.found(outside)
    await life.take(("invite", 0, "QUOTES", False))
    at = next(iter(life.seen))
    user = life.seen[at]["rows"][1]["user"]["id"]
    await life.take(("delete", 0, "QUOTES", False))
    assert (await life.matrix(people=[user]))["rows"] == []
    assert (await life.matrix(at, people=[user]))["rows"] == life.seen[at]["rows"][1:]
    assert (await life.matrix(at, people=[f"ext{user[3:]}"]))["rows"] == []


IDS: Final = "query ($id: ID!, $at: DateTime) { company(id: $id) { permissionMatrix(at: $at) { id rows { id } } } }"


async def test_a_matrix_of_a_moment_and_its_rows_are_other_objects_than_those_of_now(outside: Outside) -> None:
    life = await Life.found(outside)
    at, later = "2026-05-03T10:00:00.000001Z", (await outside.connection.fetchval("select now()")).isoformat()
    found = [(await outside.ask(life.owner.token, IDS, id=life.id, at=when)).data for when in (None, at, later)]
    matrices = [data["company"]["permissionMatrix"] for data in found]
    assert matrices[0]["id"] == f"pmx{life.id[3:]}"
    assert matrices[1]["id"] == f"pmx{life.id[3:]}_1777802400000001"
    assert matrices[2]["rows"][0]["id"].startswith(f"{matrices[0]['rows'][0]['id']}_")


async def test_only_owners_see_a_past_matrix(outside: Outside) -> None:
    life = await Life.found(outside)
    await life.take(("add", 0, "STOCK", True))
    query = "query ($id: ID!, $at: DateTime) { company(id: $id) { permissionMatrix(at: $at) { version } } }"
    at = next(iter(life.seen))
    accountant = await outside.ask(life.accountants[0].token, query, id=life.id, at=at)
    assert accountant.data == {"company": {"permissionMatrix": None}}
    assert [note.path for note in accountant.hidden] == [("company", "permissionMatrix")]
    stranger = await outside.ask(life.accountants[1].token, query, id=life.id, at=at)
    assert stranger.data == {"company": None}


@pytest.mark.parametrize("at", ["yesterday", "2026-05-03", "2026-05-03T10:00:00", "0001-01-01T00:00:00+23:00"])
async def test_what_is_no_moment_is_refused(outside: Outside, at: str) -> None:
    life = await Life.found(outside)
    answer = await outside.ask(life.owner.token, MATRIX, id=life.id, at=at)
    assert (answer.data, answer.codes) == (None, ["BAD_USER_INPUT"])


async def test_a_moment_that_is_null_is_as_if_left_out(outside: Outside) -> None:
    life = await Life.found(outside)
    assert await life.matrix(None) == await life.matrix()
