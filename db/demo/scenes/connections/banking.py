"""Bank statements of the last months."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from db.demo.filling import Filling
from db.demo.rows import Record
from db.tables.connections.connectors import BANKS

RECENT: Final = timedelta(days=120)


def state(company: Filling, services: Mapping[str, UUID]) -> None:
    """Add lines that match the payments; other banks have the oldest line, as a trial."""
    payments, allocated = company.scene.all("payment"), defaultdict[UUID, list[Record]](list)
    for row in company.scene.all("payment_allocation"):
        allocated[row["payment_id"]].append(row)
    for account in company.scene.all("payment_account", kind="BANK")[:1]:
        company.scene.change(account, connection_id=services[_bank(company)])
    in_bank = [row for row in payments if row.get("counterparty_iban") or row["amount"] > 0]
    recent = [row for row in in_bank if row["date"] >= company.scene.today - RECENT][-150:]
    for row in recent or in_bank[-2:]:
        _transaction(company, allocated, row, _bank(company))
    for name in BANKS:
        if name != _bank(company):
            _transaction(company, allocated, in_bank[0], name)
    day = company.scene.today - timedelta(days=2)
    company.add(
        "bank_transaction", datetime.combine(day, company.begin.timetz()), source=_bank(company), date=day,
        amount=Decimal("-12.40"), counterparty=None, iban=None, communication=None, matched_automatically=False,
        matched_document_id=None, payment_id=None, account_id=None,
    )  # fmt: skip


def _bank(company: Filling) -> str:
    return next((name for name in BANKS if company.scene.has(name)), BANKS[company.scene.index % 2])


def _transaction(company: Filling, allocated: Mapping[UUID, list[Record]], payment: Record, source: str) -> None:
    paid = next((row["invoice_id"] for row in allocated[payment["id"]]), None)
    communication = payment.get("structured_communication") or payment.get("statement")
    company.add(
        "bank_transaction", datetime.combine(payment["date"], company.begin.timetz()), source=source,
        date=payment["date"], amount=payment["amount"], counterparty=payment.get("counterparty_name"),
        iban=payment.get("counterparty_iban"), communication=communication,
        matched_automatically=paid is not None and payment.get("structured_communication") is not None,
        matched_document_id=paid, payment_id=payment["id"], account_id=payment.get("account_id"),
    )  # fmt: skip
