"""Bank transactions, and the connections of payment accounts."""

from db.declarations import Boolean, Column, Date, Index, Uuid
from db.tables.connections.connectors import BANKS
from db.tables.metadata import Money, add_to, holds, index, one_of, reference, tenant_table, words
from db.tables.money.payments import payment_account

bank_transaction = tenant_table(
    "bank_transaction",
    words("source"),
    Column("date", Date, nullable=False),
    Column("amount", Money, nullable=False),
    words("counterparty", nullable=True),
    words("iban", nullable=True),
    words("communication", nullable=True),
    Column("matched_automatically", Boolean, nullable=False, default="false"),
    Column("matched_document_id", Uuid, nullable=True),
    Column("payment_id", Uuid, nullable=True),
    Column("account_id", Uuid, nullable=True),
    one_of("source", *BANKS),
    reference("matched_document_id", "document"),
    reference("payment_id", "payment"),
    reference("account_id", "payment_account"),
    Index("ix_bank_transaction_company_id_date_id", "company_id", "date", "id"),
    Index("ix_bank_transaction_company_id_matched_document_id", "company_id", "matched_document_id"),
    Index("ix_bank_transaction_company_id_payment_id", "company_id", "payment_id"),
    Index("ix_bank_transaction_company_id_account_id", "company_id", "account_id"),
    info=holds(order="-date", BankTransaction={}),
)

add_to(payment_account, Column("connection_id", Uuid, nullable=True), reference("connection_id", "connected_service"))
index(payment_account, "connection_id")
