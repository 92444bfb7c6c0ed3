"""The secrets of the sales documents, of titles between lines, of subscriptions, preset e-mails and texts."""

from typing import Final

from schema.apps import App
from tests.differential.secrets.rewriting import (
    DAY,
    NUMBER,
    SPOKEN,
    SURE_DAY,
    SURE_FLAG,
    SURE_NUMBER,
    SURE_TEXT,
    TEXT,
    Column,
)

BEHAVIOR: Final = "case {0} when 'SUM' then 'PRICE' else 'SUM' end"
FREQUENCY: Final = "case {0} when 'WEEKLY' then 'YEARLY' else 'WEEKLY' end"
HOUR: Final = "({0} + n) % 24"
VAT_TYPE: Final = "case {0} when 'EXCL' then 'INCL' else 'EXCL' end"
OF_TITLES: Final = "case when t.type = 'SECTION' then {} else {{0}} end"
OF_INVOICES: Final = "case when t.document_kind = 'INVOICE' then 'Zz' || (n % 4) || {0} else {0} end"
"""SQL that changes only some rows, by their other columns."""

TITLES_NAME: Final = OF_TITLES.format("'Zz' || (n % 4) || {0}")
TITLES_NUMBER: Final = OF_TITLES.format("{0} + 1.75 * n")

METHOD: Final = "case when n % 3 = 0 then null when {0} = 'CASH' then 'CARD' else 'CASH' end"

COLUMNS: Final[tuple[Column, ...]] = (
    ("document", "section_behavior", App.EXTRA_TEXT_FIELDS, BEHAVIOR),
    ("document", "deposit_percent", App.QUOTES, NUMBER),
    ("document", "prices_shown", App.DELIVERY_NOTES, SURE_FLAG),
    ("document", "payment_method", App.CASH_TICKETS, METHOD),
    ("document", "ticket_print_url", App.CASH_TICKETS, TEXT),
    ("document_line", "name", App.EXTRA_TEXT_FIELDS, TITLES_NAME),
    ("document_line", "price", App.EXTRA_TEXT_FIELDS, TITLES_NUMBER),
    ("subscription", "start_date", App.SUBSCRIPTIONS, SURE_DAY),
    ("subscription", "end_date", App.SUBSCRIPTIONS, DAY),
    ("subscription", "next_run", App.SUBSCRIPTIONS, DAY),
    ("subscription", "creation_hour", App.SUBSCRIPTIONS, HOUR),
    ("subscription", "frequency", App.SUBSCRIPTIONS, FREQUENCY),
    ("subscription", "active", App.SUBSCRIPTIONS, SURE_FLAG),
    ("subscription", "vat_type", App.SUBSCRIPTIONS, VAT_TYPE),
    ("subscription_line", "name", App.SUBSCRIPTIONS, SURE_TEXT),
    ("subscription_line", "text", App.SUBSCRIPTIONS, TEXT),
    ("subscription_line", "quantity", App.SUBSCRIPTIONS, SURE_NUMBER),
    ("subscription_line", "price", App.SUBSCRIPTIONS, SURE_NUMBER),
    ("subscription_line", "vat_rate", App.SUBSCRIPTIONS, SURE_NUMBER),
    ("email_template", "name", App.STANDARD_EMAILS, SURE_TEXT),
    ("email_template", "subject", App.STANDARD_EMAILS, SURE_TEXT),
    ("email_template", "body", App.INVOICES, OF_INVOICES),
    ("email_template", "language", App.STANDARD_EMAILS, SPOKEN),
    ("email_template", "rank", App.STANDARD_EMAILS, "{0} + n % 5"),
    ("top_text_template", "name", App.EXTRA_TEXT_FIELDS, SURE_TEXT),
    ("top_text_template", "language", App.EXTRA_TEXT_FIELDS, SPOKEN),
    ("top_text_template", "text", App.EXTRA_TEXT_FIELDS, SURE_TEXT),
    ("top_text_template", "rank", App.EXTRA_TEXT_FIELDS, "{0} + n % 5"),
)
LEADS: Final = {
    "document.deposit_percent": "quotes {{ nodes {{ {0} }} }}",
    "document.prices_shown": "deliveryNotes {{ nodes {{ {0} }} }}",
    "document.payment_method": "cashTickets {{ nodes {{ {0} }} }}",
    "document.ticket_print_url": "cashTickets {{ nodes {{ {0} }} }}",
    "subscription": "subscriptions {{ nodes {{ {0} }} }}",
    "subscription_line": "subscriptions {{ nodes {{ lines {{ {0} }} }} }}",
    "email_template": "emailTemplates {{ nodes {{ {0} }} }}",
    "top_text_template": "topTextTemplates {{ nodes {{ {0} }} }}",
}
WORDS: Final = {
    "subscription": ("subscriptions", "subscription", "invoices", "customers", "nodes", "totalCount"),
    "subscription_line": ("subscriptions", "subscription", "lines", "invoices", "nodes"),
    "email_template": ("emailTemplates", "suggestedEmails", "documents", "quotes", "nodes", "totalCount"),
    "top_text_template": ("topTextTemplates", "nodes", "totalCount"),
}
