"""Counters of numbers that may have gaps, such as those of customers and products."""

from db.declarations import BigInteger, Column, ForeignKeyConstraint, PrimaryKey, Table, Uuid
from db.tables.metadata import metadata, words

counter = Table(
    "counter",
    metadata,
    Column("company_id", Uuid, nullable=False),
    words("kind"),
    Column("next", BigInteger, nullable=False),
    PrimaryKey("company_id", "kind"),
    ForeignKeyConstraint(["company_id"], ["company.id"], ondelete="CASCADE"),
    info={"tenant": True},
)
"""`kind` is what is counted: CUSTOMER (all contacts) or PRODUCT. `next` is the number that the next one gets.
COMPOSITION counts the changes of what products are made of, ACCESS_REQUEST the requests for access: each stands on
the one before."""
