"""Returnable packaging that came back, on documents."""

from sqlalchemy import Column

from db.tables.documents import document
from db.tables.metadata import Money, add_to

add_to(document, Column("returned_empty_goods", Money, nullable=True))
