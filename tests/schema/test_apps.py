"""The catalogue of apps: its frozen positions, what requires what, and from which plan.

An app that is added at any place of its kind passes as it is; what is fixed is that of the released apps.
"""

from collections import Counter
from graphlib import TopologicalSorter
from itertools import groupby

import pytest
import strawberry

from db.tables.metadata import APPS
from schema.apps import CATALOGUE, App, AppKind, Plan, dependents, requirements

# The bit of each released app in stored permission masks, counted from 0: append only, never reorder, never reuse.
POSITIONS = """
    CUSTOMERS PRODUCTS QUOTES INVOICES CREDIT_NOTES PAYMENTS PAYMENT_ACCOUNTS CASH_BOOK INVOICE_QR SUBSCRIPTIONS
    PURCHASES DELIVERY_ADDRESSES SITE_ADDRESSES AGENDA CURRENCIES DELIVERY_NOTES SELF_BILLING EXTRA_TEXT_FIELDS
    FOREIGN_LANGUAGE_CUSTOMERS CLIMAPULSE GL_ACCOUNTS ORDER_CONFIRMATIONS STANDARD_EMAILS DELIVERY_DATE
    QUOTE_REQUESTS PAYMENT_REQUESTS EMPTY_GOODS TIME_TRACKING STOCK RECEIPTS_JOURNAL BARCODE_SCANNER MAILCHIMP
    PERIODIC_MAINTENANCE PURCHASE_ORDERS WORK_ORDERS PRODUCT_PHOTOS COMPOSITE_PRODUCTS PROJECTS PROSPECTS
    DEBT_COLLECTION ORDER_REFERENCE DISCOUNTS LINE_DATES PRICE_TIERS TASKS CASH_TICKETS TWIKEY UNITS DASHBOARD
    COMPANY_INFO DEFAULT_VALUES EMAIL_SETTINGS ATTACHMENTS JOURNALS NUMBERING REMINDERS CUSTOM_FIELDS LEGAL_NOTICES
    TEMPLATES DATA_IMPORT DATA_EXPORT REPORTS PROCESSING_LISTS ONLINE_SIGNATURE EMAIL_SENDING POSTAL_MAIL API_ACCESS
    CODABOX_BANK PONTO ACCOWIN ACTA_B_LEXACT ADIX ADMISOL ADSOLUT ALLEGRO BASECONE BILLTOBOX BRILJANT_ACCOUNT
    CLEARFACTS CODABOX_ACCOUNTING EXACT_ONLINE EXACT_PROACC EXPERT_M HORUS OCTOPUS OFFICEM SAGE_BOB TAX_ADVISOR
    TOP_ACCOUNT TWINFIELD VENICE VERO_COUNT WINAUDITOR WINBOOKS_CONNECT WINGS YUKI ZENVOICES SHOPIFY WOOCOMMERCE
    APOK CEBEO DESCO FACQ REXEL STG VAN_MARCKE MOLLIE PAYCONIQ SEPA_EPC_QR E_BOX_ENTERPRISE ENFACT_DRIVE
    GOOGLE_DRIVE DROPBOX SFTP ONEDRIVE PEPPOL
"""

RELEASED = {App(name): position for position, name in enumerate(POSITIONS.split())}
ENTRIES = [CATALOGUE[app] for app in RELEASED]
ALWAYS_ACTIVE = {AppKind.BASE, AppKind.PART}


@strawberry.type
class Query:
    @strawberry.field
    def every_app(self) -> list[App]:
        return list(App)

    @strawberry.field
    def position(self, app: App) -> int:
        return CATALOGUE[app].position


def test_positions_are_frozen() -> None:
    assert {app: CATALOGUE[app].position for app in RELEASED} == RELEASED
    assert len(RELEASED) == 116


def test_a_new_app_has_a_new_bit_of_the_mask() -> None:
    assert len({entry.position for entry in CATALOGUE.values()}) == len(App)
    assert all(len(RELEASED) <= CATALOGUE[app].position < APPS for app in App if app not in RELEASED)


def test_counts_per_kind() -> None:
    counts = Counter(entry.kind for entry in ENTRIES)
    assert counts == {AppKind.BASE: 9, AppKind.APP: 39, AppKind.PART: 19, AppKind.CONNECTION: 49}


def test_catalogue_is_in_declaration_order_and_grouped_by_kind() -> None:
    assert list(CATALOGUE) == list(App)
    assert [kind for kind, _ in groupby(entry.kind for entry in CATALOGUE.values())] == list(AppKind)


def test_each_entry_is_filed_under_its_own_app() -> None:
    assert all(entry.app is app for app, entry in CATALOGUE.items())


def test_every_app_has_a_category_and_those_of_connections_are_their_own() -> None:
    assert Counter(entry.category for entry in ENTRIES) == {
        "SALES": 20,
        "PRODUCTS": 8,
        "MONEY": 10,
        "PURCHASING": 3,
        "WORK": 7,
        "FIGURES": 2,
        "SETTINGS": 9,
        "FILES": 5,
        "DATA": 3,
        "BANK": 2,
        "ACCOUNTING": 28,
        "WEBSHOP": 2,
        "SUPPLIER": 7,
        "ONLINE_PAYMENT": 3,
        "BUSINESS_DOCUMENTS": 1,
        "STORAGE": 5,
        "EINVOICE": 1,
    }
    of_connections = {entry.category for entry in ENTRIES if entry.kind is AppKind.CONNECTION}
    assert of_connections.isdisjoint(entry.category for entry in ENTRIES if entry.kind is not AppKind.CONNECTION)


def test_only_customers_and_products_are_always_visible() -> None:
    assert [app for app, entry in CATALOGUE.items() if entry.always_visible] == [App.CUSTOMERS, App.PRODUCTS]


def test_direct_requirements() -> None:
    assert {entry.app: entry.requires for entry in ENTRIES if entry.requires} == {
        App.SELF_BILLING: (App.PURCHASES,),
        App.CLIMAPULSE: (App.WORK_ORDERS,),
        App.QUOTE_REQUESTS: (App.PROSPECTS,),
        App.PERIODIC_MAINTENANCE: (App.WORK_ORDERS,),
        App.PURCHASE_ORDERS: (App.PURCHASES,),
        App.WORK_ORDERS: (App.TIME_TRACKING,),
    }


def test_requirements_are_acyclic() -> None:
    TopologicalSorter({app: entry.requires for app, entry in CATALOGUE.items()}).prepare()


@pytest.mark.parametrize(
    ("app", "required"),
    [
        (App.CLIMAPULSE, (App.TIME_TRACKING, App.WORK_ORDERS)),
        (App.WORK_ORDERS, (App.TIME_TRACKING,)),
        (App.QUOTE_REQUESTS, (App.PROSPECTS,)),
        (App.TIME_TRACKING, ()),
    ],
)
def test_requirements_are_transitive_and_in_activation_order(app: App, required: tuple[App, ...]) -> None:
    assert requirements(app) == required


def test_dependents_are_transitive_and_in_catalogue_order() -> None:
    found = {app: [other for other in dependents(app) if other in RELEASED] for app in RELEASED}
    assert found[App.TIME_TRACKING] == [App.CLIMAPULSE, App.PERIODIC_MAINTENANCE, App.WORK_ORDERS]
    assert found[App.PURCHASES] == [App.SELF_BILLING, App.PURCHASE_ORDERS]
    assert found[App.CLIMAPULSE] == []


def test_what_is_always_active_requires_only_what_is_always_active() -> None:
    for app, entry in CATALOGUE.items():
        if entry.kind in ALWAYS_ACTIVE:
            assert {CATALOGUE[needed].kind for needed in requirements(app)} <= ALWAYS_ACTIVE, app


def test_what_is_always_active_is_in_every_plan() -> None:
    assert {entry.plan for entry in CATALOGUE.values() if entry.kind in ALWAYS_ACTIVE} == {Plan.FREE}


def test_an_app_is_not_in_a_lower_plan_than_what_it_requires() -> None:
    for app, entry in CATALOGUE.items():
        assert all(entry.plan.covers(CATALOGUE[needed].plan) for needed in requirements(app)), app


def test_which_apps_need_a_plan() -> None:
    planning = {App.AGENDA, App.WORK_ORDERS, App.TIME_TRACKING, App.PERIODIC_MAINTENANCE, App.PROJECTS, App.CLIMAPULSE}
    suppliers = {entry.app for entry in ENTRIES if entry.category == "SUPPLIER"}
    assert {entry.app for entry in ENTRIES if entry.plan is Plan.PREMIUM} == planning | suppliers
    assert {entry.app for entry in ENTRIES if entry.plan is Plan.PRO} == {App.CURRENCIES, App.UNITS}


def test_a_plan_covers_itself_and_the_lower_ones() -> None:
    covered = {plan: [other for other in Plan if plan.covers(other)] for plan in Plan}
    assert covered == {
        Plan.FREE: [Plan.FREE],
        Plan.PRO: [Plan.FREE, Plan.PRO],
        Plan.PREMIUM: [Plan.FREE, Plan.PRO, Plan.PREMIUM],
    }


def test_an_app_is_found_by_its_name_alone() -> None:
    assert all(App(app.name) is app and app.value == app.name for app in App)
    with pytest.raises(ValueError, match="USERS"):
        App("USERS")


def test_apps_travel_through_graphql_by_name_and_are_described() -> None:
    schema = strawberry.Schema(Query)
    result = schema.execute_sync(
        """query ($app: App!) {
            everyApp
            literal: position(app: PONTO)
            variable: position(app: $app)
            __type(name: "App") { enumValues { name description } }
        }""",
        {"app": "PEPPOL"},
    )
    assert result.errors is None
    assert result.data is not None
    assert result.data["everyApp"] == [app.name for app in App]
    assert (result.data["literal"], result.data["variable"]) == (68, 115)
    described = {value["name"]: value["description"] for value in result.data["__type"]["enumValues"]}
    assert described == {app.name: entry.description for app, entry in CATALOGUE.items()}
