"""Orders and articles of webshops."""

from db.declarations import Column, Index, Uuid
from db.tables.connections.connectors import SHOPS
from db.tables.core.documents import KINDS
from db.tables.metadata import holds, one_of, reference, stamp, tenant_table, words

webshop_order = tenant_table(
    "webshop_order",
    words("shop"),
    words("order_number"),
    stamp("ordered_at"),
    Column("document_id", Uuid, nullable=True),
    words("document_kind", nullable=True),
    one_of("shop", *SHOPS),
    one_of("document_kind", *KINDS),
    reference("document_id", "document"),
    Index("ix_webshop_order_company_id_ordered_at_id", "company_id", "ordered_at", "id"),
    Index("uq_webshop_order_company_id_document_id", "company_id", "document_id", unique=True),
    info=holds(order="-ordered_at", WebshopOrder={}),
)

webshop_article = tenant_table(
    "webshop_article",
    words("shop"),
    words("sku"),
    Column("product_id", Uuid, nullable=False),
    one_of("shop", *SHOPS),
    reference("product_id", "product", ondelete="CASCADE"),
    Index("uq_webshop_article_company_id_product_id_shop", "company_id", "product_id", "shop", unique=True),
    info=holds(order="sku", WebshopArticle={}),
    node=False,
)
