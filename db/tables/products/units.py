"""Units of measure, on products and on lines of documents."""

from db.declarations import Column, Uuid
from db.tables.core.documents import document_line
from db.tables.core.products import product
from db.tables.metadata import add_to, holds, index, reading_index, reference, tenant_table, words, written

unit = tenant_table(
    "unit",
    words("code"),
    words("name"),
    words("symbol"),
    *written(),
    info=holds(order="name", Unit={}),
)
"""`code` is a code of UNECE recommendation 20; two units may have the same code."""

reading_index(unit, "name")

add_to(product, Column("unit_id", Uuid, nullable=True), reference("unit_id", "unit"))
index(product, "unit_id")
add_to(document_line, Column("unit_id", Uuid, nullable=True), reference("unit_id", "unit"))
index(document_line, "unit_id")
