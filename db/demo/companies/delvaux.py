"""Bières Delvaux, a drinks wholesaler in Anderlecht: returnable packaging, two languages, three currencies."""

from datetime import date, timedelta

from db.demo.chance import first_morning, morning
from db.demo.companies.build import CompanyIdentity, CompanyPlan, People, Trading
from db.demo.people.cast import Shared
from db.demo.people.people import Name
from db.demo.people.stories import (
    AddExternal,
    Deactivate,
    Event,
    Grant,
    Invite,
    LetSupportIn,
    Revoke,
    activate_all,
    hire,
)
from db.demo.rows import AccountRow
from db.demo.trade.catalogue import DRINKS
from db.demo.trade.customers import CATERING_NAMES, Clientele
from db.demo.trade.documents import Volume
from db.demo.words.addresses import Address
from db.demo.words.places import BRUSSELS, FLANDERS

AGE = 990
"""Days since the company was created."""

SEASONS = (7, 7, 8, 9, 11, 12, 13, 12, 9, 8, 8, 13)
"""The weight of each month, January first: terraces and holidays."""

APPS = (
    "DISCOUNTS STOCK EMPTY_GOODS DELIVERY_NOTES ORDER_CONFIRMATIONS BARCODE_SCANNER PRODUCT_PHOTOS CURRENCIES "
    "FOREIGN_LANGUAGE_CUSTOMERS PURCHASES PRICE_TIERS CASH_TICKETS YUKI PEPPOL DELIVERY_DATE PONTO "
    "UNITS DELIVERY_ADDRESSES COMPOSITE_PRODUCTS"
)

SALES = "QUOTES INVOICES ORDER_CONFIRMATIONS DISCOUNTS CURRENCIES FOREIGN_LANGUAGE_CUSTOMERS PURCHASES"

STORY: tuple[Event, ...] = (
    *activate_all(0, "delvaux", "DISCOUNTS STOCK EMPTY_GOODS DELIVERY_NOTES PURCHASES ORDER_REFERENCE"),
    *activate_all(1, "delvaux", "CURRENCIES FOREIGN_LANGUAGE_CUSTOMERS ORDER_CONFIRMATIONS DELIVERY_DATE"),
    *hire(
        4,
        "an",
        "delvaux",
        SALES,
    ),
    *hire(9, "pieter", "delvaux", "DELIVERY_NOTES EMPTY_GOODS STOCK"),
    AddExternal(30, "compta", "delvaux"),
    *activate_all(60, "delvaux", "BARCODE_SCANNER PRODUCT_PHOTOS PRICE_TIERS CASH_TICKETS"),
    *activate_all(61, "delvaux", "UNITS DELIVERY_ADDRESSES COMPOSITE_PRODUCTS"),
    *hire(75, "olivier", "delvaux", "CASH_TICKETS CASH_BOOK PAYMENTS PRODUCT_PHOTOS BARCODE_SCANNER"),
    Revoke(140, "an", "PURCHASES", "delvaux"),
    Grant(150, "pieter", "BARCODE_SCANNER", "delvaux"),
    Grant(155, "an", "PRICE_TIERS", "delvaux"),
    *activate_all(260, "delvaux", "YUKI PONTO"),
    *hire(330, "noah", "delvaux", "STOCK EMPTY_GOODS DELIVERY_NOTES"),
    Revoke(420, "noah", "DELIVERY_NOTES", "delvaux"),
    Revoke(500, "pieter", "STOCK", "delvaux"),
    Grant(540, "pieter", "STOCK", "delvaux"),
    *activate_all(690, "delvaux", "PEPPOL"),
    Deactivate(780, "ORDER_REFERENCE", "delvaux"),
    LetSupportIn(790, "delvaux", for_days=7),
    Invite(AGE - 20, "hugo", "delvaux"),
)


def delvaux(today: date, shared: Shared) -> CompanyPlan:
    """The plan of Bières Delvaux. ORDER_REFERENCE is off today, but its documents still carry references."""
    return CompanyPlan(
        index=1,
        created=first_morning(today, AGE),
        identity=CompanyIdentity(
            "Bières Delvaux", "SA", Address("Quai de Veeweyde", "64", BRUSSELS[5]), "FR", "PREMIUM"
        ),
        people=People(
            cast=_cast(today, shared),
            owner="delvaux",
            pending_owner=False,
            story=STORY,
            authors=((0, "delvaux"), (5, "an"), (5, "an")),
        ),
        trading=Trading(
            features=frozenset((*APPS.split(), "ORDER_REFERENCE")),
            retail=False,
            prices=DRINKS,
            clientele=Clientele(BRUSSELS + FLANDERS, count=250, businesses=0.9, names=CATERING_NAMES, abroad=22),
            volume=Volume(
                first=today - timedelta(days=970),
                last=today - timedelta(days=1),
                quotes=140,
                invoices=1250,
                credited=0.05,
                seasons=SEASONS,
                unsent=3,
            ),
        ),
    )


def _cast(today: date, shared: Shared) -> dict[str, AccountRow]:
    def on(day: int, name: Name, login: str) -> AccountRow:
        return shared.accounts.add(name, morning(today - timedelta(days=AGE - day)), login)

    return {
        "delvaux": on(0, Name("Isabelle", "Delvaux", "FR"), "delvaux"),
        "an": on(4, Name("An", "Mertens", "NL"), "an"),
        "pieter": on(9, Name("Pieter", "Wouters", "NL"), "pieter"),
        "olivier": on(75, Name("Olivier", "Bastin", "FR"), "olivier"),
        "hugo": shared.accounts.invite(Name("Hugo", "Delcourt", "FR"), morning(today - timedelta(days=20)), "hugo"),
        "noah": shared.noah,
        "compta": shared.accountant,
    }
