"""The oracle's resolvers of the parts: settings of the company, and rows joined to a document."""

from typing import Any, Final

from tests.differential.oracle.items import Arguments, Item, Oracle, Resolver, scope_of, written
from tests.differential.oracle.lists import global_id, sort_key
from tests.differential.oracle.world import Record

KINDS: Final = (
    "Document", "Quote", "OrderConfirmation", "DeliveryNote", "Invoice", "CreditNote", "PaymentRequest", "CashTicket",
    "PurchaseSlip", "PurchaseOrder", "Purchase",
)  # fmt: skip


def _here(item: Item) -> Any:
    return scope_of(item).company["id"]


def _settings(oracle: Oracle, item: Item) -> Record:
    return oracle.world.one("company_settings", company_id=_here(item)) or {}


def _defaults(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return Item("Defaults", _settings(oracle, item), item.scope)


def _of_company(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return global_id(item.type, _here(item))


def _ibans(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return [iban for iban in (item.row["iban"], *item.row["further_ibans"]) if iban is not None]


def _vat_rates(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return [written(rate) for rate in item.row["vat_rates"]]


def _email_settings(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return Item("EmailSettings", _settings(oracle, item), item.scope)


def _postal_balance(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return written(_settings(oracle, item)["postal_balance"])


def _terms(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    row = oracle.world.one("attachment", company_id=_here(item), id=_settings(oracle, item)["terms_attachment_id"])
    return Item("Attachment", row, item.scope) if row is not None else None


def _joined(oracle: Oracle, item: Item, table: str, type_: str, order: str) -> list[Item]:
    """The rows that a join table pairs with a document."""
    pairs = oracle.world.rows(f"document_{table}", company_id=_here(item), document_id=item.row["id"])
    keys = {pair[f"{table}_id"] for pair in pairs}
    rows = [row for row in oracle.world.rows(table, company_id=_here(item)) if row["id"] in keys]
    return [Item(type_, row, item.scope) for row in sorted(rows, key=lambda row: sort_key([order], row))]


def _attachments(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _joined(oracle, item, "attachment", "Attachment", "-created_at")


def _legal_notices(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _joined(oracle, item, "legal_notice", "LegalNotice", "rank")


def _signature(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    row = oracle.world.one("signature", company_id=_here(item), document_id=item.row["id"])
    return Item("Signature", row, item.scope) if row is not None else None


SPECIAL: Final[dict[str, Resolver]] = {
    "AgendaSettings.id": _of_company,
    "Defaults.id": _of_company,
    "EmailSettings.id": _of_company,
    "Company.defaults": _defaults,
    "Company.ibans": _ibans,
    "Defaults.vatRates": _vat_rates,
    "Company.emailSettings": _email_settings,
    "Company.postalBalance": _postal_balance,
    "Company.termsAttachment": _terms,
    **{f"{kind}.attachments": _attachments for kind in KINDS},
    **{f"{kind}.legalNotices": _legal_notices for kind in KINDS},
    **{f"{kind}.signature": _signature for kind in KINDS},
}
