"""Catalogues of suppliers: the article and the price of a product there."""

import datetime
import decimal

from schema.declarations.criteria import DecimalCriterion, TextCriterion
from schema.declarations.fields import connection, open_field
from schema.declarations.gates import OPEN
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.connections.connectors import services
from schema.types.core.company import Company
from schema.types.core.products import Product

SupplierCatalog = services("SupplierCatalog", "A supplier whose catalogue can be looked into.", "SUPPLIER")


@entity("scr", OPEN, description="An article of a supplier's catalogue that is a product.")
class SupplierCatalogRef(Node):
    supplier: SupplierCatalog = open_field("The supplier.")  # type: ignore[valid-type]
    article_no: str = open_field("The supplier's number of the article.")
    net_price: decimal.Decimal = open_field("What the company pays for it, in euro, without tax.")
    updated_at: datetime.datetime = open_field("When the price was looked up.")
    product: Product | None = open_field("The product.")


@filter_object("Which articles of suppliers.")
class SupplierCatalogRefFilter:
    supplier: list[SupplierCatalog] | None = reads(SupplierCatalogRef, "supplier")  # type: ignore[valid-type]
    article_no: TextCriterion | None = reads(SupplierCatalogRef, "article_no")
    net_price: DecimalCriterion | None = reads(SupplierCatalogRef, "net_price")


SupplierCatalogRefOrder = order_enum(
    "SupplierCatalogRefOrder", SupplierCatalogRef, "article_no", "net_price", "updated_at"
)


@extends(Company)
class CompanySuppliers:
    supplier_catalog_refs: Connection[SupplierCatalogRef] | None = connection(
        "Articles of suppliers that are products.",
        is_open=True,
        filter=SupplierCatalogRefFilter,
        order=SupplierCatalogRefOrder,
    )


@extends(Product)
class ProductSupplier:
    supplier_catalog_ref: SupplierCatalogRef | None = open_field("The article of a supplier's catalogue that it is.")
