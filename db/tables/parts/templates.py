"""Layouts of documents."""

from db.declarations import Boolean, Column, Uuid
from db.tables.core.documents import document
from db.tables.metadata import add_to, holds, index, reading_index, reference, tenant_table, words

document_template = tenant_table(
    "document_template",
    words("name"),
    words("colour"),
    words("logo_url", nullable=True),
    words("footer", nullable=True),
    Column("is_default", Boolean, nullable=False),
    info=holds(order="name", DocumentTemplate={}),
)

reading_index(document_template, "name")

add_to(document, Column("template_id", Uuid, nullable=True), reference("template_id", "document_template"))
index(document, "template_id")
