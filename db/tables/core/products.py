"""Products and product groups."""

from db.declarations import Column, Index, Integer, Numeric, Uuid
from db.tables.metadata import (
    Money,
    Rate,
    UnitPrice,
    external_id_index,
    holds,
    index,
    one_of,
    reading_index,
    reference,
    stamp,
    stored_key,
    tenant_table,
    words,
    written,
)

Margin = Numeric(20, 2)
"""Percents of the smallest cost that the greatest price is."""

product_group = tenant_table(
    "product_group",
    words("name"),
    stored_key("name"),
    words("gl_account", nullable=True),
    Column("profit_margin", Rate, nullable=True),
    *written(),
    info=holds(order="name", ProductGroup={}),
)

reading_index(product_group, "name")

product = tenant_table(
    "product",
    Column("group_id", Uuid, nullable=True),
    Column("sequence_number", Integer, nullable=False),
    words("number"),
    words("external_id", nullable=True),
    words("name"),
    stored_key("name"),
    words("nature", default="GOODS"),
    words("text", nullable=True),
    Column("price", UnitPrice, nullable=False),
    Column("vat_rate", Rate, nullable=False),
    words("vat_type", default="EXCL"),
    Column("purchase_price", UnitPrice, nullable=True),
    Column("profit_margin", Margin, nullable=True),
    words("currency", default="EUR"),
    Column("empty_goods_value", Money, nullable=True),
    words("gl_account", nullable=True),
    words("ean", nullable=True),
    words("photo_url", nullable=True),
    words("photo_thumbnail_url", nullable=True),
    words("note", nullable=True),
    stamp("created_at"),
    *written(),
    one_of("nature", "GOODS", "SERVICE"),
    reference("group_id", "product_group"),
    Index("uq_product_company_id_sequence_number", "company_id", "sequence_number", unique=True),
    Index("uq_product_company_id_ean", "company_id", "ean", unique=True, where="ean is not null"),
    info=holds(order="name", Product={}),
)

external_id_index(product)

index(product, "deleted_at")
"""Counts products without reading their rows, and finds the deleted ones."""

reading_index(product, "group_id", "name")

reading_index(product, "name")
