"""What a company sells: products and the groups they stand in."""

from sqlalchemy import Column, Index, Integer, Uuid

from db.tables.metadata import Money, Rate, UnitPrice, holds, reference, stamp, tenant_table, words

product_group = tenant_table(
    "product_group",
    words("name"),
    words("gl_account", nullable=True),
    Column("profit_margin", Rate, nullable=True),
    Index("ix_product_group_company_id_name", "company_id", "name", "id"),
    info=holds(order="name", ProductGroup={}),
)

product = tenant_table(
    "product",
    Column("group_id", Uuid, nullable=True),
    Column("sequence_number", Integer, nullable=False),
    words("number"),
    words("name"),
    words("text", nullable=True),
    Column("price", UnitPrice, nullable=False),
    Column("vat_rate", Rate, nullable=False),
    words("vat_type", default="EXCL"),
    Column("purchase_price", UnitPrice, nullable=True),
    Column("profit_margin", Rate, nullable=True),
    words("currency", default="EUR"),
    Column("empty_goods_value", Money, nullable=True),
    words("gl_account", nullable=True),
    words("ean", nullable=True),
    words("photo_url", nullable=True),
    words("photo_thumbnail_url", nullable=True),
    words("note", nullable=True),
    stamp("created_at"),
    reference("group_id", "product_group"),
    Index("uq_product_company_id_sequence_number", "company_id", "sequence_number", unique=True),
    Index("ix_product_company_id_name", "company_id", "name", "id"),
    Index("ix_product_company_id_group_id", "company_id", "group_id", "name", "id"),
    Index("ix_product_company_id_ean_sequence_number", "company_id", "ean", "sequence_number"),
    info=holds(order="name", Product={}),
)
