"""One company of the demo with all its rows: takes a plan of it, gives the rows of every table that belongs to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID

from db.belgium import vat_number
from db.demo.access import AccessHistory, Founding, Outcome
from db.demo.addresses import Address, bank_account, enterprise, phone
from db.demo.apps import Apps
from db.demo.catalogue import PriceList
from db.demo.chance import happens, stream, uuid4
from db.demo.customers import Clientele, Market, find_customers
from db.demo.documents import Business, Volume, make_documents
from db.demo.lines import Till
from db.demo.people import slug
from db.demo.products import Stocking, stock
from db.demo.rows import AccountRow, CompanyRow, Rows
from db.demo.scene import Scene
from db.demo.scenes import play
from db.demo.stories import Event


@dataclass(frozen=True, slots=True)
class Identity:
    """What a company is: `established` is false as long as nobody has filled in its numbers and address."""

    name: str
    legal_form: str | None
    address: Address
    language: str
    plan: str
    established: bool = True


@dataclass(frozen=True, slots=True)
class People:
    """Who comes into a company: accounts by key, its first owner, its story, and who writes documents from when."""

    cast: Mapping[str, AccountRow]
    owner: str
    pending_owner: bool
    story: Sequence[Event]
    authors: Sequence[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Trading:
    """What a company sells to whom, the apps whose columns it fills, and how many documents it makes."""

    features: frozenset[str]
    retail: bool
    prices: PriceList
    clientele: Clientele
    volume: Volume


@dataclass(frozen=True, slots=True)
class CompanyPlan:
    """All that a company's rows follow from; `index` (0 to 999) tells companies apart in payment references."""

    index: int
    created: datetime
    identity: Identity
    people: People
    trading: Trading


def first_morning(today: date, days_ago: int) -> datetime:
    """The moment at which a company begins that is `days_ago` days old."""
    return morning(today - timedelta(days=days_ago))


def morning(day: date) -> datetime:
    """A quarter past eight: before anything happens on that day."""
    return datetime.combine(day, time(8, 15), UTC)


def build_company(plan: CompanyPlan, apps: Apps, today: date) -> Rows:
    """The rows of one company."""
    chance = stream("company", str(plan.index))
    company_id = uuid4(chance)
    founding = Founding(company_id, plan.created, plan.people.owner, plan.people.pending_owner)
    history = AccessHistory(founding, plan.people.cast, apps, stream("access", str(plan.index)))
    outcome = history.tell(plan.people.story)
    rows = Rows()
    rows.add([_company(plan, company_id, outcome, chance)])
    rows.write("company_settings", company_id=company_id, changed_at=plan.created)
    rows.add([*outcome.memberships, *outcome.company_apps, *outcome.app_grants, *outcome.changes])
    _trade(plan, company_id, today, rows)
    play(
        Scene(
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
    )
    return rows


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
    begin = plan.created.date()
    authors = [(begin + timedelta(days=day), plan.people.cast[who].id) for day, who in plan.people.authors]
    business = Business(company_id, plan.index, features, trading.retail, authors)
    till = Till(shelf, features, today, language)
    papers = make_documents(business, volume, customers.buyers(), till, stream("documents", key))
    rows.add([*customers.contacts, *customers.persons])
    rows.add([*shelf.groups, *shelf.products])
    rows.add([*papers.documents, *papers.lines])
