"""Builds one company of the demo: from its plan, the rows of every table that belong to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final
from uuid import UUID

from db.belgium import vat_number
from db.demo.apps import Apps
from db.demo.chance import happens, stream, uuid4
from db.demo.companies.written import Writers, add_writing
from db.demo.people.access import AccessHistory, Founding, Outcome
from db.demo.people.letters import add_invitations
from db.demo.people.people import slug
from db.demo.people.presets import add_presets
from db.demo.people.requests import add_requests
from db.demo.people.stories import Event
from db.demo.rows import AccountRow, CompanyRow, Rows
from db.demo.scene import Scene
from db.demo.scenes import play
from db.demo.trade.catalogue import PriceList
from db.demo.trade.customers import Clientele, Market, find_customers
from db.demo.trade.documents import Business, Volume, make_documents
from db.demo.trade.lines import Till
from db.demo.trade.products import Stocking, stock
from db.demo.words.addresses import Address, bank_account, enterprise, phone

PENDING: Final[Mapping[tuple[str, str], str]] = {
    ("INVOICE", "OVERDUE"): "SENT",
    ("QUOTE", "EXPIRED"): "SENT",
    ("PURCHASE", "OVERDUE"): "OPEN",
}
"""The stored status of a document of a kind, where the shown one depends on the day."""

TRIAL: Final = timedelta(days=14)
"""Duration of the trial of a new company."""


@dataclass(frozen=True, slots=True)
class CompanyIdentity:
    """The identity of a company; `established` is false as long as its numbers and address are not filled in."""

    name: str
    legal_form: str | None
    address: Address
    language: str
    plan: str
    established: bool = True


@dataclass(frozen=True, slots=True)
class People:
    """The people of a company: accounts by key, the first owner, the story, and the authors of documents.

    `authors` are pairs of a day (of the company's age) and the key of the account that writes documents from then on.
    """

    cast: Mapping[str, AccountRow]
    owner: str
    pending_owner: bool
    story: Sequence[Event]
    authors: Sequence[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Trading:
    """The trade of a company: its prices, customers and number of documents, and the apps that it works with."""

    features: frozenset[str]
    retail: bool
    prices: PriceList
    clientele: Clientele
    volume: Volume


@dataclass(frozen=True, slots=True)
class CompanyPlan:
    """The plan that determines all rows of a company; `index` (0 to 999) makes payment references distinct."""

    index: int
    created: datetime
    identity: CompanyIdentity
    people: People
    trading: Trading


def build_company(plan: CompanyPlan, apps: Apps, today: date) -> Rows:
    """The rows of one company."""
    chance = stream("company", str(plan.index))
    company_id = uuid4(chance)
    trial_ends_at = plan.created + TRIAL if plan.index >= 2 else None  # the two large ones were there before trials
    founding = Founding(company_id, plan.created, plan.people.owner, plan.people.pending_owner, trial_ends_at)
    history = AccessHistory(founding, plan.people.cast, apps, stream("access", str(plan.index)))
    outcome = history.tell(plan.people.story)
    rows = Rows()
    rows.add([_company(plan, company_id, outcome, chance)])
    rows.write("company_settings", company_id=company_id, changed_at=plan.created)
    rows.add([*outcome.memberships, *outcome.company_apps, *outcome.app_grants, *outcome.changes])
    accounts = {account.id: account for account in plan.people.cast.values()}
    made = plan.created + timedelta(days=60), plan.people.cast[plan.people.owner].id
    add_presets(rows, company_id, plan.index, made, apps, stream("presets", str(plan.index)))
    add_invitations(rows, outcome.memberships, accounts, datetime.combine(today, time(12), UTC))
    if plan.index == 0:
        present = {row.account_id: row for row in outcome.memberships if row.removed_at is None}
        known = {who: present[account.id] for who, account in plan.people.cast.items() if account.id in present}
        add_requests(rows, known, outcome.app_grants, datetime.combine(today, time(9), UTC))
    _trade(plan, company_id, today, rows)
    play(_scene(plan, company_id, today, rows))
    _leave_dates_to_decide(rows)
    add_writing(
        rows,
        Writers(company_id, plan.created, _authors(plan), today),
        stream("writing", str(plan.index)),
    )
    return rows


def _scene(plan: CompanyPlan, company_id: UUID, today: date, rows: Rows) -> Scene:
    """The stage on which apps add their rows."""
    return Scene(
        company_id=company_id,
        index=plan.index,
        name=plan.identity.name,
        language=plan.identity.language,
        created=plan.created,
        today=today,
        features=plan.trading.features,
        cast={who: account.id for who, account in plan.people.cast.items()},
        owner=plan.people.owner,
        rows=rows,
    )


def _authors(plan: CompanyPlan) -> list[tuple[date, UUID]]:
    """The authors of documents, each with the day since which they write."""
    begin = plan.created.date()
    return [(begin + timedelta(days=day), plan.people.cast[who].id) for day, who in plan.people.authors]


def _leave_dates_to_decide(rows: Rows) -> None:
    """Store no status that a date decides: the scenes know them, readers work them out."""
    for row in rows.tables["document"]:
        pending = PENDING.get((row["kind"], row["status"]))
        if pending is not None:
            row["status"] = pending


def _company(plan: CompanyPlan, company_id: UUID, outcome: Outcome, chance: Random) -> CompanyRow:
    known, place = plan.identity, plan.identity.address
    number = enterprise(chance) if known.established else None
    domain = f"{slug(known.name)}.test"
    line, account = phone(chance, place.town), bank_account(chance)
    return CompanyRow(
        id=company_id,
        name=known.name,
        vat_number=vat_number(number) if number else None,
        enterprise_number=number,
        legal_form=known.legal_form if number else None,
        street=place.street if number else None,
        street_number=place.number if number else None,
        postcode=place.town.postcode if number else None,
        city=place.town.name if number else None,
        country="BE",
        phone=line if number else None,
        email=f"info@{domain}" if number else None,
        website=f"https://www.{domain}" if number and (plan.index < 2 or happens(chance, 0.6)) else None,
        iban=account if number else None,
        further_ibans=[bank_account(stream("savings", str(plan.index)))] if number and plan.index < 2 else [],
        language=known.language,
        currency="EUR",
        plan=known.plan,
        trial_ends_at=outcome.trial_ends_at,
        mask=outcome.mask,
        access_version=outcome.version,
        created_at=plan.created,
        support_until=outcome.support_until,
    )


def _trade(plan: CompanyPlan, company_id: UUID, today: date, rows: Rows) -> None:
    """Add products, customers and documents to `rows`."""
    trading, key = plan.trading, str(plan.index)
    language, features, volume = plan.identity.language, trading.features, trading.volume
    shelf = stock(
        trading.prices, Stocking(company_id, plan.created, features, language, trading.retail), stream("products", key)
    )
    market = Market(company_id, features, language, volume.first - timedelta(days=1), volume.last)
    customers = find_customers(trading.clientele, market, stream("customers", key))
    business = Business(company_id, plan.index, features, trading.retail, _authors(plan))
    till = Till(shelf, features, today, language, taxed=plan.identity.established)
    papers = make_documents(business, volume, customers.buyers(), till, stream("documents", key))
    rows.add([*customers.contacts, *customers.persons])
    rows.add([*shelf.groups, *shelf.products])
    rows.add([*papers.documents, *papers.lines])
