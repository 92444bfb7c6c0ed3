"""The demo is what it promises: people enter where they should, history explains the masks, numbers add up."""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import repeat
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from asyncpg import Record

from db import belgium
from db.connection import Connection, connect
from db.demo import load_demo
from db.demo.apps import Apps
from db.demo.load import compose_demo
from db.demo.rows import Rows
from db.demo.trade.documents import Draft, at_most
from db.installation import DemoRefused
from db.tables import metadata
from tests.support.databases import TODAY, Databases, bare_demo_template
from tests.support.sampling import is_sample

PASSWORD = "demo-enfact-2026"
CENT = Decimal("0.01")
PREFIXES = {
    "QUOTE": "O", "ORDER_CONFIRMATION": "C", "DELIVERY_NOTE": "BL", "INVOICE": "", "CREDIT_NOTE": "NC",
    "PAYMENT_REQUEST": "DP", "CASH_TICKET": "T", "PURCHASE": "A", "PURCHASE_ORDER": "OA", "PURCHASE_SLIP": "BA",
}  # fmt: skip
SECRET = ("secret", "secret_last4")
"""The services that the demo is connected with do not exist, so there is no secret to keep."""

OF_KEYS = ("credential_id", "idempotency_key", "input_hash")
"""Nobody in the demo has an API key, or a client that repeats what it wrote."""

OF_OWNERS = ("access_preset.created_by", "access_preset.updated_by")
"""Only owners make presets, and nothing imports them: they always have an author."""

ASKING = "('ACCESS_REQUESTED', 'ACCESS_DECLINED')"
"""Kinds of change that switch nothing and leave the version as it is."""

OF_CLOSING = "closes_at"
"""Every company of the demo has an owner."""

FILLED = ("account", "company", *(name for name, table in metadata.tables.items() if table.info.get("tenant")))
"""The tables that the demo fills: all of the companies' own."""


@pytest.fixture(scope="session")
async def demo_dsn(databases: Databases) -> AsyncGenerator[str]:
    dsn = await databases.clone(await bare_demo_template(databases))
    yield dsn
    await databases.drop(dsn)


@pytest.fixture
async def demo(demo_dsn: str) -> AsyncGenerator[Connection]:
    connection = await connect(demo_dsn)
    yield connection
    await connection.close()


async def apps_of(demo: Connection, login: str, company: str) -> set[str]:
    """What a member holds, by the masks alone."""
    rows = await demo.fetch(
        """
        select app.id from account
        join membership m on m.account_id = account.id and m.removed_at is null and m.accepted_at is not null
        join company on company.id = m.company_id
        join app on get_bit(company.mask & m.mask, app.position) = 1
        where account.email = $1 and company.name = $2
        """,
        f"{login}@demo.enfact.test",
        company,
    )
    return {row["id"] for row in rows}


async def fingerprint(dsn: str) -> dict[str, str]:
    """A hash of each table's rows in the order of their keys, apart from the numbers of transactions."""
    connection = await connect(dsn)
    found: dict[str, str] = {}
    for name in FILLED:
        key = ", ".join(metadata.tables[name].primary_key)
        found[name] = await connection.fetchval(
            f"select md5(string_agg((to_jsonb(t) - 'xid')::text, e'\\n' order by {key})) from {name} t"
        )
    await connection.close()
    return found


# Who may enter


async def test_every_promised_login_works_with_the_one_password(demo: Connection) -> None:
    rows = await demo.fetch("select email, password_hash, kind, confirmed from account")
    found = {row["email"].removesuffix("@demo.enfact.test"): row for row in rows}
    for login in ("lambert", "eva", "noah", "delvaux", "compta", "hors-ligne"):
        assert found[login]["confirmed"]
        assert found[login]["kind"] == ("ACCOUNTANT" if login in {"compta", "hors-ligne"} else "MEMBER")
    hashes = {row["password_hash"] for row in rows if row["password_hash"]}
    assert len(hashes) == 1
    assert PasswordHasher().verify(hashes.pop(), PASSWORD)


async def test_only_the_pending_invitees_are_unconfirmed(demo: Connection) -> None:
    rows = await demo.fetch(
        """
        select password_hash, accepted_at, email from account a join membership m on account_id = a.id
        where not confirmed order by email
        """
    )
    invited = [f"{name}@demo.enfact.test" for name in ("hugo", "thomas")]
    assert [tuple(row) for row in rows] == [(None, None, email) for email in invited]
    assert await demo.fetchval("select count(*) from membership where accepted_at is null") == 2


async def test_there_is_somebody_for_each_state_of_access_and_a_support_account(demo: Connection) -> None:
    states = await demo.fetch(
        """
        select case when removed_at is not null then 'removed' when accepted_at is not null then 'active'
            when exists (select from mail_token t where t.membership_id = m.id and t.expires_at > now()) then 'pending'
            else 'expired' end as state, count(*)
        from membership m where not external group by 1
        """
    )
    assert {row["state"] for row in states} == {"active", "pending", "expired", "removed"}
    assert await demo.fetchval("select count(*) from account where kind = 'SUPPORT' and confirmed") == 1


async def test_owners_hold_all_active_apps(demo: Connection) -> None:
    held = await apps_of(demo, "lambert", "Chauffage Lambert")
    assert {"DISCOUNTS", "WORK_ORDERS", "CEBEO", "PEPPOL", "DASHBOARD", "INVOICES"} <= held
    assert not held & {"STOCK", "EMPTY_GOODS", "CURRENCIES", "MAILCHIMP", "YUKI"}
    held = await apps_of(demo, "delvaux", "Bières Delvaux")
    assert {"EMPTY_GOODS", "STOCK", "CURRENCIES", "YUKI"} <= held
    assert not held & {"WORK_ORDERS", "CEBEO", "ORDER_REFERENCE"}


@pytest.mark.parametrize(
    ("login", "company", "toggles"),
    [
        ("eva", "Chauffage Lambert", {"WORK_ORDERS", "TIME_TRACKING", "AGENDA"}),
        ("noah", "Chauffage Lambert", {"QUOTES", "INVOICES", "DISCOUNTS"}),
        ("noah", "Bières Delvaux", {"STOCK", "EMPTY_GOODS"}),
    ],
)
async def test_employees_hold_exactly_their_toggles(
    demo: Connection, login: str, company: str, toggles: set[str]
) -> None:
    assert await apps_of(demo, login, company) == toggles | {"CUSTOMERS", "PRODUCTS"}


async def test_the_accountant_enters_every_company_and_the_other_one_none(demo: Connection) -> None:
    rows = await demo.fetch(
        """
        select a.email, c.name, m.created_by_accountant as made, m.until
        from company c join membership m on m.company_id = c.id
        join account a on a.id = m.account_id where m.external and m.removed_at is null
        """
    )
    assert {row["email"] for row in rows} == {"compta@demo.enfact.test"}
    assert len({row["name"] for row in rows}) == len(rows) == 62
    assert 10 < sum(row["made"] for row in rows) < 40
    assert not await demo.fetchval(
        "select exists (select from membership m join account a on a.id = account_id where email like 'hors-ligne@%')"
    )


async def test_every_company_has_an_owner_of_its_own(demo: Connection) -> None:
    rows = await demo.fetch("select account_id, company_id from membership where role = 'OWNER' and removed_at is null")
    assert len({row["company_id"] for row in rows}) == 62
    assert len({row["account_id"] for row in rows}) == len(rows) == 63


async def test_the_companies_are_those_promised(demo: Connection) -> None:
    rows = await demo.fetch(
        """
        select name, plan,
            (select count(*) from contact where company_id = c.id and is_customer and deleted_at is null) as customers,
            (select count(*) from document where company_id = c.id and kind = 'INVOICE') as invoices,
            (select count(*) from membership where company_id = c.id and not external) as users
        from company c order by created_at
        """
    )
    large = {row["name"]: row for row in rows if row["plan"] == "PREMIUM" and row["customers"] > 50}
    assert {name: row["customers"] for name, row in large.items()} == {"Chauffage Lambert": 400, "Bières Delvaux": 250}
    assert 1400 < large["Chauffage Lambert"]["invoices"] < 1600
    small = [row for row in rows if row["name"] not in large]
    assert len(small) == len({row["name"] for row in small}) == 60
    assert all(5 <= row["customers"] <= 15 and row["invoices"] >= 3 for row in small)
    assert {row["plan"] for row in small} == {"FREE", "PRO", "PREMIUM"}
    assert 5 < sum(row["users"] > 1 for row in small) < 40


# Access and its history


async def test_masks_follow_from_the_open_periods(demo: Connection) -> None:
    wrong = await demo.fetch(
        """
        select c.name, null as email from company c
        where mask <> coalesce((
            select bit_or(set_bit(repeat('0', 256)::bit(256), position, 1)) from company_app join app on app.id = app_id
            where company_id = c.id and upper_inf(valid)), repeat('0', 256)::bit(256))
        union all
        select c.name, a.email from membership m join company c on c.id = company_id join account a on a.id = account_id
        where toggles <> coalesce((
            select bit_or(set_bit(repeat('0', 256)::bit(256), position, 1)) from app_grant join app on app.id = app_id
            where membership_id = m.id and upper_inf(valid)), repeat('0', 256)::bit(256))
        """
    )
    assert wrong == []


async def test_every_period_begins_and_ends_with_a_change(demo: Connection) -> None:
    """Built-in apps begin with the company, always visible ones with the membership, without a change of their own."""
    unexplained = await demo.fetch(
        f"""
        with edge as (
            select company_id, null::uuid as membership_id, app_id, lower(valid) as at, true as after,
                activated_by as actor
            from company_app join app on app.id = app_id where kind in ('APP', 'CONNECTION')
            union all
            select company_id, null, app_id, upper(valid), false, deactivated_by
            from company_app where not upper_inf(valid)
            union all
            select company_id, membership_id, app_id, lower(valid), true, granted_by
            from app_grant join app on app.id = app_id where not always_visible
            union all
            select g.company_id, membership_id, app_id, upper(valid), false, revoked_by
            from app_grant g join membership m on m.id = membership_id
            where not upper_inf(valid) and upper(valid) is distinct from removed_at
        ), change as (
            select company_id, membership_id, app_id, at, after, actor_id from access_change
            where app_id is not null and kind not in {ASKING}
        )
        (select * from edge except select * from change) union all (select * from change except select * from edge)
        """
    )
    assert unexplained == []


async def test_the_version_counts_the_changes_each_of_which_has_a_moment_of_its_own(demo: Connection) -> None:
    assert not await demo.fetch(
        f"""
        select name from company c left join lateral (
            select count(*) filter (where kind not in {ASKING}) as changes, count(*) - count(distinct at) as shared,
                count(*) filter (where kind = 'TRIAL' and until_before <= at) as trials
            from access_change where company_id = c.id
        ) on true where access_version <> 1 + changes + trials or shared <> 0
        """
    )


async def test_toggles_are_switched_on_only_where_the_app_is_active(demo: Connection) -> None:
    assert not await demo.fetch(
        """
        select * from app_grant g where not exists (
            select from company_app a
            where a.company_id = g.company_id and a.app_id = g.app_id and a.valid @> lower(g.valid))
        """
    )


async def test_apps_above_the_plan_are_those_of_two_trials_one_that_runs_and_one_that_is_over(demo: Connection) -> None:
    rows = await demo.fetch(
        """
        select c.trial_ends_at::date - $1 as days,
            array(select id from app where get_bit(c.mask & ~c.plan_mask, position) = 1 order by 1) as above
        from company c where c.mask <> c.plan_mask order by days
        """,
        TODAY,
    )
    assert [tuple(row) for row in rows] == [(-10, ["CEBEO"]), (2, ["TIME_TRACKING", "WORK_ORDERS"])]


async def test_a_new_client_tried_everything_for_a_fortnight(demo: Connection) -> None:
    rows = await demo.fetch("select trial_ends_at - created_at as trial, name from company order by trial nulls last")
    assert {row["name"] for row in rows if row["trial"] is None} == {"Chauffage Lambert", "Bières Delvaux"}
    assert sum(row["trial"] == timedelta(days=14) for row in rows) == 58


async def test_active_apps_have_what_they_require_and_the_plan_for_it(demo: Connection) -> None:
    assert not await demo.fetch(
        """
        select r.app_id from company c join app_requirement r on true
        join app a on a.id = r.app_id and get_bit(c.mask, a.position) = 1
        join app b on b.id = r.requires_app_id and get_bit(c.mask, b.position) = 0
        """
    )
    assert not await demo.fetch(
        """
        select c.name, app.id from company c join app on get_bit(c.mask, position) = 1
        where array_position(array['FREE', 'PRO', 'PREMIUM'], app.plan)
            > array_position(array['FREE', 'PRO', 'PREMIUM'], c.plan) and not exists (
                select from access_change t where t.company_id = c.id and t.kind = 'TRIAL')
        """
    )


async def test_the_history_tells_of_every_kind_of_change(demo: Connection) -> None:
    kinds = await demo.fetch(
        "select distinct kind from access_change join company c on c.id = company_id where name = 'Chauffage Lambert'"
    )
    assert {row["kind"] for row in kinds} == {
        "USER_INVITED", "USER_JOINED", "USER_DELETED", "ROLE", "TOGGLE", "APP_ACTIVATED", "APP_DEACTIVATED",
        "EXTERNAL_ADDED", "EXTERNAL_CHANGED", "EXTERNAL_REMOVED", "ACCESS_REQUESTED", "ACCESS_DECLINED",
    }  # fmt: skip
    assert await demo.fetchval("select count(*) from app_grant where not upper_inf(valid)") > 10
    again = "select count(*) from (select from app_grant group by membership_id, app_id having count(*) > 1)"
    assert await demo.fetchval(again) >= 3


async def test_every_request_is_in_the_history_and_so_is_its_answer(demo: Connection) -> None:
    """A granted request is answered by the toggle, which has the end that the request was granted with."""
    unexplained = await demo.fetch(
        f"""
        with step as (
            select r.company_id, user_id, app_id, r.created_at as at, 'ACCESS_REQUESTED' as kind,
                m.account_id as actor, null::timestamptz as until
            from access_request r join membership m on (m.company_id, m.id) = (r.company_id, r.user_id)
            union all
            select company_id, user_id, app_id, decided_at,
                case state when 'GRANTED' then 'TOGGLE' else 'ACCESS_DECLINED' end, decided_by, until
            from access_request where state <> 'OPEN'
        ), change as (
            select company_id, membership_id, app_id, at, kind, actor_id, until from access_change
            where kind in {ASKING} or kind = 'TOGGLE' and until is not null
        )
        (select * from step except select * from change) union all (select * from change except select * from step)
        """
    )
    assert unexplained == []
    states = await demo.fetch("select state from access_request order by state")
    assert [row["state"] for row in states] == ["DECLINED", "GRANTED", "OPEN"]


async def test_lent_apps_follow_from_the_grants_that_have_an_end(demo: Connection) -> None:
    lent = await demo.fetch(
        """
        select m.lent, m.lent_until, g.lent as granted, g.until from membership m left join lateral (
            select bit_or(set_bit(repeat('0', 256)::bit(256), position, 1)) as lent, min(until) as until
            from app_grant join app on app.id = app_id
            where membership_id = m.id and upper_inf(valid) and until is not null
        ) g on true where m.lent_until is not null or g.until is not null or m.lent <> repeat('0', 256)::bit(256)
        """
    )
    assert len(lent) == 1
    assert all((row["lent"], row["lent_until"]) == (row["granted"], row["until"]) for row in lent)


async def test_people_act_only_where_they_are_let_in(demo: Connection) -> None:
    assert not await demo.fetch(
        """
        select c.* from access_change c where actor_id is not null and not exists (
            select from membership m
            where m.company_id = c.company_id and m.account_id = c.actor_id and m.created_at <= c.at
                and (m.removed_at is null or m.removed_at >= c.at))
        """
    )
    assert not await demo.fetch(
        """
        select d.number from document d where created_by is not null and not exists (
            select from membership m
            where m.company_id = d.company_id and m.account_id = d.created_by and m.accepted_at <= d.created_at)
        """
    )


# Documents


async def test_numbers_are_gap_free_in_each_year_and_follow_the_dates(demo: Connection) -> None:
    rows = await demo.fetch(
        "select company_id, kind, date, number, sequence_number from document order by company_id, sequence_number"
    )
    series: dict[tuple[object, str, int], list[tuple[int, date]]] = defaultdict(list)
    for row in rows:
        series[row["company_id"], row["kind"], row["date"].year].append((row["sequence_number"], row["date"]))
        prefix = PREFIXES[row["kind"]]
        assert row["number"] == f"{prefix}{row['date'].year}/{row['sequence_number']:05d}"
    for numbers in series.values():
        assert [number for number, _ in numbers] == list(range(1, len(numbers) + 1))
        assert [day for _, day in numbers] == sorted(day for _, day in numbers)


async def test_every_kind_and_year_has_a_sequence_that_prints_its_newest_number(demo: Connection) -> None:
    newest = await demo.fetch(
        """
        select distinct on (d.company_id, d.kind, extract(year from d.date))
            d.kind, d.number, d.sequence_number, extract(year from d.date)::int as year, s.format, s.next
        from document d
        left join number_sequence s on s.company_id = d.company_id and s.kind = d.kind
            and s.year = extract(year from d.date)
        order by d.company_id, d.kind, extract(year from d.date), d.sequence_number desc
        """
    )
    assert {row["kind"] for row in newest} == set(PREFIXES)
    for row in newest:
        number = row["sequence_number"]
        printed = row["format"].replace("{year}", str(row["year"])).replace("{number:5}", f"{number:05d}")
        assert (printed, row["next"]) == (row["number"], number + 1)


async def test_what_is_entered_in_the_books_has_the_journal_of_its_kind(demo: Connection) -> None:
    rows = await demo.fetch(
        "select distinct d.kind, j.kind as journal from document d left join journal j on j.id = d.journal_id"
    )
    journals = {"INVOICE": "SALES", "CREDIT_NOTE": "SALES", "PURCHASE": "PURCHASES", "CASH_TICKET": "CASH"}
    assert {(row["kind"], row["journal"]) for row in rows} == {(kind, journals.get(kind)) for kind in PREFIXES}


@dataclass(slots=True)
class Sums:
    """What the test adds up of one document's lines."""

    by_rate: dict[Decimal, Decimal]
    undiscounted: Decimal = Decimal(0)
    cost: Decimal | None = None
    deposits: Decimal | None = None


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


async def test_lines_add_up_to_their_documents(demo: Connection) -> None:
    heads = await demo.fetch("select * from document")
    sums = {head["id"]: Sums(defaultdict(Decimal)) for head in heads}
    vat_types = {head["id"]: head["vat_type"] for head in heads}
    for line in await demo.fetch("select * from document_line where type <> 'SECTION'"):
        amount, gross = line_amount(line), rounded(line["price"] * line["quantity"])
        own = sums[line["document_id"]]
        own.by_rate[line["vat_rate"]] += amount
        own.undiscounted += gross
        assert line["total_incl" if vat_types[line["document_id"]] == "INCL" else "total_excl"] == amount
        assert line["total_excl"] + line["total_vat"] == line["total_incl"]
        assert abs(line["total_excl"] * line["vat_rate"] / 100 - line["total_vat"]) <= CENT
        if line["purchase_price"] is None:
            assert line["profit_amount"] is None
        else:
            cost = rounded(line["purchase_price"] * line["quantity"])
            own.cost = (own.cost or Decimal(0)) + cost
            assert line["profit_amount"] == line["total_excl"] - cost
        if line["empty_goods_value"] is not None:
            own.deposits = (own.deposits or Decimal(0)) + line["empty_goods_value"] * line["quantity"]
    for head in heads:
        check_head(head, sums[head["id"]])


def line_amount(line: Record) -> Decimal:
    """The line in its own price basis: the discount is off each unit."""
    price, value = line["price"], line["discount"]
    if line["discount_type"] == "PERCENT":
        price = price * (100 - value) / 100
    elif value is not None:
        price -= value
    return rounded(price * line["quantity"])


def check_head(head: Record, lines: Sums) -> None:
    """VAT is counted for each rate, on the sum of its lines after the document's discount."""
    bases = {rate: head_discounted(amount, head) for rate, amount in lines.by_rate.items()}
    if head["vat_type"] == "INCL":
        incl = sum(bases.values())
        excl = sum(rounded(base / (1 + rate / 100)) for rate, base in bases.items())
    else:
        excl = sum(bases.values())
        incl = excl + sum(rounded(base * rate / 100) for rate, base in bases.items())
    assert (head["total_excl"], head["total_vat"], head["total_incl"]) == (excl, incl - excl, incl), head["number"]
    assert head["total_discount"] == lines.undiscounted - sum(bases.values())
    assert head["total_incl_base"] == rounded(incl * head["exchange_rate"])
    assert head["total_cost"] == lines.cost
    assert head["total_profit"] == (None if lines.cost is None else excl - lines.cost)
    assert head["total_empty_goods"] == (None if lines.deposits is None else rounded(lines.deposits))


def head_discounted(amount: Decimal, head: Record) -> Decimal:
    if head["discount_type"] == "PERCENT":
        return rounded(amount * (100 - head["discount"]) / 100)
    return amount - (head["discount"] or 0)


async def test_every_document_has_lines_in_positions_without_gaps(demo: Connection) -> None:
    assert not await demo.fetch(
        """
        select number from document d left join lateral (
            select count(*) as lines, min(position) as first, max(position) as last
            from document_line where document_id = d.id and company_id = d.company_id
        ) on true where lines not between 1 and 8 or first <> 1 or last <> lines
        """
    )


async def test_statuses_are_believable_at_their_age(demo: Connection) -> None:
    statuses = await demo.fetch("select kind, array_agg(distinct status) as known from document group by kind")
    assert {row["kind"]: set(row["known"]) for row in statuses} == {
        "QUOTE": {"DRAFT", "SENT", "ACCEPTED", "REFUSED"},
        "INVOICE": {"DRAFT", "SENT", "PAID"},
        "CREDIT_NOTE": {"DRAFT", "SENT", "SETTLED"},
        "ORDER_CONFIRMATION": {"DRAFT", "OPEN", "DELIVERED"},
        "DELIVERY_NOTE": {"DRAFT", "DELIVERED", "INVOICED"},
        "PAYMENT_REQUEST": {"PAID", "CANCELLED"},
        "CASH_TICKET": {"OPEN", "PAID", "CANCELLED"},
        "PURCHASE": {"DRAFT", "OPEN", "PAID"},
        "PURCHASE_ORDER": {"DRAFT", "SENT", "CONFIRMED", "RECEIVED", "CANCELLED"},
        "PURCHASE_SLIP": {"ACCEPTED", "PAID"},
    }
    assert not await demo.fetch(
        """
        select kind, number, status from document
        where case status
            when 'DRAFT' then date < $1::date - 7 or structured_communication is not null
            when 'SENT' then kind not in ('INVOICE', 'QUOTE') and date + 60 < $1::date
        end
        """,
        TODAY,
    )
    late = "select avg((status = 'SENT')::int) from document where kind = 'INVOICE' and due_date < $1"
    assert 0.005 < await demo.fetchval(late, TODAY) < 0.08


async def test_dates_of_payment_follow_from_the_customers_terms(demo: Connection) -> None:
    assert not await demo.fetch(
        """
        select d.number from document d left join contact c on c.id = d.customer_id and c.company_id = d.company_id
        where (d.kind = 'INVOICE' and due_date is distinct from d.date + c.payment_term_days)
            or (d.kind not in ('INVOICE', 'PAYMENT_REQUEST', 'PURCHASE', 'PURCHASE_SLIP') and due_date is not null)
            or ((d.kind = 'QUOTE') <> (expiration_date is not null))
            or (customer_id is null and (d.kind, status) <> ('QUOTE', 'DRAFT')
                and d.kind not in ('PURCHASE', 'PURCHASE_ORDER', 'CASH_TICKET'))
            or (customer_id is not null and d.kind in ('PURCHASE', 'PURCHASE_ORDER'))
            or customer_name is distinct from c.name or not c.is_customer or c.created_at > d.created_at
        """
    )


SOURCES = {
    "ORDER_CONFIRMATION": {"QUOTE"},
    "PAYMENT_REQUEST": {"QUOTE"},
    "DELIVERY_NOTE": {"ORDER_CONFIRMATION"},
    "INVOICE": {"QUOTE", "ORDER_CONFIRMATION"},
    "CREDIT_NOTE": {"INVOICE"},
    "PURCHASE": {"PURCHASE_ORDER"},
}
"""What documents are made of, by their kind."""


async def test_documents_come_from_the_right_ones(demo: Connection) -> None:
    pairs = await demo.fetch(
        """
        select d.kind, s.kind as source, s.status, d.customer_id = s.customer_id as same,
            d.created_at > s.created_at as later, d.total_incl <= s.total_incl as within
        from document d join document s on s.company_id = d.company_id and s.id = d.source_document_id
        """
    )
    for pair in pairs:
        assert pair["same"] or pair["kind"] == "PURCHASE"
        assert pair["later"]
        assert pair["source"] in SOURCES[pair["kind"]]
        if pair["source"] == "QUOTE" and pair["kind"] == "INVOICE":
            assert pair["status"] == "ACCEPTED"
        if pair["kind"] == "PURCHASE":
            assert pair["status"] == "RECEIVED"
    kinds = [pair["kind"] for pair in pairs]
    assert kinds.count("INVOICE") > 300
    assert kinds.count("CREDIT_NOTE") > 60
    assert await demo.fetchval("select count(*) from document where kind = 'CREDIT_NOTE'") == kinds.count("CREDIT_NOTE")


async def test_several_delivery_notes_make_up_one_invoice(demo: Connection) -> None:
    billed = await demo.fetch(
        """
        select (select sum(quantity) from document_line l
                where l.company_id = i.company_id and l.document_id = i.id and type <> 'SECTION') as billed,
            sum(l.quantity) as delivered, count(distinct n.id) as notes
        from document i join document n on n.company_id = i.company_id and n.invoiced_by_id = i.id
            and n.kind = 'DELIVERY_NOTE'
        join document_line l on l.company_id = n.company_id and l.document_id = n.id
        group by i.company_id, i.id
        """
    )
    assert max(row["notes"] for row in billed) == 3
    assert sum(row["billed"] == row["delivered"] for row in billed) > 0.95 * len(billed) > 150


async def test_money_over_the_counter_is_that_of_its_ticket(demo: Connection) -> None:
    entries = await demo.fetch(
        """
        select d.total_incl = amount_in as same, d.payment_method, d.date = e.date as day, d.vat_type
        from cash_book_entry e join document d on d.company_id = e.company_id and d.id = e.ticket_id
        """
    )
    assert {tuple(row) for row in entries} == {(True, "CASH", True, "INCL")}
    assert len(entries) > 60
    paid = "select count(*) from document where kind = 'CASH_TICKET' and payment_method = 'CASH'"
    assert await demo.fetchval(paid) == len(entries)


async def test_subscriptions_made_their_invoices_when_they_were_due(demo: Connection) -> None:
    assert not await demo.fetch(
        """
        select s.id from subscription s
        left join document d on d.company_id = s.company_id and d.subscription_id = s.id
        where d.customer_id <> s.customer_id or extract(hour from d.created_at) <> s.creation_hour
            or d.date < s.start_date or s.next_run < $1 or (s.active <> (s.next_run is not null))
        """,
        TODAY,
    )
    monthly = await demo.fetch(
        """
        select max(d.date) - min(d.date) as days, count(*) as invoices, s.next_run - max(d.date) as rest
        from subscription s join document d on d.company_id = s.company_id and d.subscription_id = s.id
        where s.frequency = 'MONTHLY' group by s.company_id, s.id, s.next_run
        """
    )
    assert len(monthly) > 3
    assert all(28 <= row["rest"] <= 31 and row["days"] <= 31 * (row["invoices"] - 1) for row in monthly)


async def test_the_free_plan_keeps_to_three_invoices_a_month(demo: Connection) -> None:
    assert not await demo.fetch(
        """
        select name, date_trunc('month', date) from document d join company c on c.id = company_id
        where plan = 'FREE' and kind = 'INVOICE' group by 1, 2 having count(*) > 3
        """
    )


def test_invoices_beyond_the_months_limit_are_left_out() -> None:
    def on(day: int, month: int = 5) -> Draft:
        at = datetime(2026, month, day, tzinfo=UTC)
        return Draft("INVOICE", UUID(int=day), at, None, (), "EXCL", "EUR", Decimal(1), None)

    assert at_most(3, [on(4), on(9), on(1, 6), on(2), on(30)]) == [on(4), on(9), on(2), on(1, 6)]


# Values


async def test_standard_numbers_have_right_check_digits(demo: Connection) -> None:
    companies = await demo.fetch("select * from company where enterprise_number is not null")
    for row in companies:
        assert belgium.is_enterprise_number(row["enterprise_number"])
        assert row["vat_number"] == "BE" + row["enterprise_number"].replace(".", "")
        assert belgium.is_iban(row["iban"])
    customers = await demo.fetch("select vat_number, country from contact where vat_number is not null")
    assert {row["country"] for row in customers} == {"BE", "FR", "LU"}
    for number in (row["vat_number"] for row in customers if row["country"] == "BE"):
        assert number == belgium.vat_number(belgium.enterprise_number(int(number[2:10])))
    communications = await demo.fetch(
        "select structured_communication from document where structured_communication <> ''"
    )
    for row in communications:
        digits = re.fullmatch(r"\+{3}(\d{3})/(\d{4})/(\d{5})\+{3}", row[0])
        assert digits
        assert (int("".join(digits.groups())[:10]) - int(row[0][-5:-3])) % 97 == 0
    articles = await demo.fetch("select ean from product where ean is not null")
    assert all(re.fullmatch(r"\d{13}", row[0]) for row in articles)
    assert all(sum(map(int, row[0][::2] + 3 * row[0][1::2])) % 10 == 0 for row in articles)
    assert min(len(companies), len(customers), len(communications), len(articles)) > 30


async def test_payment_references_and_article_numbers_are_unique(demo: Connection) -> None:
    for column, table in (("structured_communication", "document"), ("ean", "product"), ("vat_number", "company")):
        assert await demo.fetchval(f"select count({column}) = count(distinct {column}) from {table}")


async def test_every_nullable_column_has_nulls_and_values(demo: Connection) -> None:
    one_sided: list[str] = []
    for table in FILLED:
        for column in metadata.tables[table].columns.values():
            left_out = column.name in (*SECRET, *OF_KEYS, OF_CLOSING) or f"{table}.{column.name}" in OF_OWNERS
            if column.nullable and not left_out:
                known = f'count("{column.name}")'
                row = await demo.fetchrow(f"select {known}, count(*) - {known} from {table}")
                if row is None or not row[0] or not row[1]:
                    one_sided.append(f"{table}.{column.name}")
    assert one_sided == []


async def test_columns_of_apps_are_well_filled_where_the_app_is_used(demo: Connection) -> None:
    shares = await demo.fetchrow(
        """
        select avg((l.discount is not null)::int) as discount, avg((l.purchase_price is not null)::int) as purchase,
            avg((l.date is not null)::int) as date, avg((l.gl_account is not null)::int) as gl_account,
            avg((delivery_date is not null)::int) as delivery, avg((order_reference is not null)::int) as reference,
            avg((top_text is not null)::int) as top_text
        from document d join document_line l on l.company_id = d.company_id and l.document_id = d.id
        join company c on c.id = d.company_id where c.name = 'Chauffage Lambert'
        """
    )
    assert shares is not None
    for column, share in shares.items():
        assert 0.1 < share < 0.9, column
    foreign = await demo.fetch(
        "select currency, count(*) as documents, min(exchange_rate) as least from document group by currency"
    )
    assert {row["currency"]: row["documents"] > 10 for row in foreign} == {"EUR": True, "GBP": True, "CHF": True}
    assert all((row["least"] == 1) == (row["currency"] == "EUR") for row in foreign)


async def test_keys_sort_by_creation(demo: Connection) -> None:
    for table in ("contact", "product", "document"):
        assert not await demo.fetchval(
            f"""
            select exists (
                select from {table} where abs(extract(epoch from uuid_extract_timestamp(id) - created_at)) > 0.001)
            """
        )
        assert await demo.fetchval(f"select bool_and(uuid_extract_version(id) = 7) from {table}")
    for table in ("account", "company", "membership"):
        assert await demo.fetchval(f"select bool_and(uuid_extract_version(id) = 4) from {table}")
    by_key = await demo.fetch("select id from document_line order by company_id, document_id, id")
    assert by_key == await demo.fetch("select id from document_line order by company_id, document_id, position")


async def test_nothing_happens_after_today(demo: Connection) -> None:
    for table, column in (
        ("document", "created_at"),
        ("access_change", "at"),
        ("contact", "created_at"),
        ("account", "created_at"),
    ):
        assert await demo.fetchval(f"select max({column})::date < $1 from {table}", TODAY)
    assert await demo.fetchval("select max(date) < $1 and min(date) < $1 - 1000 from document", TODAY)


# Loading


async def test_the_database_says_that_it_is_a_demo_and_the_planner_knows_it(demo: Connection) -> None:
    assert await demo.fetchval("select demo from installation")
    known = await demo.fetch("select relname::text from pg_class where reltuples > 0 and relkind = 'r'")
    assert {row[0] for row in known} >= set(FILLED)


async def test_equal_days_give_equal_rows_and_other_days_do_not(
    demo_dsn: str, fresh_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages: list[tuple[str, int, int]] = []
    known: list[Apps] = []
    loaded = Rows()

    def progress(stage: str, done: int, total: int) -> None:
        stages.append((stage, done, total))

    def composing(today: date, apps: Apps) -> Iterator[Rows]:
        known.append(apps)
        for part in compose_demo(today, apps):
            loaded.extend(part)
            yield part

    monkeypatch.setattr("db.demo.load.compose_demo", composing)
    await load_demo(fresh_dsn, progress, today=TODAY)
    assert await fingerprint(fresh_dsn) == await fingerprint(demo_dsn)
    assert [stage for stage, done, total in stages if done == total] == ["compose", "write", "analyze"]
    assert [stage for stage, done, _ in stages if done == 0] == ["compose", "write", "analyze"]
    other = Rows()
    for part in compose_demo(date(2027, 2, 28), *known):
        other.extend(part)
    assert other.tables.keys() == loaded.tables.keys() >= {*FILLED}
    assert {name for name in FILLED if other.tables[name] == loaded.tables[name]} == {"counter"}


async def test_a_database_with_a_company_is_refused_and_left_alone(fresh_dsn: str) -> None:
    connection = await connect(fresh_dsn)
    await connection.execute("insert into company (name) values ('Somebody')")
    with pytest.raises(DemoRefused, match="already holds companies"):
        await load_demo(fresh_dsn, today=TODAY)
    assert await connection.fetchval("select count(*) from company") == 1
    assert not await connection.fetchval("select exists (select from account)")
    assert not await connection.fetchval("select exists (select from installation where demo)")
    await connection.close()


def compose_nothing(today: date, apps: Apps) -> Iterator[Rows]:
    """What is composed where nothing is written: to compose the demo takes seconds."""
    assert (today, len(apps.by_id) > 0) == (TODAY, True)
    return repeat(Rows())


async def test_a_company_that_appears_meanwhile_is_noticed(fresh_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.demo.load.compose_demo", compose_nothing)
    connection = await connect(fresh_dsn)
    await connection.execute("begin")
    await connection.execute("insert into company (name) values ('Somebody')")
    loading = asyncio.create_task(load_demo(fresh_dsn, today=TODAY))
    while not await connection.fetchval("select exists (select from pg_locks where not granted)"):
        assert not loading.done()
        await asyncio.sleep(0.05)
    await connection.execute("commit")
    with pytest.raises(DemoRefused):
        await loading
    await connection.close()


async def test_a_database_without_apps_is_refused(fresh_dsn: str) -> None:
    connection = await connect(fresh_dsn)
    await connection.execute("truncate app cascade")
    await connection.close()
    with pytest.raises(DemoRefused, match="migrate"):
        await load_demo(fresh_dsn, today=TODAY)


async def test_a_scaled_demo_holds_whole_copies_of_every_company(databases: Databases, template: str) -> None:
    dsn = await databases.clone(template)
    connection = await connect(dsn)
    await connection.execute("insert into installation (one) values (1) on conflict do nothing")
    scale = 2 if is_sample() else 3
    await load_demo(dsn, today=TODAY, scale=scale)
    try:
        assert await connection.fetchval("select demo from installation")
        tables = [table for table in metadata.sorted_tables if table.info.get("tenant")]
        for table in tables:
            sizes = await connection.fetch(f"select count(*) n from {table.name} group by company_id order by 1")
            assert len(sizes) % scale == 0, table.name
            for at in range(0, len(sizes), scale):
                assert len({row["n"] for row in sizes[at : at + scale]}) == 1, table.name
            if "id" in table.columns:
                assert await connection.fetchval(f"select count(*) = count(distinct id) from {table.name}"), table.name
        logins = await connection.fetch("select email from account where email like '%lambert@demo.enfact.test'")
        assert {row["email"] for row in logins} >= {"lambert@demo.enfact.test", "1.lambert@demo.enfact.test"}
        assert await connection.fetchval("select count(*) from membership where company_name is null") == 0
    finally:
        await connection.close()
        await databases.drop(dsn)
