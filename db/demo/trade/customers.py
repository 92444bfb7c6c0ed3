"""The customers, prospects and contact persons of a company."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from db.belgium import vat_number
from db.demo.chance import happens, office_hour, spread, uuid7
from db.demo.people.people import Name, person, slug
from db.demo.rows import ContactPersonRow, ContactRow
from db.demo.words.addresses import Address, address, enterprise, foreign_vat_number, mobile, phone
from db.demo.words.names import JOBS
from db.demo.words.places import ABROAD, Town
from db.demo.words.wording import CUSTOMER_NOTES

BUSINESS_NAMES = {
    "FR": (
        "{} SRL", "Ets {}", "{} & Fils SRL", "Garage {}", "Boulangerie {}", "Pharmacie {}", "Immobilière {}",
        "Résidence {}",
        "Cabinet {}", "Construct {}", "Fiduciaire {}", "Centre médical {}", "École communale {}", "Copropriété {}",
    ),
    "NL": ("{} BV", "Bouwwerken {}", "Garage {}", "Apotheek {}", "Immo {}", "Drukkerij {}", "{} & Zonen BV",
    "Kantoor {}"),
}  # fmt: skip

CATERING_NAMES = {
    "FR": (
        "Café {}", "Brasserie {}", "Taverne {}", "Friterie {}", "Restaurant {}", "Hôtel {}", "Le Comptoir de {}",
        "Night-shop {}",
        "Salle des fêtes {}", "Traiteur {}", "Bar {}", "Pizzeria {}", "Buvette RFC {}", "Camping {}",
    ),
    "NL": (
        "Café {}", "Brasserie {}", "Frituur {}", "Hotel {}", "Feestzaal {}", "Taverne {}", "Eethuis {}",
        "Kantine KFC {}",
        "Drankenhandel {}", "Bistro {}", "Traiteur {}", "Bakkerij {}",
    ),
    "EN": ("{} Arms Ltd", "{} Belgian Beers Ltd", "{} Imports"),
    "DE": ("{} Getränke AG", "Gasthof {}", "Hotel {}"),
}  # fmt: skip

AUTHORITIES = ("École communale",)
"""The beginnings of the names of public bodies."""

TREATMENTS = {"45": "REVERSE_CHARGE", "46": "INTRA_COMMUNITY_GOODS", "47": "EXPORT"}
"""The VAT treatments of sales, by their box of the VAT return."""

CHANNELS = ("site web", "téléphone", "bouche à oreille", "salon", "partenaire")
CAMPAIGNS = (
    ("google", "cpc", "chaudieres-hiver"),
    ("facebook", "social", "primes-energie"),
    ("newsletter", "email", "rentree"),
    ("batibouw", "salon", None),
)


@dataclass(frozen=True, slots=True)
class Clientele:
    """The kind of customers of a company: towns, number, share of businesses, names, foreigners and prospects."""

    towns: tuple[Town, ...]
    count: int
    businesses: float
    names: dict[str, tuple[str, ...]]
    abroad: int = 0
    prospects: int = 0


@dataclass(frozen=True, slots=True)
class Customers:
    """The rows; `contacts` includes the prospects."""

    contacts: list[ContactRow]
    persons: list[ContactPersonRow]

    def buyers(self) -> list[ContactRow]:
        """The customers, for whom documents can be made; prospects are not among them."""
        return [contact for contact in self.contacts if contact.is_customer]


@dataclass(frozen=True, slots=True)
class Market:
    """The company of the customers: its features, and the days in which customers came."""

    company_id: UUID
    features: frozenset[str]
    language: str
    first: date
    last: date


def find_customers(clientele: Clientele, market: Market, chance: Random) -> Customers:
    """All customers and prospects, numbered in order of arrival. Half of the customers came in the first days."""
    early = market.first + timedelta(days=20)
    half = clientele.count // 2
    days = [market.first] * 3 + spread(chance, market.first, early, half)
    days += spread(chance, early, market.last, clientele.count + clientele.prospects - len(days))
    prospects = set(chance.sample(range(half, len(days)), clientele.prospects))
    foreign = set(chance.sample(sorted(set(range(len(days))) - prospects), clientele.abroad))
    found = Customers([], [])
    for number, at in enumerate(sorted(office_hour(day, chance) for day in days), start=1):
        towns = ABROAD if number - 1 in foreign else clientele.towns
        place = address(chance, towns)
        maker = _Maker(clientele, market, chance, place, at)
        contact = maker.contact(number, prospect=number - 1 in prospects, foreign=number - 1 in foreign)
        found.contacts.append(contact)
        found.persons.extend(maker.persons(contact))
    return found


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes one contact."""

    clientele: Clientele
    market: Market
    chance: Random
    place: Address
    at: datetime

    def contact(self, number: int, *, prospect: bool, foreign: bool) -> ContactRow:
        chance, market, town = self.chance, self.market, self.place.town
        business = foreign or happens(chance, self.clientele.businesses)
        who = person(chance, town.language)
        name = self._business_name(who) if business else f"{who.first} {who.last}"
        vat = self._vat_number(business=business)
        had_prospect = "PROSPECTS" in market.features and (prospect or happens(chance, 0.12))
        source = chance.choice(CAMPAIGNS) if had_prospect and happens(chance, 0.7) else (None, None, None)
        discount, discount_type = self._discount(business=business)
        settles = "DISCOUNTS" in market.features and business and happens(chance, 0.12)
        bare = happens(chance, 0.03)
        return ContactRow(
            company_id=market.company_id,
            id=uuid7(self.at, chance),
            sequence_number=number,
            number=f"C{number:05d}",
            name=name,
            kind="PUBLIC" if name.startswith(AUTHORITIES) else "BUSINESS" if business else "CONSUMER",
            vat_number=vat,
            is_customer=not prospect,
            street=None if bare else self.place.street,
            street_number=None if bare or happens(chance, 0.01) else self.place.number,
            postcode=None if bare else town.postcode,
            city=None if bare else town.name,
            country=town.country,
            language=self._language(town),
            currency=self._currency(town),
            phone=self._maybe(0.55, phone),
            mobile=self._maybe(0.6, mobile),
            email=self._email(name, who, business=business) if happens(chance, 0.88) else None,
            website=f"https://www.{slug(name)}.test" if business and happens(chance, 0.4) else None,
            vat_exception=(box := self._vat_exception(vat)),
            vat_treatment=TREATMENTS[box] if box else None,
            payment_term_days=chance.choice((30, 30, 30, 14, 45, 60)) if business else chance.choice((14, 14, 30, 8)),
            discount=discount,
            discount_type=discount_type,
            settlement_discount=Decimal(2) if settles else None,
            settlement_term_days=8 if settles else None,
            prospect_since=self.at - timedelta(days=chance.randint(3, 20)) if had_prospect else None,
            utm_source=source[0],
            utm_medium=source[1],
            utm_campaign=source[2],
            channel=chance.choice(CHANNELS) if had_prospect and happens(chance, 0.8) else None,
            note=chance.choice(CUSTOMER_NOTES[market.language]) if happens(chance, 0.12) else None,
            created_at=self.at,
        )

    def persons(self, contact: ContactRow) -> list[ContactPersonRow]:
        """Up to three contact persons of a business; none of a private customer."""
        count = self.chance.choice((1, 1, 2, 3)) if contact.vat_number else int(happens(self.chance, 0.05))
        return [self._person(contact, index) for index in range(count)]

    def _person(self, contact: ContactRow, index: int) -> ContactPersonRow:
        who = person(self.chance, contact.language)
        at = self.at + timedelta(seconds=30 * (index + 1))
        return ContactPersonRow(
            company_id=contact.company_id,
            id=uuid7(at, self.chance),
            customer_id=contact.id,
            first_name=who.first,
            last_name=who.last,
            email=f"{slug(who.first)}@{slug(contact.name)}.test" if happens(self.chance, 0.8) else None,
            phone=self._maybe(0.7, mobile),
            job_title=self.chance.choice(JOBS[who.language if who.language in JOBS else "FR"])
            if happens(self.chance, 0.75)
            else None,
        )

    def _maybe(self, share: float, make: Callable[[Random, Town], str]) -> str | None:
        return make(self.chance, self.place.town) if happens(self.chance, share) else None

    def _business_name(self, who: Name) -> str:
        names = self.clientele.names
        pattern = self.chance.choice(names.get(who.language) or names["FR"])
        return pattern.format(who.last)

    def _email(self, name: str, who: Name, *, business: bool) -> str:
        if business:
            return f"{self.chance.choice(('info', 'contact', 'facturation'))}@{slug(name)}.test"
        return f"{slug(who.first)}.{slug(who.last)}@courrier.test"

    def _vat_number(self, *, business: bool) -> str | None:
        if not business:
            return None
        country = self.place.town.country
        if country != "BE":
            return foreign_vat_number(self.chance, country)
        return vat_number(enterprise(self.chance)) if happens(self.chance, 0.92) else None

    def _vat_exception(self, vat: str | None) -> str | None:
        if self.place.town.country != "BE":
            return "46" if vat else "47"
        builds = "WORK_ORDERS" in self.market.features or "SITE_ADDRESSES" in self.market.features
        return "45" if builds and vat and happens(self.chance, 0.3) else None

    def _discount(self, *, business: bool) -> tuple[Decimal | None, str | None]:
        if "DISCOUNTS" not in self.market.features or not business or not happens(self.chance, 0.25):
            return None, None
        return Decimal(self.chance.choice((2, 3, 5, 5, 7))), "PERCENT"

    def _language(self, town: Town) -> str:
        return town.language if "FOREIGN_LANGUAGE_CUSTOMERS" in self.market.features else self.market.language

    def _currency(self, town: Town) -> str:
        foreign = {"GB": "GBP", "CH": "CHF"}.get(town.country, "EUR")
        return foreign if "CURRENCIES" in self.market.features else "EUR"
