"""Chauffage Lambert, an installer in the region of Liège: years of documents, a dozen people, the longest story."""

from datetime import date, timedelta

from db.demo.chance import first_morning, morning
from db.demo.companies.build import CompanyIdentity, CompanyPlan, People, Trading
from db.demo.people.cast import Shared
from db.demo.people.people import Name
from db.demo.people.stories import (
    Activate,
    AddExternal,
    Deactivate,
    Event,
    ExtendExternal,
    Grant,
    Invite,
    RemoveExternal,
    RemoveUser,
    Revoke,
    SetRole,
    activate_all,
    hire,
)
from db.demo.rows import AccountRow
from db.demo.trade.catalogue import HEATING
from db.demo.trade.customers import BUSINESS_NAMES, Clientele
from db.demo.trade.documents import Volume
from db.demo.words.addresses import Address
from db.demo.words.places import LIEGE

AGE = 1130
"""Days since the company was created."""

SEASONS = (12, 11, 9, 7, 5, 4, 3, 4, 8, 11, 13, 12)
"""The weight of each month, January first: heating breaks down in winter."""

APPS = (
    "DISCOUNTS PURCHASES DELIVERY_DATE ORDER_REFERENCE EXTRA_TEXT_FIELDS GL_ACCOUNTS TIME_TRACKING WORK_ORDERS "
    "AGENDA TASKS UNITS SITE_ADDRESSES PROJECTS PROSPECTS LINE_DATES CEBEO FACQ VAN_MARCKE CODABOX_BANK PEPPOL "
    "STANDARD_EMAILS PERIODIC_MAINTENANCE PURCHASE_ORDERS CLIMAPULSE"
)

FIELD_WORK = "WORK_ORDERS TIME_TRACKING AGENDA"

STORY: tuple[Event, ...] = (
    *activate_all(0, "lambert", "DISCOUNTS PURCHASES DELIVERY_DATE ORDER_REFERENCE EXTRA_TEXT_FIELDS GL_ACCOUNTS"),
    AddExternal(3, "former", "lambert", for_days=365),
    *hire(5, "sophie", "lambert", "QUOTES INVOICES CREDIT_NOTES PAYMENTS EMAIL_SENDING REMINDERS DASHBOARD"),
    *activate_all(12, "lambert", "TIME_TRACKING WORK_ORDERS AGENDA TASKS UNITS SITE_ADDRESSES"),
    *hire(15, "marc", "lambert", f"{FIELD_WORK} TASKS", joins_after=3),
    Grant(20, "sophie", "DISCOUNTS", "lambert"),
    Grant(20, "sophie", "GL_ACCOUNTS", "lambert"),
    *hire(40, "karim", "lambert", f"{FIELD_WORK} TASKS"),
    *hire(90, "luc", "lambert", "PURCHASES UNITS"),
    *hire(120, "julie", "lambert", "QUOTES INVOICES AGENDA DASHBOARD"),
    *hire(200, "eva", "lambert", FIELD_WORK),
    Grant(230, "eva", "TASKS", "lambert"),
    *activate_all(300, "lambert", "MAILCHIMP STANDARD_EMAILS"),
    Revoke(310, "sophie", "GL_ACCOUNTS", "lambert"),
    ExtendExternal(330, "former", "lambert", for_days=70),
    *activate_all(365, "lambert", "PROJECTS PROSPECTS LINE_DATES CEBEO FACQ VAN_MARCKE PURCHASE_ORDERS"),
    *(Grant(366, "luc", app, "lambert") for app in ("CEBEO", "FACQ", "VAN_MARCKE", "PURCHASE_ORDERS")),
    AddExternal(390, "compta", "lambert"),
    RemoveExternal(395, "former", "lambert"),
    *hire(420, "noah", "lambert", "QUOTES INVOICES DISCOUNTS PURCHASES"),
    Revoke(455, "noah", "PURCHASES", "lambert"),
    Deactivate(470, "LINE_DATES", "lambert"),
    Activate(500, "CODABOX_BANK", "lambert"),
    Deactivate(520, "MAILCHIMP", "lambert"),
    Grant(540, "karim", "PROJECTS", "lambert"),
    RemoveUser(560, "marc", "lambert"),
    Revoke(600, "eva", "TASKS", "lambert"),
    Activate(610, "LINE_DATES", "lambert"),
    Revoke(640, "eva", "WORK_ORDERS", "lambert"),
    SetRole(700, "julie", "OWNER", "lambert"),
    Grant(760, "eva", "WORK_ORDERS", "julie"),
    Grant(765, "sophie", "GL_ACCOUNTS", "julie"),
    Revoke(790, "karim", "PROJECTS", "julie"),
    *activate_all(820, "julie", "PEPPOL PERIODIC_MAINTENANCE CLIMAPULSE"),
    Grant(821, "sophie", "PEPPOL", "julie"),
    Invite(AGE - 6, "thomas", "julie"),
    Grant(AGE - 6, "thomas", "WORK_ORDERS", "julie"),
    Grant(AGE - 6, "thomas", "TIME_TRACKING", "julie"),
    Grant(AGE - 5, "karim", "PURCHASES", "lambert", for_days=180),
)


def lambert(today: date, shared: Shared) -> CompanyPlan:
    """The plan of Chauffage Lambert."""
    return CompanyPlan(
        index=0,
        created=first_morning(today, AGE),
        identity=CompanyIdentity(
            "Chauffage Lambert", "SRL", Address("Rue de Campine", "318", LIEGE[0]), "FR", "PREMIUM"
        ),
        people=People(
            cast=_cast(today, shared),
            owner="lambert",
            pending_owner=False,
            story=STORY,
            authors=((0, "lambert"), (6, "sophie"), (6, "sophie"), (121, "julie"), (421, "noah"), (421, "noah")),
        ),
        trading=Trading(
            features=frozenset(APPS.split()),
            retail=False,
            prices=HEATING,
            clientele=Clientele(LIEGE, count=400, businesses=0.3, names=BUSINESS_NAMES, prospects=32),
            volume=Volume(
                first=today - timedelta(days=1096),
                last=today - timedelta(days=1),
                quotes=880,
                invoices=1500,
                credited=0.045,
                seasons=SEASONS,
                unsent=3,
            ),
        ),
    )


def _cast(today: date, shared: Shared) -> dict[str, AccountRow]:
    def on(day: int, first: str, last: str, login: str) -> AccountRow:
        return shared.accounts.add(Name(first, last, "FR"), morning(today - timedelta(days=AGE - day)), login)

    return {
        "lambert": on(0, "Philippe", "Lambert", "lambert"),
        "sophie": on(5, "Sophie", "Collard", "sophie"),
        "marc": on(15, "Marc", "Piron", "marc"),
        "karim": on(40, "Karim", "Benali", "karim"),
        "luc": on(90, "Luc", "Thiry", "luc"),
        "julie": on(120, "Julie", "Lambert", "julie"),
        "eva": on(200, "Eva", "Dethier", "eva"),
        "noah": shared.noah,
        "thomas": shared.accounts.invite(Name("Thomas", "Evrard", "FR"), morning(today - timedelta(days=6)), "thomas"),
        "former": shared.former_accountant,
        "compta": shared.accountant,
    }
