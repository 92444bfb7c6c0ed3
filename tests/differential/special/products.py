"""The oracle's resolvers of fields derived by the apps around products and contacts."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from tests.differential.oracle.core import kinds_of
from tests.differential.oracle.gating import printed_schema
from tests.differential.oracle.items import Arguments, Item, Oracle, Resolver, scope_of, written
from tests.differential.oracle.lists import sort_key
from tests.differential.oracle.world import Record

# --- stock


def _movements(oracle: Oracle, product: Record) -> Iterator[Record]:
    return oracle.world.rows("stock_movement", company_id=product["company_id"], product_id=product["id"])


def _sum(movements: Iterable[Record]) -> Decimal:
    return sum((row["quantity"] for row in movements), Decimal("0.000"))


def _actual(oracle: Oracle, product: Record) -> Decimal:
    return _sum(row for row in _movements(oracle, product) if row["kind"] == "MOVED")


def _product_actual_stock(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return None if item.row["track_stock_since"] is None else written(_actual(oracle, item.row))


def _product_virtual_stock(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return None if item.row["track_stock_since"] is None else written(_sum(_movements(oracle, item.row)))


def _company_low_stock(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    low = [
        Item("Product", row, item.scope)
        for row in oracle.world.rows("product", company_id=item.row["id"])
        if row["track_stock_since"] is not None
        if row["stock_warning"] is not None and _actual(oracle, row) <= row["stock_warning"]
    ]
    return oracle.connect(low, "product", "ProductFilter", arguments)


def _settings(oracle: Oracle, item: Item) -> Record:
    return oracle.world.one("company_settings", company_id=item.row["id"]) or {}


def _company_stock_basis(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _settings(oracle, item)["stock_basis"]


# --- composite products, bar codes, quote requests


def _product_is_composite(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    here = {"company_id": item.row["company_id"], "product_id": item.row["id"]}
    return oracle.world.one("product_component", **here) is not None


def _company_product_by_ean(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    found = list(oracle.world.rows("product", company_id=item.row["id"], ean=arguments["ean"], deleted_at=None))
    oldest = min(found, key=lambda row: row["sequence_number"], default=None)
    return None if oldest is None else Item("Product", oldest, item.scope)


def _company_quote_request_mailbox(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _settings(oracle, item)["quote_request_mailbox"]


# --- addresses


def _addresses(oracle: Oracle, item: Item, **columns: object) -> list[Item]:
    company = scope_of(item).company["id"]
    rows = oracle.world.rows("contact_address", company_id=company, **columns)
    return [Item("Address", row, item.scope) for row in sorted(rows, key=lambda row: sort_key(["name"], row))]


def _customer_delivery_addresses(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _addresses(oracle, item, customer_id=item.row["id"], kind="DELIVERY", deleted_at=None)


def _customer_site_addresses(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _addresses(oracle, item, customer_id=item.row["id"], kind="SITE", deleted_at=None)


def _document_delivery_address(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return next(iter(_addresses(oracle, item, id=item.row["delivery_address_id"], kind="DELIVERY")), None)


def _document_site_address(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return next(iter(_addresses(oracle, item, id=item.row["site_address_id"], kind="SITE")), None)


KINDS: Final = [kind.name for kind in kinds_of(printed_schema(), printed_schema().type_map["Document"])]
"""The types of document."""

SPECIAL: Final[Mapping[str, Resolver]] = {
    "Product.actualStock": _product_actual_stock,
    "Product.virtualStock": _product_virtual_stock,
    "Company.lowStock": _company_low_stock,
    "Company.stockBasis": _company_stock_basis,
    "Product.isComposite": _product_is_composite,
    "Company.productByEan": _company_product_by_ean,
    "Company.quoteRequestMailbox": _company_quote_request_mailbox,
    "Customer.deliveryAddresses": _customer_delivery_addresses,
    "Customer.siteAddresses": _customer_site_addresses,
    **{f"{kind}.deliveryAddress": _document_delivery_address for kind in KINDS},
    **{f"{kind}.siteAddress": _document_site_address for kind in KINDS},
}
