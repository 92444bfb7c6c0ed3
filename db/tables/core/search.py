"""Indexes that find and sort the texts of contacts, products and documents.

Texts are found by their folded form: whole or by its beginning in the order of its characters, any part and similar
words by trigrams, each index led by the company. New rows wait in a pending list of the trigrams, which every search
reads; it is kept short, 256 kB. The info of an index has the columns whose `texts` it finds, and those whose `parts`.
"""

from sqlalchemy import DDL, Index, Table, event, func, text

from db.tables.core.contacts import contact
from db.tables.core.documents import document
from db.tables.core.products import product
from db.tables.metadata import bare_number, folded, folded_index, metadata, reading_index, start
from db.text.numbers import kind_of

for extension in ("pg_trgm", "btree_gin"):
    event.listen(metadata, "before_create", DDL(f"create extension if not exists {extension}"))


def _trigrams(table: Table, *columns: str, name: str = "parts", where: str | None = None) -> Index:
    """The index of a company's rows by the trigrams of the compared form of each column."""
    forms = {column: bare_number if kind_of(column) else folded for column in columns}
    sought = [form(table.columns[column]).label(column) for column, form in forms.items()]
    return Index(
        f"ix_{table.name}_{name}",
        table.columns["company_id"],
        *sought,
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 256},
        postgresql_ops=dict.fromkeys(columns, "gin_trgm_ops"),
        postgresql_where=text(where) if where is not None else None,
        info={"texts": columns, "parts": columns},
    )


def _whole_number(table: Table, column: str) -> Index:
    """The index that finds a company's rows by a number of theirs."""
    return Index(
        f"ix_{table.name}_company_id_{column}_bare_start",
        table.columns["company_id"],
        start(func.bare_number(table.columns[column])),
        postgresql_where=text(f"{column} is not null"),
        info={"texts": (column,)},
    )


_trigrams(contact, "number", "name", "email", "vat_number")
_trigrams(product, "number", "name")
_trigrams(document, "number", "customer_name")
_trigrams(document, "supplier_name", name="supplier_parts", where="supplier_name is not null")

_whole_number(document, "structured_communication")
_whole_number(product, "ean")
folded_index(contact, "number")
folded_index(contact, "name")
folded_index(product, "number")
folded_index(product, "name")
folded_index(document, "kind", "customer_name")
folded_index(document, "kind", "number")

reading_index(contact, "number")
reading_index(contact, "city")
reading_index(product, "number")
reading_index(document, "kind", "number")
reading_index(document, "kind", "customer_name")
