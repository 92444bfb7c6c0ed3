"""Articles and net prices in the catalogues of suppliers."""

from db.declarations import Column, Index, Uuid
from db.tables.connections.connectors import SUPPLIERS
from db.tables.metadata import UnitPrice, holds, one_of, reading_index, reference, stamp, tenant_table, words

supplier_catalog_ref = tenant_table(
    "supplier_catalog_ref",
    words("supplier"),
    words("article_no"),
    Column("net_price", UnitPrice, nullable=False),
    stamp("updated_at"),
    Column("product_id", Uuid, nullable=False),
    one_of("supplier", *SUPPLIERS),
    reference("product_id", "product", ondelete="CASCADE"),
    Index("uq_supplier_catalog_ref_company_id_product_id", "company_id", "product_id", unique=True),
    info=holds(order="article_no", SupplierCatalogRef={}),
)

reading_index(supplier_catalog_ref, "article_no")
