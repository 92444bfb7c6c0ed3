"""Catalogues of suppliers: which of their articles a product is, at what price."""

import datetime
import decimal

from schema.company import Company
from schema.connectors import services
from schema.declarations import OPEN, connection, entity, extends, input_object, opened, order_enum, reads
from schema.filters import DecimalCriterion, TextCriterion
from schema.products import Product
from schema.relay import Connection, Node

SupplierCatalog = services("SupplierCatalog", "A supplier whose catalogue can be looked into.", "SUPPLIER")


@entity("scr", OPEN, description="An article of a supplier's catalogue that is a product.")
class SupplierCatalogRef(Node):
    supplier: SupplierCatalog = opened("The supplier.")  # type: ignore[valid-type]
    article_no: str = opened("The supplier's number of the article.")
    net_price: decimal.Decimal = opened("What the company pays for it, in euro, without tax.")
    updated_at: datetime.datetime = opened("When the price was looked up.")
    product: Product | None = opened("The product.")


@input_object("Which articles of suppliers.")
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
    supplier_catalog_ref: SupplierCatalogRef | None = opened("The article of a supplier's catalogue that it is.")
