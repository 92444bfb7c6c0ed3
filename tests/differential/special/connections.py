"""The oracle's resolvers of connections with other services."""

from typing import Any, Final

from schema.apps import App
from tests.differential.oracle.items import Arguments, Item, Oracle, Resolver, scope_of
from tests.differential.special.parts import KINDS


def _registration(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    row = oracle.world.one("company_settings", company_id=scope_of(item).company["id"]) or {}
    return row["peppol_registration"]


def _has_secret(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return item.row["secret"] is not None


def _one(oracle: Oracle, item: Item, table: str, column: str, type_: str, service: str) -> Item | None:
    """The row that refers to the item, if the viewer holds the service that it names."""
    scope = scope_of(item)
    row = oracle.world.one(table, company_id=scope.company["id"], **{column: item.row["id"]})
    return Item(type_, row, item.scope) if row is not None and scope.holds(App[row[service]]) else None


def _webshop_order(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _one(oracle, item, "webshop_order", "document_id", "WebshopOrder", "shop")


def _online_payment(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _one(oracle, item, "online_payment", "payment_id", "OnlinePayment", "provider")


def _supplier(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _one(oracle, item, "supplier_catalog_ref", "product_id", "SupplierCatalogRef", "supplier")


SPECIAL: Final[dict[str, Resolver]] = {
    "Company.peppolRegistration": _registration,
    "ConnectedService.hasSecret": _has_secret,
    "Payment.onlinePayment": _online_payment,
    "Product.supplierCatalogRef": _supplier,
    **{f"{kind}.webshopOrder": _webshop_order for kind in KINDS},
}
