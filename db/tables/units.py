"""Units of measure, on products and on lines of documents."""

from sqlalchemy import Column, Index, Uuid

from db.tables.documents import document_line
from db.tables.metadata import add_to, holds, index, reference, tenant_table, words
from db.tables.products import product

unit = tenant_table(
    "unit",
    words("code"),
    words("name"),
    words("symbol"),
    Index("ix_unit_company_id_name_id", "company_id", "name", "id"),
    info=holds(order="name", Unit={}),
)
"""`code` is of UNECE recommendation 20; two units may stand for the same code."""

add_to(product, Column("unit_id", Uuid, nullable=True), reference("unit_id", "unit"))
index(product, "unit_id")
add_to(document_line, Column("unit_id", Uuid, nullable=True), reference("unit_id", "unit"))
index(document_line, "unit_id")
