"""The reference from a line of the cash book to its cash ticket."""

from db.declarations import Column, Uuid
from db.tables.metadata import add_to, index, reference
from db.tables.money.payments import cash_book_entry

add_to(cash_book_entry, Column("ticket_id", Uuid, nullable=True), reference("ticket_id", "document"))
index(cash_book_entry, "ticket_id")
