"""Number sequences of the kinds of document, by year."""

from db.declarations import Column, Index, Integer
from db.tables.core.documents import KINDS
from db.tables.metadata import holds, one_of, tenant_table, words

number_sequence = tenant_table(
    "number_sequence",
    words("kind"),
    Column("year", Integer, nullable=False),
    words("format"),
    Column("next", Integer, nullable=False),
    one_of("kind", *KINDS),
    Index("uq_number_sequence_company_id_kind_year", "company_id", "kind", "year", unique=True),
    info=holds(order="kind", NumberSequence={}),
)
