"""Products in other languages."""

from sqlalchemy import CheckConstraint, Column, Uuid

from db.tables.metadata import holds, index, reference, tenant_table, words

product_translation = tenant_table(
    "product_translation",
    Column("product_id", Uuid, nullable=False),
    words("language"),
    words("name"),
    words("text", nullable=True),
    CheckConstraint("language in ('FR', 'NL', 'EN', 'DE')", name="language"),
    reference("product_id", "product", ondelete="CASCADE"),
    info=holds(order="language", ProductTranslation={}),
    node=False,
)
index(product_translation, "product_id", "language", unique=True)
