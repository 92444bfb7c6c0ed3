"""The sixty small companies of the accountant, each made from its trade, its number and random values."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from db.demo.apps import Apps
from db.demo.chance import first_morning, happens, morning, stream
from db.demo.companies.build import TRIAL, CompanyIdentity, CompanyPlan, People, Trading
from db.demo.companies.trades import TRADES, Trade
from db.demo.people.cast import Shared
from db.demo.people.people import Name
from db.demo.people.stories import (
    Activate,
    AddExternal,
    ChangePlan,
    Deactivate,
    Event,
    ExtendTrial,
    Grant,
    Join,
    activate_all,
    hire,
)
from db.demo.rows import AccountRow
from db.demo.trade.customers import BUSINESS_NAMES, Clientele
from db.demo.trade.documents import Volume
from db.demo.words.addresses import address
from db.demo.words.names import FIRST_NAMES, SURNAMES
from db.demo.words.places import BRUSSELS, FLANDERS, LIEGE, WALLONIA, Town

COUNT = 60
IN_TRIAL, AFTER_TRIAL = 21, 40
"""The numbers of two clients, both on FREE, to whom the operator gave a trial again: of one it ends in two days, the
apps of the other have slept for ten."""

UPGRADED = 46
"""The number of a client whose owner took PREMIUM as the trial ended."""
WORKERS_TOGGLES = ("QUOTES INVOICES", "INVOICES PAYMENTS", "QUOTES", "")


@dataclass(frozen=True, slots=True)
class _Client:
    """The facts about a client from which its story is made."""

    number: int
    trade: Trade
    plan: str
    age: int
    made_by_accountant: bool
    owner: Name
    worker: Name | None


def client_plans(today: date, shared: Shared, apps: Apps) -> Iterator[CompanyPlan]:
    """The plans of all sixty companies, oldest first."""
    surnames = {language: stream("owners", language).sample(names, len(names)) for language, names in SURNAMES.items()}
    ages = sorted(stream("ages").sample(range(150, 1100), COUNT), reverse=True)
    for number, age in enumerate(ages):
        chance = stream("client", str(number))
        trade = TRADES[number % len(TRADES)]
        last = surnames[trade.language].pop()
        client = _Client(
            number=number,
            trade=trade,
            plan=chance.choices(("FREE", "PRO", "PREMIUM"), (50, 40, 10))[0],
            age=age,
            made_by_accountant=happens(chance, 0.35),
            owner=Name(chance.choice(FIRST_NAMES[trade.language]), last, trade.language),
            worker=_worker(chance, trade.language) if happens(chance, 0.3) else None,
        )
        yield _plan(client, today, shared, apps, chance)


def _worker(chance: Random, language: str) -> Name:
    return Name(chance.choice(FIRST_NAMES[language]), chance.choice(SURNAMES[language]), language)


def _plan(client: _Client, today: date, shared: Shared, apps: Apps, chance: Random) -> CompanyPlan:
    wished = [*client.trade.apps, "PEPPOL"]
    kept = [app for app in wished if apps.allowed(app, client.plan)]
    tried = [app for app in wished if app not in kept]
    quiet = client.made_by_accountant and happens(chance, 0.25)
    return CompanyPlan(
        index=client.number + 2,
        created=first_morning(today, client.age),
        identity=CompanyIdentity(
            name=chance.choice(client.trade.names).format(client.owner.last),
            legal_form=chance.choice(
                ("SRL", "SRL", "SNC", None) if client.owner.language == "FR" else ("BV", "BV", None)
            ),
            address=address(chance, _region(client.trade.language, chance)),
            language=client.trade.language,
            plan=client.plan,
            established=not quiet,
        ),
        people=People(
            cast=_cast(client, today, shared),
            owner="owner",
            pending_owner=client.made_by_accountant,
            story=_story(client, kept, tried, apps, chance),
            authors=((0, "owner"), *(((31, "worker"),) if client.worker else ())),
        ),
        trading=_trading(client, kept, today, chance),
    )


def _region(language: str, chance: Random) -> tuple[Town, ...]:
    return FLANDERS if language == "NL" else chance.choice((LIEGE, LIEGE, WALLONIA, BRUSSELS))


def _cast(client: _Client, today: date, shared: Shared) -> dict[str, AccountRow]:
    begin = today - timedelta(days=client.age)
    cast = {"owner": shared.accounts.add(client.owner, morning(begin)), "compta": shared.accountant}
    if client.worker:
        cast["worker"] = shared.accounts.add(client.worker, morning(begin + timedelta(days=30)))
    return cast


def _story(client: _Client, kept: list[str], tried: list[str], apps: Apps, chance: Random) -> list[Event]:
    """The events: sign-up, a trial with the apps `tried`, and after it the apps `kept`."""
    begin: list[Event] = (
        [AddExternal(0, "compta", "compta", created_company=True), Join(2, "owner")]
        if client.made_by_accountant
        else [AddExternal(chance.randint(1, 90), "compta", "owner")]
    )
    story = [*begin, *activate_all(3, "owner", " ".join(tried + kept[:-1]))]
    story += [Deactivate(TRIAL.days, app, None) for app in _ended(tried, kept, apps)]
    story += [Activate(chance.randint(20, 140), app, "owner") for app in kept[-1:]]
    if client.number == UPGRADED:
        story.append(ChangePlan(TRIAL.days - 1, "FREE", client.plan, "owner"))
    if client.number in (IN_TRIAL, AFTER_TRIAL):
        story += _tried_again(client, tried)
    if client.worker:
        toggles = " ".join([chance.choice(WORKERS_TOGGLES), *kept[:1]])
        story += (
            hire(30, "worker", "owner", toggles) if kept[-1:] != kept[:1] else hire(141, "worker", "owner", toggles)
        )
    return story


def _tried_again(client: _Client, tried: list[str]) -> list[Event]:
    """A second trial, given by the operator, with the same apps; the worker gets them, too."""
    begin = client.age - (12 if client.number == IN_TRIAL else 40)
    events: list[Event] = [ExtendTrial(begin, 14 if client.number == IN_TRIAL else 30)]
    events += activate_all(begin + 1, "owner", " ".join(tried))
    return [*events, *(Grant(begin + 2, "worker", app, "owner") for app in tried if client.worker)]


def _ended(tried: list[str], kept: list[str], apps: Apps) -> list[str]:
    """The apps that end with the trial, ordered so that an app comes before those that it requires."""
    needed: list[str] = []
    for app in tried:
        needed += [app, *apps.by_id[app].requires]
    return [app for app in dict.fromkeys(needed) if app not in kept]


def _trading(client: _Client, kept: list[str], today: date, chance: Random) -> Trading:
    count = chance.randint(5, 15)
    months = client.age // 30
    return Trading(
        features=frozenset(kept),
        retail=client.trade.retail,
        prices=client.trade.prices,
        clientele=Clientele(
            towns=FLANDERS if client.trade.language == "NL" else LIEGE + WALLONIA,
            count=count,
            businesses=0.2 if client.trade.retail else 0.55,
            names=BUSINESS_NAMES,
            prospects=1 if "PROSPECTS" in kept else 0,
        ),
        volume=Volume(
            first=today - timedelta(days=client.age - 25),
            last=today - timedelta(days=1),
            quotes=chance.randint(0, 8),
            invoices=min(chance.randint(4, 26), months),
            credited=0.06,
            monthly=3 if client.plan == "FREE" else None,
        ),
    )
