"""The subscription `changed`: who is told of which entities, that nothing is lost, and how it ends."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import pytest

from db.connection import Connection, connect
from db.database import Database
from db.errors import DatabaseUnavailable
from resolvers.execution import change_feed, subscriptions, wakeups
from resolvers.execution.shared_readings import SharedReadings, SubscriptionRequest
from resolvers.execution.subscriptions import LiveOperation
from resolvers.fields.core import changes
from resolvers.fields.core.changes import change_sources
from schema import schema
from schema.apps import App
from schema.hidden_fields import HiddenFields
from tests.support.company import Firm
from tests.support.databases import Databases
from tests.support.subscribers import ACCESS, CHANGED, Follower, Station, open_station

TRAIL: Final = """
insert into change (company_id, actor_id, entity, key, kind, fields, operation) values ($1, $2, $3, $4, $5, $6, 'write')
"""
INSERT: Final = {
    "Unit": "insert into unit (company_id, id, code, name, symbol) values ($1, $2, 'HUR', 'Hour', 'h')",
    "PriceTier": "insert into price_tier (company_id, id, name) values ($1, $2, 'Wholesale')",
    "ProductGroup": "insert into product_group (company_id, id, name) values ($1, $2, 'Boilers')",
    "Customer": "insert into contact (company_id, id, sequence_number, number, name, kind) "
    "values ($1, $2, (select count(*) + 1 from contact where company_id = $1), 'C', 'Janssens', 'BUSINESS')",
    "Prospect": "insert into contact (company_id, id, sequence_number, number, name, kind, is_customer) "
    "values ($1, $2, (select count(*) + 1 from contact where company_id = $1), 'C', 'Claes', 'BUSINESS', false)",
}
TABLES: Final = {
    "Unit": "unit", "PriceTier": "price_tier", "ProductGroup": "product_group", "Customer": "contact",
    "Prospect": "contact",
}  # fmt: skip
PERSON: Final = """
insert into contact_person (company_id, id, customer_id, first_name, last_name) values ($1, $2, $3, 'Jan', 'Maes')
"""
REVOKED: Final = ["ACCESS_REVOKED"]
CREATE_KEY: Final = """
mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { key apiKey { id } errors { code } } }
"""
REVOKE_KEY: Final = "mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { errors { code } } }"
REMOVE: Final = "mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { errors { code } } }"
VIEW: Final = "mutation ($input: StartViewAsInput!) { startViewAs(input: $input) { token errors { code } } }"


@pytest.fixture(scope="module")
async def station(databases: Databases, template: str) -> AsyncGenerator[Station]:
    async with open_station(databases, template) as station:
        yield station


@pytest.fixture
async def firm(station: Station) -> Firm:
    return await station.outside.found("API_ACCESS", "UNITS", "PRICE_TIERS")


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes rows of a company as the product does: with their change, in one transaction, and then hints."""

    station: Station
    firm: Firm
    connection: Connection
    hints: bool = True

    async def trail(self, entity: str, key: uuid.UUID, kind: str = "CHANGED") -> None:
        """The row of a change."""
        actor = self.firm["owner"].account
        await self.connection.execute(TRAIL, self.firm.key, actor, entity, key, kind, ["name"])

    async def create(self, entity: str) -> uuid.UUID:
        """A new row."""
        key = uuid.uuid4()
        async with self.connection.transaction():
            await self.connection.execute(INSERT[entity], self.firm.key, key)
            await self.trail(entity, key, "CREATED")
        self.hint()
        return key

    async def change(self, entity: str, key: uuid.UUID, deleted: str = "deleted_at", kind: str = "CHANGED") -> None:
        """Another version of a row."""
        table = TABLES[entity]
        async with self.connection.transaction():
            await self.connection.execute(
                f"update {table} set version = version + 1, deleted_at = {deleted} where company_id = $1 and id = $2",
                self.firm.key, key,
            )  # fmt: skip
            await self.trail(entity, key, kind)
        self.hint()

    async def delete(self, entity: str, key: uuid.UUID) -> None:
        """A row that is deleted."""
        await self.change(entity, key, "now()", "DELETED")

    def hint(self) -> None:
        """Tell the product of the commit."""
        if self.hints:
            self.station.executor.hints.add(self.firm.key)


@pytest.fixture
def writer(station: Station, firm: Firm) -> Writer:
    return Writer(station, firm, station.connection)


class Readings:
    """The arguments of the readings of subscriptions from now on, and the number of those that are under way."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked, self.under_way, usual = list[list[object]](), 0, SharedReadings.read

        async def read(readings: SharedReadings, asked: SubscriptionRequest, *more: Any) -> Any:
            self.asked.append(asked.arguments)
            self.under_way += 1
            try:
                return await usual(readings, asked, *more)
            finally:
                self.under_way -= 1

        monkeypatch.setattr(SharedReadings, "read", read)

    @property
    def count(self) -> int:
        """The number of readings for all companies."""
        return len(self.asked)


def node(entity: str, key: uuid.UUID, version: int | None = 1, kind: str = "UPSERTED") -> dict[str, object]:
    prefix = {"UNIT": "uni", "PRICE_TIER": "prt", "PRODUCT_GROUP": "prg", "CUSTOMER": "cus"}[entity]
    return {"entity": entity, "entityId": f"{prefix}_{key.hex}", "kind": kind, "version": version}


async def told(follower: Follower) -> list[dict[str, object]]:
    """The nodes of the next event, which must be whole."""
    event = (await follower.next())["changed"]
    assert event["more"] is False
    return event["nodes"]


async def do(station: Station, token: str, mutation: str, **given: object) -> Any:
    """The payload of a mutation that succeeds."""
    answer = await station.outside.ask(token, mutation, input=given)
    (payload,) = answer.data.values()
    assert (answer.errors, payload["errors"]) == ((), [])
    return payload


async def remove(station: Station, firm: Firm, name: str) -> None:
    """Take a user away; what the product then ends has been told of all that was written before."""
    await do(station, firm["owner"].token, REMOVE, companyId=firm.id, userId=firm[name].id)


async def follow(station: Station, token: str, firm: Firm, *entities: str) -> Follower:
    """A subscriber to some entities, or to all."""
    return await station.follow(token, naming(*entities) if entities else CHANGED, firm)


def naming(*entities: str) -> str:
    """The subscription to some entities."""
    return CHANGED.replace("companyId: $id", f"companyId: $id, entities: [{' '.join(entities)}]")


# --- events ---------------------------------------------------------------------------------------------------------


async def test_what_is_written_is_told_as_it_is_now(station: Station, firm: Firm, writer: Writer) -> None:
    before = await writer.create("Unit")
    owner = await follow(station, firm["owner"].token, firm)
    unit = await writer.create("Unit")
    assert await told(owner) == [node("UNIT", unit)]
    await writer.change("Unit", unit)
    assert await told(owner) == [node("UNIT", unit, 2)]
    await writer.delete("Unit", before)
    assert await told(owner) == [node("UNIT", before, 2, "DELETED")]
    await writer.change("Unit", before, "null", "RESTORED")
    assert await told(owner) == [node("UNIT", before, 3)]
    assert owner.told.empty()


async def test_a_row_that_is_gone_for_good_is_deleted(station: Station, firm: Firm, writer: Writer) -> None:
    unit = await writer.create("Unit")
    owner = await follow(station, firm["owner"].token, firm)
    async with writer.connection.transaction():
        await writer.connection.execute("delete from unit where company_id = $1 and id = $2", firm.key, unit)
        await writer.trail("Unit", unit, "DELETED")
    writer.hint()
    assert await told(owner) == [node("UNIT", unit, None, "DELETED")]


async def test_an_entity_that_changes_often_is_told_once(station: Station, firm: Firm, writer: Writer) -> None:
    unit, tier = await writer.create("Unit"), await writer.create("PriceTier")
    owner = await follow(station, firm["owner"].token, firm)
    async with writer.connection.transaction():
        for _ in range(5):
            await writer.change("Unit", unit)
        await writer.change("PriceTier", tier)
        await writer.change("Unit", unit)
    assert await told(owner) == [node("PRICE_TIER", tier, 2), node("UNIT", unit, 7)]


async def test_a_part_counts_as_its_whole(station: Station, firm: Firm, writer: Writer) -> None:
    """A prospect's contact person is no part of a customer."""
    customer, prospect = await writer.create("Customer"), await writer.create("Prospect")
    owner = await follow(station, firm["owner"].token, firm)
    async with writer.connection.transaction():
        for whole in (prospect, customer):
            person = uuid.uuid4()
            await writer.connection.execute(PERSON, firm.key, person, whole)
            await writer.trail("ContactPerson", person, "CREATED")
    writer.hint()
    assert await told(owner) == [node("CUSTOMER", customer)]


async def test_more_than_an_event_lists_is_said(
    station: Station, firm: Firm, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST", 2)
    query = CHANGED.replace("changed(", "bounded: changed(")
    owner = await station.follow(firm["owner"].token, query, firm)
    async with writer.connection.transaction():
        units = [await writer.create("Unit") for _ in range(3)]
    event = (await owner.next())["bounded"]
    assert (event["more"], event["nodes"]) == (True, [node("UNIT", unit) for unit in units[1:]])
    async with writer.connection.transaction():
        for unit in units[:2]:
            await writer.change("Unit", unit)
    event = (await owner.next())["bounded"]
    assert (event["more"], len(event["nodes"])) == (False, 2)


async def test_only_the_company_that_is_named_is_told_of(station: Station, firm: Firm, writer: Writer) -> None:
    other = await station.outside.found("UNITS")
    await station.outside.hand_over(other, firm["owner"])
    here, there = [await follow(station, firm["owner"].token, of) for of in (firm, other)]
    unit = await writer.create("Unit")
    assert await told(here) == [node("UNIT", unit)]
    elsewhere = await Writer(station, other, station.connection).create("Unit")
    assert await told(there) == [node("UNIT", elsewhere)]
    unit = await writer.create("Unit")
    assert await told(here) == [node("UNIT", unit)]


async def test_only_the_entities_that_are_named_are_told_of(station: Station, firm: Firm, writer: Writer) -> None:
    tiers = await follow(station, firm["owner"].token, firm, "PRICE_TIER", "CUSTOMER")
    none = await station.follow(firm["anna"].token, naming(), firm)
    await writer.create("Unit")
    customer = await writer.create("Customer")
    assert await told(tiers) == [node("CUSTOMER", customer)]
    await remove(station, firm, "anna")
    assert await none.ended() == REVOKED


async def test_an_event_has_only_what_is_selected(station: Station, firm: Firm, writer: Writer) -> None:
    query = "subscription ($id: ID!) { it: changed(companyId: $id) { all: nodes { what: entity } } }"
    owner = await station.follow(firm["owner"].token, query, firm)
    silent = "subscription ($id: ID!) { changed(companyId: $id) { __typename } }"
    nothing = await station.follow(firm["anna"].token, silent, firm)
    await writer.create("Customer")
    assert await owner.next() == {"it": {"all": [{"what": "CUSTOMER"}]}}
    await remove(station, firm, "anna")
    assert await nothing.ended() == REVOKED


# --- nothing is lost ------------------------------------------------------------------------------------------------


async def test_a_change_that_is_committed_late_is_told_once(station: Station, firm: Firm, writer: Writer) -> None:
    """It has a smaller id and transaction number than changes that were told before."""
    owner = await follow(station, firm["owner"].token, firm)
    late = await connect(station.dsn)
    async with late.transaction():
        slow = await Writer(station, firm, late, hints=False).create("PriceTier")
        for _ in range(2):
            unit = await writer.create("Unit")
            assert await told(owner) == [node("UNIT", unit)]
    writer.hint()
    assert await told(owner) == [node("PRICE_TIER", slow)]
    unit = await writer.create("Unit")
    assert await told(owner) == [node("UNIT", unit)]
    await late.close()


async def test_what_began_before_the_subscription_and_is_committed_after_it_is_told(
    station: Station, firm: Firm, writer: Writer
) -> None:
    late = await connect(station.dsn)
    async with late.transaction():
        slow = await Writer(station, firm, late, hints=False).create("PriceTier")
        await writer.create("Unit")
        owner = await follow(station, firm["owner"].token, firm)
    writer.hint()
    assert await told(owner) == [node("PRICE_TIER", slow)]
    await late.close()


async def test_what_is_undone_is_not_told(station: Station, firm: Firm, writer: Writer) -> None:
    owner = await follow(station, firm["owner"].token, firm)
    with suppress(RuntimeError):
        async with writer.connection.transaction():
            await writer.create("PriceTier")
            raise RuntimeError
    unit = await writer.create("Unit")
    assert await told(owner) == [node("UNIT", unit)]
    assert owner.told.empty()


async def test_a_change_without_a_hint_is_found(
    station: Station, firm: Firm, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that wrote has died before its hint; the subscription's own period is much longer."""
    monkeypatch.setattr(change_feed, "PERIOD", 0.2)
    monkeypatch.setattr(wakeups, "PERIOD", 3_600)
    owner = await follow(station, firm["owner"].token, firm)
    await asyncio.sleep(change_feed.PERIOD)
    unit = await Writer(station, firm, writer.connection, hints=False).create("Unit")
    assert await told(owner) == [node("UNIT", unit)]


async def test_every_change_of_many_writers_is_told_once(station: Station, firm: Firm, writer: Writer) -> None:
    """Six writers commit in another order than they wrote."""
    owner = await follow(station, firm["owner"].token, firm, "UNIT")
    written: set[str] = set()

    async def write(n: int) -> None:
        connection = await connect(station.dsn)
        for turn in range(8):
            async with connection.transaction():
                key = await Writer(station, firm, connection, hints=False).create("Unit")
                await asyncio.sleep((n * 7 + turn * 3) % 11 / 300)
            written.add(f"uni_{key.hex}")
            writer.hint()
        await connection.close()

    await asyncio.gather(*(write(n) for n in range(6)))
    seen: list[object] = []
    while len(seen) < len(written):
        seen += [entry["entityId"] for entry in await told(owner)]
    assert len(seen) == len(written)
    assert set(seen) == written
    assert owner.told.empty()


async def test_subscriptions_with_one_credential_share_their_readings(
    station: Station, firm: Firm, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They began at different times; from the first event on they are alike, whatever woke them in between."""
    followers: list[Follower] = []
    for _ in range(4):
        followers.append(await follow(station, firm["anna"].token, firm))
        await writer.create("Customer")
        for follower in followers:
            await told(follower)
    monkeypatch.setattr(wakeups, "PERIOD", 0.05)
    station.executor.wakes.company(firm.key)
    for turn in range(120):  # each reading sees another snapshot, the last one of each, too
        await station.connection.execute("select pg_current_xact_id()")
        await asyncio.sleep(0.003)
        if turn == 60:
            monkeypatch.setattr(wakeups, "PERIOD", 3_600)
    readings = Readings(monkeypatch)
    for turn in (1, 2):
        customer = await writer.create("Customer")
        assert [await told(follower) for follower in followers] == [[node("CUSTOMER", customer)]] * 4
        assert turn <= readings.count <= 2 * turn


async def test_what_was_hidden_is_not_gone_through_again(station: Station, firm: Firm, writer: Writer) -> None:
    started = await station.start(firm["anna"].token, CHANGED, firm)
    assert isinstance(started, LiveOperation)
    following, before = asyncio.ensure_future(anext(started)), started.since
    await writer.create("Unit")
    async with asyncio.timeout(20):
        while started.since == before:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert not following.done()
    following.cancel()
    started.close()


async def test_an_outage_loses_nothing(
    station: Station, firm: Firm, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looks and readings fail for a while; what was written meanwhile is told after it, without another hint."""
    monkeypatch.setattr(change_feed, "PERIOD", 0.2)
    monkeypatch.setattr(subscriptions, "RETRY", 0.1)
    owner, usual, failed = await follow(station, firm["owner"].token, firm), Database.read, asyncio.Event()
    looks = 0

    async def fail(_self: Database, sql: str, _arguments: object, **_: object) -> Any:
        nonlocal looks
        looks += sql == change_feed.FIND_CHANGES
        if looks > 1:
            failed.set()
        raise DatabaseUnavailable(sql)

    monkeypatch.setattr(Database, "read", fail)
    unit = await writer.create("Unit")
    async with asyncio.timeout(20):
        await failed.wait()
    monkeypatch.setattr(Database, "read", usual)
    assert await told(owner) == [node("UNIT", unit)]


async def test_a_company_that_nobody_follows_is_not_looked_at(
    station: Station, firm: Firm, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, asked = Database.read, set[uuid.UUID]()

    async def read(self: Database, sql: str, arguments: Any, **options: Any) -> Any:
        if sql == change_feed.FIND_CHANGES:
            asked.update(arguments[0])
        return await usual(self, sql, arguments, **options)

    monkeypatch.setattr(Database, "read", read)
    access = await station.follow(firm["anna"].token, ACCESS, firm)
    other = await station.outside.found("UNITS")
    follower = await follow(station, other["owner"].token, other)
    await writer.create("Unit")
    unit = await Writer(station, other, writer.connection).create("Unit")
    assert await told(follower) == [node("UNIT", unit)]
    assert other.key in asked
    assert firm.key not in asked
    await station.toggle(firm, "anna", "UNITS", on=True)
    assert "UNITS" in (await access.next())["accessChanged"]["apps"]


# --- who is told ----------------------------------------------------------------------------------------------------

GATED: Final = {
    source.entity: (source.written, gate.name)
    for source in change_sources(schema.core)
    for gate in source.need
    if isinstance(gate, App)
}
DEACTIVATE: Final = "mutation ($input: DeactivateAppInput!) { deactivateApp(input: $input) { errors { code } } }"


def test_entities_of_apps_that_may_be_lacking_are_among_the_tested() -> None:
    assert {"UNIT", "PRICE_TIER"} <= GATED.keys()
    assert all(written in INSERT for written, _ in GATED.values())


@pytest.mark.parametrize("entity", GATED)
async def test_a_toggle_opens_and_closes_what_is_told(
    station: Station, firm: Firm, writer: Writer, entity: str
) -> None:
    """What is closed shows neither as a node nor in `more`, nor as an event."""
    written, app = GATED[entity]
    anna = await follow(station, firm["anna"].token, firm)
    await writer.create(written)
    customer = await writer.create("Customer")
    assert await told(anna) == [node("CUSTOMER", customer)]
    await station.toggle(firm, "anna", app, on=True)
    seen = await writer.create(written)
    assert await told(anna) == [node(entity, seen)]
    await station.toggle(firm, "anna", app, on=False)
    await writer.change(written, seen)
    await writer.delete(written, seen)
    customer = await writer.create("Customer")
    assert await told(anna) == [node("CUSTOMER", customer)]
    assert anna.told.empty()


@pytest.mark.parametrize("entity", GATED)
async def test_what_is_hidden_does_not_count(
    station: Station, firm: Firm, writer: Writer, entity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST", 2)
    written, _ = GATED[entity]
    anna = await station.follow(firm["anna"].token, CHANGED.replace("{ changed(", "{ few: changed("), firm)
    async with writer.connection.transaction():
        customer = await writer.create("Customer")
        for _ in range(5):
            await writer.create(written)
    assert await anna.next() == {"few": {"more": False, "nodes": [node("CUSTOMER", customer)]}}


@pytest.mark.parametrize("entity", GATED)
async def test_an_app_that_is_deactivated_ends_who_names_its_entity_and_narrows_the_others(
    station: Station, firm: Firm, writer: Writer, entity: str
) -> None:
    written, app = GATED[entity]
    token = firm["owner"].token
    named, open_ = await follow(station, token, firm, entity, "CUSTOMER"), await follow(station, token, firm)
    row = await writer.create(written)
    assert await told(named) == await told(open_) == [node(entity, row)]
    await do(station, token, DEACTIVATE, companyId=firm.id, app=app)
    assert await named.ended() == REVOKED
    await writer.change(written, row)
    customer = await writer.create("Customer")
    assert await told(open_) == [node("CUSTOMER", customer)]


@pytest.mark.parametrize("entity", GATED)
async def test_who_lacks_the_app_of_an_entity_may_not_name_it(station: Station, firm: Firm, entity: str) -> None:
    anna = await follow(station, firm["anna"].token, firm, entity)
    assert await anna.ended() == REVOKED


@pytest.mark.parametrize("entity", GATED)
async def test_in_the_mode_absent_the_entity_does_not_exist(
    station: Station, firm: Firm, writer: Writer, entity: str
) -> None:
    written, app = GATED[entity]
    absent = {"hidden_fields": HiddenFields.ABSENT}
    for document in (naming(entity), naming("Q" * len(entity))):
        assert await station.refused(firm["anna"].token, document, firm, **absent) == ["GRAPHQL_VALIDATION_FAILED"]
    anna = await station.follow(firm["anna"].token, CHANGED, firm, **absent)
    await writer.create(written)
    customer = await writer.create("Customer")
    assert await told(anna) == [node("CUSTOMER", customer)]
    await station.toggle(firm, "anna", app, on=True)
    row = await writer.create(written)
    assert await told(anna) == [node(entity, row)]


async def test_an_api_key_is_told_what_it_opens_until_it_is_revoked(
    station: Station, firm: Firm, writer: Writer
) -> None:
    await station.toggle(firm, "anna", "API_ACCESS", on=True)
    keys = [await do(station, firm["anna"].token, CREATE_KEY, label=label, companyId=firm.id) for label in "ab"]
    revoked, idle = [await follow(station, key["key"], firm) for key in keys]
    await writer.create("Unit")
    customer = await writer.create("Customer")
    assert await told(revoked) == await told(idle) == [node("CUSTOMER", customer)]
    await do(station, firm["anna"].token, REVOKE_KEY, apiKeyId=keys[0]["apiKey"]["id"])
    assert await revoked.ended() == REVOKED
    await station.toggle(firm, "anna", "API_ACCESS", on=False)
    assert await idle.ended() == REVOKED


async def test_a_company_that_is_not_entered_ends_as_one_that_does_not_exist(
    station: Station, firm: Firm, writer: Writer
) -> None:
    other = await station.outside.found()
    for id_ in (firm.id, f"com_{other.key.hex[::-1]}", "com_", "", firm["anna"].id):
        assert await (await station.follow(other["owner"].token, CHANGED, id_)).ended() == REVOKED
    for name in ("pending", "gone", "former"):
        assert await (await station.follow(firm[name].token, CHANGED, firm)).ended() == REVOKED
    assert await station.refused(None, CHANGED, firm) == ["UNAUTHENTICATED"]


async def test_who_views_as_somebody_does_not_subscribe(station: Station, firm: Firm) -> None:
    view = (await do(station, firm["owner"].token, VIEW, companyId=firm.id, userId=firm["anna"].id))["token"]
    before = station.executor.wakes.followed
    assert await station.refused(view, CHANGED, firm) == ["FORBIDDEN"]
    assert station.executor.wakes.followed == before


async def test_a_member_who_is_removed_is_told_no_more(station: Station, firm: Firm, writer: Writer) -> None:
    anna, bram = [await follow(station, firm[name].token, firm) for name in ("anna", "bram")]
    await remove(station, firm, "anna")
    assert await anna.ended() == REVOKED
    customer = await writer.create("Customer")
    assert await told(bram) == [node("CUSTOMER", customer)]


async def test_a_change_of_access_alone_is_no_event(station: Station, firm: Firm, writer: Writer) -> None:
    anna = await follow(station, firm["anna"].token, firm)
    access = await station.follow(firm["anna"].token, ACCESS, firm)
    await station.toggle(firm, "anna", "UNITS", on=True)
    await access.next()
    unit = await writer.create("Unit")
    assert await told(anna) == [node("UNIT", unit)]
