"""The value of returned packaging on documents."""

from db.declarations import Column
from db.tables.core.documents import document
from db.tables.metadata import Money, add_to

add_to(document, Column("returned_empty_goods", Money, nullable=True))
