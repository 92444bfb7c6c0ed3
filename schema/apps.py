"""The catalogue of apps, which an owner can switch on or off for each employee.

To add an app, add its line to `App`, at any place among those of its kind, with the next free position, and its texts
to schema/locale. Its place is its place in lists; its position never changes, which each database checks, too.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import strawberry
from strawberry.types.enum import EnumValueDefinition

from schema.localization.language import Language
from schema.localization.translate import translate


@strawberry.enum(description="What sort of thing an app is, and by that whether a company has to activate it.")
class AppKind(enum.Enum):
    """The kinds of app; BASE and PART are active for every company, APP and CONNECTION where activated."""

    BASE = strawberry.enum_value("BASE", description="A base module, active for every company.")
    APP = strawberry.enum_value("APP", description="A module that a company activates.")
    PART = strawberry.enum_value("PART", description="A part of the product around the modules, always active.")
    CONNECTION = strawberry.enum_value(
        "CONNECTION", description="A link with another service that a company activates."
    )


@strawberry.enum(description="What a company pays for, lowest plan first.")
class Plan(enum.Enum):
    """The plans in rising order: each includes the ones before it."""

    FREE = strawberry.enum_value("FREE", description="Up to three sales invoices a month, without currencies or units.")
    PRO = strawberry.enum_value("PRO", description="Unlimited invoices, other currencies and units.")
    PREMIUM = strawberry.enum_value("PREMIUM", description="The Pro plan with planning and supplier connections.")

    def covers(self, needed: "Plan") -> bool:
        """True when this plan is `needed` or a higher one."""
        plans = list(Plan)
        return plans.index(self) >= plans.index(needed)


@dataclass(kw_only=True, eq=False)
class _Declared(EnumValueDefinition):
    """One line of `App`: the enum value that Strawberry reads, with the app's entry in the catalogue."""

    value: str = ""
    position: int
    kind: AppKind
    category: str
    label: str
    text: str
    always_visible: bool = False
    requires: Sequence[str] = ()
    plan: Plan = Plan.FREE

    def __post_init__(self) -> None:
        self.description = self.text


def _base(position: int, category: str, label: str, text: str, *, always_visible: bool = False) -> _Declared:
    return _Declared(
        position=position, kind=AppKind.BASE, category=category, label=label, text=text, always_visible=always_visible
    )


def _app(
    position: int, category: str, label: str, text: str, *, plan: Plan = Plan.FREE, requires: Sequence[str] = ()
) -> _Declared:
    return _Declared(
        position=position, kind=AppKind.APP, category=category, label=label, text=text, plan=plan, requires=requires
    )


def _planning(position: int, category: str, label: str, text: str, *, requires: Sequence[str] = ()) -> _Declared:
    return _app(position, category, label, text, plan=Plan.PREMIUM, requires=requires)


def _part(position: int, category: str, label: str, text: str) -> _Declared:
    return _Declared(position=position, kind=AppKind.PART, category=category, label=label, text=text)


def _connection(position: int, category: str, label: str, text: str, *, plan: Plan = Plan.FREE) -> _Declared:
    return _Declared(position=position, kind=AppKind.CONNECTION, category=category, label=label, text=text, plan=plan)


def _accounting(position: int, label: str, name: str | None = None) -> _Declared:
    return _connection(position, "ACCOUNTING", label, f"Sends your documents to {name or label}.")


def _webshop(position: int, label: str) -> _Declared:
    return _connection(position, "WEBSHOP", label, f"Turns the orders of your {label} shop into documents.")


def _supplier(position: int, label: str) -> _Declared:
    text = f"Looks up products and your net prices at {label}."
    return _connection(position, "SUPPLIER", label, text, plan=Plan.PREMIUM)


@strawberry.enum(description="The apps: modules, parts and connections that are switched on or off per employee.")
class App(enum.Enum):
    """The apps in catalogue order; each value is the app's own name."""

    _value_: str

    def __init__(self, declared: _Declared) -> None:
        declared.value = self.name
        self.declared = declared

    # Base modules: active for every company.
    CUSTOMERS = _base(0, "SALES", "Customers", "Keeps the people and companies you sell to.", always_visible=True)
    PRODUCTS = _base(
        1, "PRODUCTS", "Products", "Keeps the goods and services you sell, with their prices.", always_visible=True
    )
    QUOTES = _base(2, "SALES", "Quotes", "Offers a price to a customer, who can accept or refuse it.")
    INVOICES = _base(3, "SALES", "Invoices", "Bills your customers and follows what is due.")
    CREDIT_NOTES = _base(4, "SALES", "Credit notes", "Corrects or cancels an invoice that was already made.")
    PAYMENTS = _base(5, "MONEY", "Payments", "Records the money you receive and matches it with your invoices.")
    PAYMENT_ACCOUNTS = _base(6, "MONEY", "Accounts", "Keeps the bank and cash accounts that payments go through.")
    CASH_BOOK = _base(7, "MONEY", "Cash book", "Shows what came into and went out of the till, with the balance.")
    INVOICE_QR = _base(8, "MONEY", "QR on invoices", "Prints a QR code on invoices that customers scan to pay.")

    # Apps: a company activates them.
    SUBSCRIPTIONS = _app(9, "SALES", "Subscriptions", "Makes and sends the same invoice at regular intervals.")
    PURCHASES = _app(10, "PURCHASING", "Purchases", "Collects supplier invoices and receipts, and shows your margins.")
    DELIVERY_ADDRESSES = _app(11, "SALES", "Delivery addresses", "Keeps several delivery addresses per customer.")
    SITE_ADDRESSES = _app(12, "SALES", "Site addresses", "Keeps several building site addresses per customer.")
    AGENDA = _planning(13, "WORK", "Calendar", "Plans the appointments and the work of your whole team.")
    CURRENCIES = _app(
        14, "MONEY", "Other currencies", "Makes documents in another currency, at its exchange rate.", plan=Plan.PRO
    )
    DELIVERY_NOTES = _app(15, "SALES", "Delivery notes", "Makes delivery notes and turns several into one invoice.")
    SELF_BILLING = _app(
        16,
        "PURCHASING",
        "Self-billing purchase slips",
        "Makes the invoice for a seller who cannot.",
        requires=["PURCHASES"],
    )
    EXTRA_TEXT_FIELDS = _app(
        17, "SALES", "Additional text fields", "Adds text above the lines and titles between them."
    )
    FOREIGN_LANGUAGE_CUSTOMERS = _app(
        18, "SALES", "Foreign-language customers", "Writes to each customer in their own language."
    )
    CLIMAPULSE = _planning(
        19,
        "WORK",
        "Climapulse",
        "Links work orders to your Climapulse logbook of refrigerants.",
        requires=["WORK_ORDERS"],
    )
    GL_ACCOUNTS = _app(
        20, "MONEY", "General ledger accounts", "Gives products and lines the account your bookkeeper uses."
    )
    ORDER_CONFIRMATIONS = _app(21, "SALES", "Order confirmations", "Confirms to customers what they ordered.")
    STANDARD_EMAILS = _app(22, "SALES", "Preset e-mails", "Keeps ready-made e-mail texts for each kind of document.")
    DELIVERY_DATE = _app(23, "SALES", "Delivery date", "Adds a delivery date to documents.")
    QUOTE_REQUESTS = _app(
        24,
        "SALES",
        "Quote requests",
        "Gathers requests sent by e-mail and follows them to the quote.",
        requires=["PROSPECTS"],
    )
    PAYMENT_REQUESTS = _app(
        25, "SALES", "Payment requests", "Asks for a payment first and makes the invoice once it is paid."
    )
    EMPTY_GOODS = _app(
        26, "PRODUCTS", "Returnable packaging", "Charges a deposit on packaging and settles what is returned."
    )
    TIME_TRACKING = _planning(27, "WORK", "Time tracking", "Records working hours, their cost and what can be billed.")
    STOCK = _app(28, "PRODUCTS", "Stock management", "Follows what you have in stock and warns when it runs low.")
    RECEIPTS_JOURNAL = _app(
        29, "MONEY", "Daily receipts book", "Keeps the legal record of each day's takings per VAT rate."
    )
    BARCODE_SCANNER = _app(30, "PRODUCTS", "Barcode scanner", "Adds a product to a document by scanning its barcode.")
    MAILCHIMP = _app(31, "SALES", "MailChimp", "Sends your contacts to a MailChimp mailing list.")
    PERIODIC_MAINTENANCE = _planning(
        32,
        "WORK",
        "Periodic maintenance",
        "Plans the next maintenance and reminds your customer.",
        requires=["WORK_ORDERS"],
    )
    PURCHASE_ORDERS = _app(
        33,
        "PURCHASING",
        "Purchase orders",
        "Orders from a supplier and turns the order into a purchase.",
        requires=["PURCHASES"],
    )
    WORK_ORDERS = _planning(
        34,
        "WORK",
        "Work orders",
        "Keeps job sheets with materials, working time and travel.",
        requires=["TIME_TRACKING"],
    )
    PRODUCT_PHOTOS = _app(35, "PRODUCTS", "Product photo", "Adds a picture to each product.")
    COMPOSITE_PRODUCTS = _app(36, "PRODUCTS", "Composite products", "Sells several products together as one.")
    PROJECTS = _planning(37, "WORK", "Projects", "Follows a project by phase, and its budget against its costs.")
    PROSPECTS = _app(38, "SALES", "Prospects", "Follows possible customers until their first invoice.")
    DEBT_COLLECTION = _app(39, "MONEY", "Debt collection", "Hands an unpaid invoice over to a collection agency.")
    ORDER_REFERENCE = _app(40, "SALES", "Order reference", "Adds the customer's own order reference to documents.")
    DISCOUNTS = _app(41, "SALES", "Discounts", "Gives discounts per line, per document or for prompt payment.")
    LINE_DATES = _app(42, "SALES", "Date per line", "Puts a date on each line of a document.")
    PRICE_TIERS = _app(43, "PRODUCTS", "Price segments", "Gives each group of customers its own prices.")
    TASKS = _app(44, "WORK", "Tasks", "Keeps what is to be done, for whom and by when.")
    CASH_TICKETS = _app(45, "MONEY", "Cash register tickets", "Makes till tickets that show how they were paid.")
    TWIKEY = _app(46, "MONEY", "Twikey", "Collects your invoices by direct debit through Twikey.")
    UNITS = _app(
        47,
        "PRODUCTS",
        "Units of measure",
        "Adds a unit such as hour, metre or box to products and lines.",
        plan=Plan.PRO,
    )

    # Parts of the product: active for every company.
    DASHBOARD = _part(48, "FIGURES", "Dashboard", "Shows the main figures of your company at a glance.")
    COMPANY_INFO = _part(
        49, "SETTINGS", "Company information", "Keeps your company's address, phone, website and accounts."
    )
    DEFAULT_VALUES = _part(
        50, "SETTINGS", "Default values", "Sets the VAT rate, payment term and more for new documents."
    )
    EMAIL_SETTINGS = _part(
        51, "SETTINGS", "E-mail settings", "Sets from which address, and how, your e-mails are sent."
    )
    ATTACHMENTS = _part(52, "FILES", "Attachments", "Adds files such as your terms and conditions to documents.")
    JOURNALS = _part(53, "SETTINGS", "Journals", "Sorts documents into the journals your bookkeeper uses.")
    NUMBERING = _part(54, "SETTINGS", "Numbering", "Sets how your documents are numbered.")
    REMINDERS = _part(55, "SETTINGS", "Automatic reminders", "Automatically reminds customers of overdue invoices.")
    CUSTOM_FIELDS = _part(56, "SETTINGS", "Custom contact fields", "Adds fields of your own to customers and contacts.")
    LEGAL_NOTICES = _part(57, "SETTINGS", "Legal notices", "Prints the notices required by law on your documents.")
    TEMPLATES = _part(58, "SETTINGS", "Templates", "Sets the layout of your documents.")
    DATA_IMPORT = _part(59, "DATA", "Import", "Brings in data from another program or a file.")
    DATA_EXPORT = _part(60, "DATA", "Export", "Saves your data to a file for use elsewhere.")
    REPORTS = _part(61, "FIGURES", "Reports", "Sums up your figures over a period.")
    PROCESSING_LISTS = _part(
        62, "FILES", "Processing lists", "Lists the incoming files that are still to be processed."
    )
    ONLINE_SIGNATURE = _part(63, "FILES", "Online signature", "Lets customers sign documents online.")
    EMAIL_SENDING = _part(64, "FILES", "Send by e-mail", "Sends documents by e-mail and keeps what was sent.")
    POSTAL_MAIL = _part(65, "FILES", "Post", "Prints your documents and sends them by post.")
    API_ACCESS = _part(66, "DATA", "API", "Lets other programs reach your data with a key.")

    # Connections with banks.
    CODABOX_BANK = _connection(67, "BANK", "CodaBox (bank)", "Brings in your bank statements through CodaBox.")
    PONTO = _connection(68, "BANK", "Ponto", "Reads your bank accounts and pays purchases through Ponto.")

    # Connections with accounting packages.
    ACCOWIN = _accounting(69, "Accowin")
    ACTA_B_LEXACT = _accounting(70, "Acta-B Lexact")
    ADIX = _accounting(71, "Adix")
    ADMISOL = _accounting(72, "Admisol")
    ADSOLUT = _accounting(73, "Adsolut")
    ALLEGRO = _accounting(74, "Allegro")
    BASECONE = _accounting(75, "Basecone")
    BILLTOBOX = _accounting(76, "Billtobox")
    BRILJANT_ACCOUNT = _accounting(77, "Briljant Account")
    CLEARFACTS = _accounting(78, "ClearFacts")
    CODABOX_ACCOUNTING = _accounting(79, "CodaBox (accounting)", "CodaBox")
    EXACT_ONLINE = _accounting(80, "Exact Online")
    EXACT_PROACC = _accounting(81, "Exact ProAcc")
    EXPERT_M = _accounting(82, "Expert/M")
    HORUS = _accounting(83, "Horus")
    OCTOPUS = _accounting(84, "Octopus")
    OFFICEM = _accounting(85, "OfficeM")
    SAGE_BOB = _accounting(86, "Sage BOB")
    TAX_ADVISOR = _accounting(87, "Tax Advisor")
    TOP_ACCOUNT = _accounting(88, "Top Account")
    TWINFIELD = _accounting(89, "Twinfield")
    VENICE = _accounting(90, "Venice")
    VERO_COUNT = _accounting(91, "Vero Count")
    WINAUDITOR = _accounting(92, "WinAuditor")
    WINBOOKS_CONNECT = _accounting(93, "WinBooks Connect")
    WINGS = _accounting(94, "Wings")
    YUKI = _accounting(95, "Yuki")
    ZENVOICES = _accounting(96, "Zenvoices")

    # Connections with webshops.
    SHOPIFY = _webshop(97, "Shopify")
    WOOCOMMERCE = _webshop(98, "WooCommerce")

    # Connections with suppliers.
    APOK = _supplier(99, "APOK")
    CEBEO = _supplier(100, "Cebeo")
    DESCO = _supplier(101, "Desco")
    FACQ = _supplier(102, "Facq")
    REXEL = _supplier(103, "Rexel")
    STG = _supplier(104, "STG")
    VAN_MARCKE = _supplier(105, "Van Marcke")

    # Connections for online payment.
    MOLLIE = _connection(106, "ONLINE_PAYMENT", "Mollie", "Lets customers pay invoices online through Mollie.")
    PAYCONIQ = _connection(107, "ONLINE_PAYMENT", "Payconiq", "Lets customers pay invoices by phone through Payconiq.")
    SEPA_EPC_QR = _connection(
        108, "ONLINE_PAYMENT", "SEPA QR code (EPC)", "Lets customers scan a QR code to pay by bank transfer."
    )

    # Connections for business documents.
    E_BOX_ENTERPRISE = _connection(
        109, "BUSINESS_DOCUMENTS", "e-Box Enterprise", "Brings in the official documents from your e-Box."
    )

    # Connections with storage.
    ENFACT_DRIVE = _connection(110, "STORAGE", "enFact Drive", "Copies your documents to enFact Drive.")
    GOOGLE_DRIVE = _connection(111, "STORAGE", "Google Drive", "Copies your documents to Google Drive.")
    DROPBOX = _connection(112, "STORAGE", "Dropbox", "Copies your documents to Dropbox.")
    SFTP = _connection(113, "STORAGE", "SFTP", "Copies your documents to your own SFTP server.")
    ONEDRIVE = _connection(114, "STORAGE", "OneDrive", "Copies your documents to OneDrive.")

    # Connections for electronic invoices.
    PEPPOL = _connection(115, "EINVOICE", "Peppol", "Sends and receives electronic invoices over the Peppol network.")


@dataclass(frozen=True, slots=True)
class AppEntry:
    """One app of the catalogue; `position` is its bit in the permission masks and never changes."""

    app: App
    position: int
    kind: AppKind
    category: str | None
    always_visible: bool
    requires: tuple[App, ...]
    plan: Plan
    label: str
    description: str


def _entry(app: App) -> AppEntry:
    declared = app.declared
    return AppEntry(
        app=app,
        position=declared.position,
        kind=declared.kind,
        category=declared.category,
        always_visible=declared.always_visible,
        requires=tuple(App[name] for name in declared.requires),
        plan=declared.plan,
        label=declared.label,
        description=declared.text,
    )


CATALOGUE: Mapping[App, AppEntry] = MappingProxyType({app: _entry(app) for app in App})


def requirements(app: App) -> tuple[App, ...]:
    """All apps that `app` requires, directly or through another, in the order in which to activate them."""
    found: dict[App, None] = {}
    for needed in CATALOGUE[app].requires:
        found.update(dict.fromkeys((*requirements(needed), needed)))
    return tuple(found)


def dependents(app: App) -> tuple[App, ...]:
    """All apps that require `app`, directly or through another, in catalogue order."""
    return tuple(other for other in CATALOGUE if app in requirements(other))


def app_label(app: App, language: Language | str) -> str:
    """The app's name for people, in this language."""
    return translate(language, "app-label", CATALOGUE[app].label)


def app_description(app: App, language: Language | str) -> str:
    """The sentence that describes the app, in this language."""
    return translate(language, "app-description", CATALOGUE[app].description)
