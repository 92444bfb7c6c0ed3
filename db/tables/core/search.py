"""Indexes that find and sort the texts of contacts, products and documents.

Texts are found by their folded form: whole or by its beginning in the order of its characters, any part and similar
words by trigrams, each index led by the company. New rows wait in a pending list of the trigrams, which every search
reads; it is kept short, 256 kB. The info of an index has the columns whose `texts` it finds, and those whose `parts`.
"""

from db.declarations import Index, Table
from db.tables.core.contacts import contact
from db.tables.core.documents import document
from db.tables.core.products import product
from db.tables.metadata import bare_number, folded, folded_index, reading_index, start
from db.text.numbers import kind_of


def _trigrams(table: Table, *columns: str, name: str = "parts", where: str | None = None) -> None:
    """Add the index of a company's rows by the trigrams of the compared form of each column."""
    forms = [bare_number(column) if kind_of(column) else folded(column) for column in columns]
    table.add(
        Index(
            f"ix_{table.name}_{name}",
            "company_id",
            *(f"{form} gin_trgm_ops" for form in forms),
            where=where,
            method="gin",
            options={"gin_pending_list_limit": 256},
            info={"texts": columns, "parts": columns},
        )
    )


def _whole_number(table: Table, column: str) -> None:
    """Add the index that finds a company's rows by a number of theirs."""
    name = f"ix_{table.name}_company_id_{column}_bare_start"
    found = start(f"bare_number({column})")
    table.add(Index(name, "company_id", found, where=f"{column} is not null", info={"texts": (column,)}))


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
