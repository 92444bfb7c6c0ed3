"""Products in other languages."""

from db.declarations import Check, Column, Uuid
from db.tables.metadata import holds, index, reference, tenant_table, words

product_translation = tenant_table(
    "product_translation",
    Column("product_id", Uuid, nullable=False),
    words("language"),
    words("name"),
    words("text", nullable=True),
    Check("language in ('FR', 'NL', 'EN', 'DE')", name="language"),
    reference("product_id", "product", ondelete="CASCADE"),
    info=holds(order="language", ProductTranslation={}),
    node=False,
)
index(product_translation, "product_id", "language", unique=True)
