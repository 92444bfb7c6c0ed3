"""Indexes for texts that stand in a column, or words like them: trigrams, each index of one company's rows.

New rows wait for their place in a list that every search reads; it is kept short, 256 kB.
"""

from sqlalchemy import DDL, Index, Table, event, text

from db.tables.contacts import contact
from db.tables.documents import document
from db.tables.metadata import metadata
from db.tables.products import product

for extension in ("pg_trgm", "btree_gin"):
    event.listen(metadata, "before_create", DDL(f"create extension if not exists {extension}"))


def _trigrams(table: Table, *columns: str, name: str = "search", where: str | None = None) -> Index:
    """The index behind `resolvers/fields/search.py`: a company's rows by the trigrams of each column."""
    return Index(
        f"ix_{table.name}_{name}",
        *(table.columns[column] for column in ("company_id", *columns)),
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 256},
        postgresql_ops=dict.fromkeys(columns, "gin_trgm_ops"),
        postgresql_where=text(where) if where is not None else None,
    )


_trigrams(contact, "number", "name", "vat_number", "email")
_trigrams(product, "number", "name")
_trigrams(document, "number", "customer_name")
_trigrams(document, "supplier_name", name="supplier_search", where="supplier_name is not null")
