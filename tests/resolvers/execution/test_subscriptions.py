"""subscriptions.py: who is told what as it changes, and every way in which that ends."""

import asyncio
import secrets
import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from db.errors import DatabaseUnavailable
from db.tokens import CredentialKind, hash_token
from resolvers.compilation.statement import ACCOUNT
from resolvers.execution import subscriptions, wakeups
from resolvers.execution.shared_readings import Reading, SharedReadings, SubscriptionRequest
from resolvers.execution.subscriptions import LiveOperation
from resolvers.execution.wakeups import WakeUps
from resolvers.request import GraphQLRequest, Result
from schema.localization.language import Language
from tests.support.company import Firm
from tests.support.databases import Databases
from tests.support.subscribers import ACCESS, DEAF, MATRIX, Station, open_station

CREATE_KEY: Final = """
mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { key apiKey { id } errors { code } } }
"""
REVOKE_KEY: Final = "mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { errors { code } } }"
VIEW: Final = "mutation ($input: StartViewAsInput!) { startViewAs(input: $input) { token errors { code } } }"
SESSIONS: Final = "{ viewer { sessions { id current } } }"
END_SESSION: Final = "mutation ($input: EndSessionInput!) { endSession(input: $input) { errors { code } } }"
LOG_OUT: Final = "mutation { logout { errors { code } } }"
COMPANY: Final = """
query ($id: ID!) { company(id: $id) { access { role external until apps } permissionMatrix {
  id version apps { app }
  rows { user { id email role } externalUser { id until } cells { app granted effective } } } } }
"""
REVOKED: Final = ["ACCESS_REVOKED"]


@pytest.fixture(scope="module")
async def station(databases: Databases, template: str) -> AsyncGenerator[Station]:
    async with open_station(databases, template) as station:
        yield station


@pytest.fixture
async def firm(station: Station) -> Firm:
    return await station.outside.found("DISCOUNTS", "STOCK", "API_ACCESS")


async def do(station: Station, token: str, mutation: str, **given: object) -> Any:
    """The payload of a mutation that succeeds."""
    answer = await station.outside.ask(token, mutation, input=given)
    (payload,) = answer.data.values()
    assert (answer.errors, payload["errors"]) == ((), [])
    return payload


# --- events ---------------------------------------------------------------------------------------------------------


async def test_an_employee_is_told_of_each_toggle_and_of_nothing_before(station: Station, firm: Firm) -> None:
    anna = await station.follow(firm["anna"].token, ACCESS, firm)
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    told = (await anna.next())["accessChanged"]
    assert (told["role"], told["external"], told["until"]) == ("EMPLOYEE", False, None)
    assert "DISCOUNTS" in told["apps"]
    await station.toggle(firm, "anna", "DISCOUNTS", on=False)
    assert "DISCOUNTS" not in (await anna.next())["accessChanged"]["apps"]
    assert anna.told.empty()


async def test_an_event_is_what_a_query_would_have_answered(station: Station, firm: Firm) -> None:
    owner, partner = firm["owner"].token, firm["partner"].token
    access, matrix = await station.follow(owner, ACCESS, firm), await station.follow(owner, MATRIX, firm)
    await do(station, partner, "mutation ($input: DeactivateAppInput!) { deactivateApp(input: $input) { "
             "errors { code } } }", companyId=firm.id, app="STOCK")  # fmt: skip
    seen = (await station.outside.ask(owner, COMPANY, id=firm.id)).data["company"]
    assert (await access.next())["accessChanged"] == seen["access"]
    assert (await matrix.next())["permissionMatrixChanged"] == seen["permissionMatrix"]
    assert "STOCK" not in seen["access"]["apps"]


async def test_what_changes_nothing_for_somebody_is_not_told(station: Station, firm: Firm) -> None:
    bram, clara = [await station.follow(firm[name].token, ACCESS, firm) for name in ("bram", "clara")]
    await station.toggle(firm, "bram", "DISCOUNTS", on=True)
    await bram.next()
    await station.toggle(firm, "clara", "STOCK", on=True)
    assert "DISCOUNTS" not in (await clara.next())["accessChanged"]["apps"]
    assert bram.told.empty()


async def test_wake_ups_that_come_together_are_answered_once(
    station: Station, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await station.follow(firm["anna"].token, ACCESS, firm)
    await station.heard()
    await asyncio.sleep(0.05)
    readings = counted(monkeypatch)
    for _ in range(5):
        station.executor.wakes.company(firm.key)
    async with asyncio.timeout(60):
        while not readings:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    await anna.next()
    await asyncio.sleep(0.05)
    assert (len(readings), anna.told.empty()) == (2, True)


async def test_only_what_is_selected_makes_an_event(station: Station, firm: Firm) -> None:
    query = "subscription ($id: ID!) { it: accessChanged(companyId: $id) { can(app: STOCK) } }"
    anna = await station.follow(firm["anna"].token, query, firm)
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    await station.toggle(firm, "anna", "STOCK", on=True)
    assert await anna.next() == {"it": {"can": True}}


FIRST: Final = ACCESS.replace("companyId: $id", "companyId: $id, initial: true")


async def test_the_first_event_is_what_there_is_for_who_asks_for_it(station: Station, firm: Firm) -> None:
    anna = await station.follow(firm["anna"].token, FIRST, firm)
    seen = (await station.outside.ask(firm["anna"].token, COMPANY, id=firm.id)).data["company"]["access"]
    assert (await anna.next())["accessChanged"] == seen
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    assert "DISCOUNTS" in (await anna.next())["accessChanged"]["apps"]
    assert anna.told.empty()
    bram = await station.follow(firm["bram"].token, FIRST.replace("true", "false"), firm)
    await station.toggle(firm, "bram", "STOCK", on=True)
    assert "STOCK" in (await bram.next())["accessChanged"]["apps"]


async def test_nothing_is_lost_or_told_twice_between_the_first_event_and_the_next(station: Station, firm: Firm) -> None:
    started = await station.start(firm["anna"].token, FIRST, firm)
    assert isinstance(started, LiveOperation)
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    async with asyncio.timeout(20):
        events = [await anext(started) for _ in (1, 2)]
    assert [b"DISCOUNTS" in (event.data or b"") for event in events] == [False, True]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await anext(started)
    started.close()


async def test_who_may_see_nothing_gets_no_first_event(station: Station, firm: Firm) -> None:
    query = MATRIX.replace("companyId: $id", "companyId: $id, initial: true")
    anna = await station.follow(firm["anna"].token, query, firm)
    assert await anna.ended() == REVOKED


async def test_a_toggle_is_told_as_one_cell(station: Station, firm: Firm) -> None:
    version = await firm.version()
    query = f"""subscription ($id: ID!) {{ permissionMatrixChanged(companyId: $id, initial: true) {{
      version changedSince(version: {version}) {{ app granted }} }} }}"""
    owner = await station.follow(firm["owner"].token, query, firm)
    assert (await owner.next())["permissionMatrixChanged"] == {"version": version, "changedSince": []}
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    cell = {"app": "DISCOUNTS", "granted": True}
    assert (await owner.next())["permissionMatrixChanged"] == {"version": version + 1, "changedSince": [cell]}


async def test_an_owner_is_told_of_a_new_external_user(station: Station, firm: Firm) -> None:
    owner, claire = await station.follow(firm["owner"].token, MATRIX, firm), await station.outside.login()
    external = await station.outside.link(firm, claire)
    rows = (await owner.next())["permissionMatrixChanged"]["rows"]
    assert external["id"] in [row["externalUser"]["id"] for row in rows if row["externalUser"]]


async def test_an_api_key_subscribes_as_it_reads(station: Station, firm: Firm) -> None:
    payload = await do(station, firm["owner"].token, CREATE_KEY, label="Shop", companyId=firm.id)
    matrix = await station.follow(payload["key"], MATRIX, firm)
    await station.toggle(firm, "anna", "DISCOUNTS", on=True, by="partner")
    told = (await matrix.next())["permissionMatrixChanged"]
    assert told["version"] == (await station.outside.ask(payload["key"], COMPANY, id=firm.id)).data["company"][
        "permissionMatrix"]["version"]  # fmt: skip


# --- the end --------------------------------------------------------------------------------------------------------


async def test_a_user_who_is_deleted_is_told_no_more(station: Station, firm: Firm) -> None:
    anna, bram = [await station.follow(firm[name].token, ACCESS, firm) for name in ("anna", "bram")]
    user = {"companyId": firm.id, "userId": firm["anna"].id}
    await do(station, firm["owner"].token, "mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { "
             "errors { code } } }", **user)  # fmt: skip
    assert await anna.ended() == REVOKED
    await station.toggle(firm, "bram", "STOCK", on=True)
    await bram.next()
    assert anna.told.empty()


async def test_an_owner_who_becomes_an_employee_keeps_the_access_and_loses_the_matrix(
    station: Station, firm: Firm
) -> None:
    token = firm["partner"].token
    access, matrix = await station.follow(token, ACCESS, firm), await station.follow(token, MATRIX, firm)
    user = {"companyId": firm.id, "userId": firm["partner"].id, "role": "EMPLOYEE"}
    await do(station, firm["owner"].token, "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { "
             "errors { code } } }", **user)  # fmt: skip
    assert (await access.next())["accessChanged"]["role"] == "EMPLOYEE"
    assert await matrix.ended() == REVOKED


async def test_an_external_user_who_is_removed_is_told_no_more(station: Station, firm: Firm) -> None:
    claire = await station.outside.login()
    external = await station.outside.link(firm, claire)
    access = await station.follow(claire.token, ACCESS, firm)
    removed = {"companyId": firm.id, "externalUserId": external["id"]}
    await station.outside.done(firm["owner"].token, "removeExternalUser", **removed)
    assert await access.ended() == REVOKED


async def test_an_external_user_who_leaves_is_told_no_more(station: Station, firm: Firm) -> None:
    claire = await station.outside.login()
    await station.outside.link(firm, claire)
    access = await station.follow(claire.token, ACCESS, firm)
    await station.outside.done(claire.token, "leaveCompany", companyId=firm.id)
    assert await access.ended() == REVOKED


async def test_a_term_that_is_set_is_told_and_ends_it_when_it_has_passed(
    station: Station, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeups, "PERIOD", 0.3)
    claire = await station.outside.login()
    external = await station.outside.link(firm, claire)
    access = await station.follow(claire.token, ACCESS, firm)
    until = datetime.now(UTC) + timedelta(seconds=1)
    term = {"companyId": firm.id, "externalUserId": external["id"], "until": until.isoformat()}
    await station.outside.done(firm["owner"].token, "updateExternalUser", **term)
    assert (await access.next())["accessChanged"]["until"] is not None
    assert await access.ended() == REVOKED
    assert datetime.now(UTC) >= until


async def test_support_is_told_no_more_once_it_is_switched_off(station: Station, firm: Firm) -> None:
    sam, owner = await station.outside.support(), firm["owner"].token
    await station.outside.done(owner, "setSupportAccess", companyId=firm.id, enabled=True)
    access = await station.follow(sam.token, ACCESS, firm)
    await station.outside.done(owner, "setSupportAccess", companyId=firm.id, enabled=False)
    assert await access.ended() == REVOKED


async def test_a_session_that_ends_takes_its_subscriptions_along(station: Station, firm: Firm) -> None:
    token, other = firm["anna"].token, secrets.token_urlsafe()
    await station.connection.execute(
        "insert into credential (token_hash, account_id, expires_at) values ($1, $2, '2126-01-01')",
        hash_token(other), firm["anna"].account,
    )  # fmt: skip
    kept, ending = await station.follow(token, ACCESS, firm), await station.follow(other, ACCESS, firm)
    sessions = (await station.outside.ask(token, SESSIONS)).data["viewer"]["sessions"]
    (ended,) = [session["id"] for session in sessions if not session["current"]]
    await do(station, token, END_SESSION, sessionId=ended)
    assert await ending.ended() == REVOKED
    await station.toggle(firm, "anna", "STOCK", on=True)
    await kept.next()
    await do(station, token, LOG_OUT)
    assert await kept.ended() == REVOKED
    assert ending.told.empty()


async def test_a_session_that_expires_or_is_shortened_takes_its_subscriptions_along(
    station: Station, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    shortened = await station.follow(firm["bram"].token, ACCESS, firm)
    await station.heard()
    expire = "update credential set expires_at = now() + $2::text::interval where account_id = $1"
    await station.connection.execute(expire, firm["bram"].account, "-1 second")
    assert await shortened.ended() == REVOKED
    monkeypatch.setattr(wakeups, "PERIOD", 0.3)
    expiring = await station.follow(firm["anna"].token, ACCESS, firm)
    await station.connection.execute(expire, firm["anna"].account, "1 second")
    assert await expiring.ended() == REVOKED


async def test_a_key_that_is_revoked_or_may_do_nothing_more_ends_its_subscriptions(
    station: Station, firm: Firm
) -> None:
    await station.toggle(firm, "anna", "API_ACCESS", on=True)
    keys = [await do(station, firm["anna"].token, CREATE_KEY, label=label, companyId=firm.id) for label in "ab"]
    revoked, idle = [await station.follow(key["key"], ACCESS, firm) for key in keys]
    await do(station, firm["anna"].token, REVOKE_KEY, apiKeyId=keys[0]["apiKey"]["id"])
    assert await revoked.ended() == REVOKED
    await station.toggle(firm, "anna", "API_ACCESS", on=False)
    assert await idle.ended() == REVOKED


# --- who may --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", [ACCESS, MATRIX], ids=["access", "matrix"])
async def test_a_company_that_is_not_entered_ends_as_one_that_does_not_exist(
    station: Station, firm: Firm, query: str
) -> None:
    other = await station.outside.found()
    for id_ in (firm.id, f"com_{other.key.hex[::-1]}", "com_", "", firm["anna"].id):
        follower = await station.follow(other["owner"].token, query, id_)
        assert await follower.ended() == REVOKED
    for name in ("pending", "gone", "former"):
        assert await (await station.follow(firm[name].token, query, firm)).ended() == REVOKED


async def test_the_matrix_is_the_owners_alone(station: Station, firm: Firm) -> None:
    for name in ("anna", "accountant"):
        assert await (await station.follow(firm[name].token, MATRIX, firm)).ended() == REVOKED


async def test_nobody_subscribes_without_a_credential_that_is_known(station: Station, firm: Firm) -> None:
    for token in (None, "", "enf_unknown", "enk_unknown", "env_unknown", firm["anna"].token[:-1]):
        assert await station.refused(token, ACCESS, firm) == ["UNAUTHENTICATED"]


async def test_who_looks_as_somebody_else_does_not_subscribe(station: Station, firm: Firm) -> None:
    view = (await do(station, firm["owner"].token, VIEW, companyId=firm.id, userId=firm["anna"].id))["token"]
    before = len(station.executor.wakes)
    assert await station.refused(view, ACCESS, firm) == ["FORBIDDEN"]
    assert len(station.executor.wakes) == before


async def test_the_end_is_told_in_the_viewers_language(station: Station, firm: Firm) -> None:
    for name, language in (("bram", Language.NL), ("clara", Language.DE)):
        started = await station.start(firm[name].token, MATRIX, firm)
        assert isinstance(started, LiveOperation)
        with pytest.raises(subscriptions.AccessLost) as lost:
            await anext(started)
        started.close()
        assert lost.value.entry.message == subscriptions.AccessLost(language).entry.message
        assert lost.value.entry.message != subscriptions.AccessLost(Language.FR).entry.message


# --- documents ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        "subscription { __typename }",
        'subscription { accessChanged(companyId: "x") { role } __typename }',
        'subscription { a: accessChanged(companyId: "x") { role } b: accessChanged(companyId: "x") { role } }',
        'subscription ($b: Boolean!) { accessChanged(companyId: "x") @include(if: $b) { role } }',
        'subscription { ... @skip(if: false) { accessChanged(companyId: "x") { role } } }',
        "subscription { accessChanged { role } }",
        "subscription { viewer { account { id } } }",
        "subscription { nothing }",
    ],
)
async def test_a_subscription_has_exactly_one_field(station: Station, document: str) -> None:
    started = await station.executor.start(GraphQLRequest(document, variables={"b": True}))
    assert isinstance(started, Result)
    assert started.errors[0].code.value == "GRAPHQL_VALIDATION_FAILED"


async def test_a_fragment_may_hold_the_only_field(station: Station, firm: Firm) -> None:
    document = """
    subscription S($id: ID!) { ...F ... on LiveSubscription { it: accessChanged(companyId: $id) { role } } }
    fragment F on LiveSubscription { it: accessChanged(companyId: $id) { apps } }
    """
    anna = await station.follow(firm["anna"].token, document, firm)
    await station.toggle(firm, "anna", "STOCK", on=True)
    told = await anna.next()
    assert list(told["it"]) == ["apps", "role"]


async def test_a_subscription_is_not_answered_as_a_query_is(station: Station, firm: Firm) -> None:
    answer = await station.outside.ask(firm["anna"].token, ACCESS, id=firm.id)
    assert (answer.data, answer.codes) == (None, ["NOT_ACCEPTABLE"])


async def test_queries_and_mutations_are_answered_where_subscriptions_begin(station: Station, firm: Firm) -> None:
    started = await station.start(firm["anna"].token, COMPANY, firm)
    assert isinstance(started, Result)
    assert started.data is not None
    assert await station.refused("enf_unknown", COMPANY, firm) == ["UNAUTHENTICATED"]


# --- notifications --------------------------------------------------------------------------------------------------


async def test_what_happens_while_nobody_listens_is_told_once_somebody_does(station: Station, firm: Firm) -> None:
    anna = await station.follow(firm["anna"].token, ACCESS, firm)
    await station.heard()
    await station.connection.execute(f"{DEAF}")
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    assert "DISCOUNTS" in (await anna.next())["accessChanged"]["apps"]
    await station.heard()
    await station.toggle(firm, "anna", "STOCK", on=True)
    assert "STOCK" in (await anna.next())["accessChanged"]["apps"]


async def test_what_no_notification_tells_is_seen_when_it_is_read_again(
    station: Station, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeups, "PERIOD", 0.3)
    anna = await station.follow(firm["anna"].token, ACCESS, firm)
    await station.connection.execute("update membership set removed_at = now() where id = $1", firm["anna"].membership)
    assert await anna.ended() == REVOKED


async def test_a_database_that_is_away_for_a_while_ends_nothing(
    station: Station, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "RETRY", 0.1)
    anna, usual, away = await station.follow(firm["anna"].token, ACCESS, firm), SharedReadings.read, 0

    async def read(self: SharedReadings, *asked: Any) -> Any:
        nonlocal away
        away += 1
        if away <= 3:
            raise DatabaseUnavailable("away")
        return await usual(self, *asked)

    monkeypatch.setattr(SharedReadings, "read", read)
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    assert "DISCOUNTS" in (await anna.next())["accessChanged"]["apps"]
    assert away >= 4


async def test_a_subscription_that_is_closed_is_forgotten(station: Station, firm: Firm) -> None:
    wakes: Any = WakeUps()
    for company in (firm.key, None):
        wake = wakes.add(company)
        wakes.know(wake, firm["anna"].account)
        wakes.know(wake, firm["bram"].account)
        assert (len(wakes), wakes.wanted.is_set()) == (1, True)
        wakes.remove(wake)
        wakes.remove(wake)
        wakes.know(wake, firm["anna"].account)
        assert (len(wakes), wakes._by) == (0, {})


async def test_many_are_woken_in_slices_and_something_else_goes_on_in_between() -> None:
    wakes, woken, seen = WakeUps(), 0, list[int]()

    async def wait(wake: wakeups.WakeUp) -> None:
        nonlocal woken
        await wake.wait()
        woken += 1

    alarms = [wakes.add(None) for _ in range(3 * wakeups.SLICE - 1)]
    waiting = [asyncio.create_task(wait(wake)) for wake in alarms]
    await asyncio.sleep(0)
    wakes.all()
    wakes.all()
    # A set has no order: any alarm may be among the first.
    late = next(iter(wakes._late))  # pyright: ignore[reportPrivateUsage]
    wakes.remove(late)
    for _ in range(4):
        await asyncio.sleep(0)
        seen.append(woken)
    assert seen == [wakeups.SLICE, 2 * wakeups.SLICE, 3 * wakeups.SLICE - 2, 3 * wakeups.SLICE - 2]
    waiting[alarms.index(late)].cancel()


async def test_a_reading_waits_for_those_who_are_just_being_woken() -> None:
    wakes, woken = WakeUps(), 0

    async def wait(wake: wakeups.WakeUp) -> None:
        nonlocal woken
        await wake.wait()
        woken += 1

    count = 3 * wakeups.SLICE
    waiting = [asyncio.create_task(wait(wakes.add(None))) for _ in range(count)]
    await asyncio.sleep(0)
    wakes.all()
    await wakes.settled()
    assert woken == count
    assert all(task.done() for task in waiting)


class Turns:
    """The accounts that read in their order, and how many do at once: each waits until it is let go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.order: list[uuid.UUID] = []
        self.now: list[uuid.UUID] = []
        self.most = 0
        self.going = asyncio.Event()
        self._usual = SharedReadings.read

        async def read(readings: SharedReadings, *asked: Any) -> Reading:
            return await self._read(readings, *asked)

        monkeypatch.setattr(SharedReadings, "read", read)

    async def _read(self, readings: SharedReadings, asked: SubscriptionRequest, *more: Any) -> Reading:
        reading = await self._usual(readings, asked, *more)
        account = reading.record[ACCOUNT]
        self.order.append(account)
        self.now.append(account)
        self.most = max(self.most, len(self.now))
        try:
            async with asyncio.timeout(60):
                await self.going.wait()
            return await self._usual(readings, asked, *more)
        finally:
            self.now.remove(account)

    async def under_way(self, count: int) -> None:
        """Return once so many read, and everybody else has had time to."""
        async with asyncio.timeout(60):
            while len(self.now) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        for _ in range(20):
            await asyncio.sleep(0)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[SubscriptionRequest, list[bytes]]]:
    """The readings from now on, each with the hashes of the tokens that it is for."""
    usual, readings = SharedReadings.read, list[tuple[SubscriptionRequest, list[bytes]]]()

    async def read(self: SharedReadings, asked: SubscriptionRequest, tokens: Any, since: object) -> Reading:
        readings.append((asked, tokens))
        return await usual(self, asked, tokens, since)

    monkeypatch.setattr(SharedReadings, "read", read)
    return readings


def named(name: str, field: str = "accessChanged") -> str:
    """A subscription that is another one than those of other names."""
    return f"subscription ($id: ID!) {{ {name}: {field}(companyId: $id) {{ __typename apps }} }}"


async def test_two_are_read_at_once_and_one_of_each_account(
    station: Station, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [firm[name].token for name in ("anna", "anna", "anna", "anna", "bram", "clara")]
    followers = [await station.follow(token, named(f"f{n}"), firm) for n, token in enumerate(people)]
    reading = Turns(monkeypatch)
    station.executor.wakes.all()
    await reading.under_way(2)
    assert len(set(reading.now)) == 2
    reading.going.set()
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    for follower in followers[:4]:
        await follower.next()
    assert (reading.order[:4].count(firm["clara"].account), reading.most) == (1, 2)


async def test_what_is_heavy_is_glanced_at_in_between(
    station: Station, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read as a whole when it has rested; that there is nothing to see any more is told at once."""
    monkeypatch.setattr(subscriptions, "HEAVY", 1)
    monkeypatch.setattr(wakeups, "HEAVY", 1)
    monkeypatch.setattr(subscriptions, "REST", 3_600)
    matrix = await station.follow(firm["partner"].token, MATRIX, firm)
    readings = counted(monkeypatch)
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    await station.heard()
    station.executor.wakes.company(firm.key)
    demote = "update membership set role = 'EMPLOYEE' where id = $1"
    await station.connection.execute(demote, firm["partner"].membership)
    station.executor.wakes.company(firm.key)
    assert await matrix.ended() == REVOKED
    assert readings
    assert matrix.subscription.asked not in [asked for asked, _ in readings]


async def test_what_is_heavy_is_told_when_it_has_rested(
    station: Station, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "HEAVY", 1)
    monkeypatch.setattr(wakeups, "HEAVY", 1)
    monkeypatch.setattr(subscriptions, "REST", 0.000_001)
    matrix = await station.follow(firm["owner"].token, MATRIX, firm)
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    assert (await matrix.next())["permissionMatrixChanged"]["rows"]


async def test_nobody_waits_for_heavy_ones_but_each_other() -> None:
    wakes, order = WakeUps(), list[str]()

    async def read(name: str, cost: int, until: asyncio.Event) -> None:
        async with wakes.turn(name, cost):
            order.append(name)
            await until.wait()

    ended = asyncio.Event()
    heavy = [asyncio.create_task(read(f"heavy{n}", wakeups.HEAVY + 1, ended)) for n in range(5)]
    await asyncio.sleep(0)
    done = asyncio.Event()
    done.set()
    for n in range(3):
        await asyncio.wait_for(read(f"light{n}", 1, done), 60)
    assert order == ["heavy0", "light0", "light1", "light2"]
    ended.set()
    await asyncio.wait_for(asyncio.gather(*heavy), 60)


async def test_what_is_the_same_is_read_once(station: Station, firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who wait for their turn with the same question and credential are given one answer."""
    first = await station.follow(firm["anna"].token, named("first"), firm)
    same = [await station.follow(firm["anna"].token, ACCESS, firm) for _ in range(5)]
    reading = Turns(monkeypatch)
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    await reading.under_way(1)
    reading.going.set()
    for follower in (first, *same):
        assert await follower.next()
    assert len(reading.order) <= 3  # one of the first, one of the others, one that was woken between


async def test_a_period_that_is_over_for_one_is_over_for_its_equals(
    station: Station, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeups, "PERIOD", 0.5)
    followers = [await station.follow(firm["anna"].token, ACCESS, firm) for _ in range(20)]
    await asyncio.sleep(1)
    readings, key = counted(monkeypatch), followers[0].subscription.asked.key
    await asyncio.sleep(2)
    assert 1 <= [asked.key for asked, _ in readings].count(key) <= 12  # each by itself would be eighty


async def test_a_database_that_does_not_answer_is_reported_once_for_all_who_share_the_reading(
    station: Station, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "RETRY", 0.1)
    followers = [await station.follow(firm["anna"].token, ACCESS, firm) for _ in range(5)]
    shared, usual, refused = followers[0].subscription._live.readings, SharedReadings.read, list[Exception]()  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(shared, "report", refused.append)
    await station.heard()
    await asyncio.sleep(0.05)
    away = True

    async def read(self: SharedReadings, *asked: Any) -> Reading:
        nonlocal away
        if away:
            away = False
            raise DatabaseUnavailable("away")
        return await usual(self, *asked)

    monkeypatch.setattr(SharedReadings, "read", read)
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    for follower in followers:
        assert "DISCOUNTS" in (await follower.next())["accessChanged"]["apps"]
    assert [str(error) for error in refused] == ["away"]


async def test_a_watch_tells_only_of_the_end(station: Station, firm: Firm) -> None:
    watch = await station.executor.watch(GraphQLRequest("", token=firm["anna"].token))
    assert (watch.account, watch.kind) == (firm["anna"].account, CredentialKind.SESSION)
    ending = asyncio.create_task(anext(watch))
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    await do(station, firm["anna"].token, LOG_OUT)
    with pytest.raises(subscriptions.AccessLost):
        async with asyncio.timeout(60):
            await ending
    watch.close()
