"""The secrets of the apps around products and contacts."""

from typing import Final

from schema.apps import App
from tests.differential.secrets.rewriting import (
    MOMENT,
    NUMBER,
    SURE_COUNT,
    SURE_FLAG,
    SURE_MOMENT,
    SURE_NUMBER,
    SURE_TEXT,
    TAGS,
    TEXT,
    Column,
)

REASON: Final = "case {0} when 'SALE' then 'RETURN' when 'RETURN' then 'LOSS' else 'SALE' end"
STATUS: Final = "case {0} when 'NEW' then 'QUOTED' when 'QUOTED' then 'CLOSED' else 'NEW' end"
BASIS: Final = "case {0} when 'INVOICES' then 'DELIVERY_NOTES' else 'INVOICES' end"


def only(kind: str, how: str) -> str:
    """SQL that rewrites only addresses of one kind."""
    return f"case when t.kind = '{kind}' then {how} else {{0}} end"


COLUMNS: Final[tuple[Column, ...]] = (
    ("unit", "code", App.UNITS, SURE_TEXT),
    ("unit", "name", App.UNITS, SURE_TEXT),
    ("unit", "symbol", App.UNITS, SURE_TEXT),
    ("product", "photo_thumbnail_url", App.PRODUCT_PHOTOS, TEXT),
    ("product", "track_stock_since", App.STOCK, MOMENT),
    ("product", "stock_warning", App.STOCK, NUMBER),
    ("stock_movement", "quantity", App.STOCK, SURE_NUMBER),
    ("stock_movement", "reason", App.STOCK, REASON),
    ("stock_movement", "at", App.STOCK, SURE_MOMENT),
    ("price_tier", "name", App.PRICE_TIERS, SURE_TEXT),
    ("tier_price", "price", App.PRICE_TIERS, SURE_NUMBER),
    ("product_component", "quantity", App.COMPOSITE_PRODUCTS, SURE_NUMBER),
    ("product_translation", "name", App.FOREIGN_LANGUAGE_CUSTOMERS, SURE_TEXT),
    ("product_translation", "text", App.FOREIGN_LANGUAGE_CUSTOMERS, TEXT),
    ("contact_address", "name", App.DELIVERY_ADDRESSES, only("DELIVERY", SURE_TEXT)),
    ("contact_address", "street", App.SITE_ADDRESSES, only("SITE", TEXT)),
    ("contact_address", "street_number", App.DELIVERY_ADDRESSES, only("DELIVERY", TEXT)),
    ("contact_address", "postcode", App.SITE_ADDRESSES, only("SITE", TEXT)),
    ("contact_address", "city", App.DELIVERY_ADDRESSES, only("DELIVERY", TEXT)),
    ("contact_address", "country", App.SITE_ADDRESSES, only("SITE", SURE_TEXT)),
    ("contact_address", "phone", App.SITE_ADDRESSES, only("SITE", TEXT)),
    ("contact", "mailchimp_subscribed", App.MAILCHIMP, SURE_FLAG),
    ("contact", "mailchimp_tags", App.MAILCHIMP, TAGS),
    ("mailchimp_audience", "name", App.MAILCHIMP, SURE_TEXT),
    ("mailchimp_audience", "member_count", App.MAILCHIMP, SURE_COUNT),
    ("mailchimp_audience", "last_sync_at", App.MAILCHIMP, MOMENT),
    ("quote_request", "subject", App.QUOTE_REQUESTS, SURE_TEXT),
    ("quote_request", "body", App.QUOTE_REQUESTS, TEXT),
    ("quote_request", "received_at", App.QUOTE_REQUESTS, SURE_MOMENT),
    ("quote_request", "status", App.QUOTE_REQUESTS, STATUS),
    ("document", "returned_empty_goods", App.EMPTY_GOODS, NUMBER),
    ("company_settings", "stock_basis", App.STOCK, BASIS),
    ("company_settings", "quote_request_mailbox", App.QUOTE_REQUESTS, TEXT),
)
LEADS: Final = {
    "company_settings": "{0}",
    "unit": "units {{ nodes {{ {0} }} }}",
    "stock_movement": "stockMovements {{ nodes {{ {0} }} }}",
    "price_tier": "priceTiers {{ nodes {{ {0} }} }}",
    "tier_price": "products {{ nodes {{ tierPrices {{ {0} }} }} }}",
    "product_component": "products {{ nodes {{ components {{ {0} }} }} }}",
    "product_translation": "products {{ nodes {{ translations {{ {0} }} }} }}",
    "contact_address": "customers {{ nodes {{ deliveryAddresses {{ {0} }} siteAddresses {{ {0} }} }} }}",
    "mailchimp_audience": "mailchimpAudiences {{ nodes {{ {0} }} }}",
    "quote_request": "quoteRequests {{ nodes {{ {0} }} }}",
}
WORDS: Final = {
    "unit": ("units", "unit", "products", "lines", "nodes", "totalCount"),
    "stock_movement": ("stockMovements", "products", "lowStock", "actualStock", "virtualStock", "nodes", "totalCount"),
    "price_tier": ("priceTiers", "priceTier", "tierPrices", "tier", "customers", "products", "nodes"),
    "tier_price": ("tierPrices", "products", "nodes"),
    "product_component": ("components", "isComposite", "child", "products", "nodes"),
    "product_translation": ("translations", "products", "nodes"),
    "contact_address": ("deliveryAddresses", "siteAddresses", "deliveryAddress", "siteAddress", "customers", "nodes"),
    "mailchimp_audience": ("mailchimpAudiences", "nodes", "totalCount"),
    "quote_request": ("quoteRequests", "request", "quotes", "customers", "prospects", "nodes", "totalCount"),
}
