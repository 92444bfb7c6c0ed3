"""QR codes on invoices."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, sql
from resolvers.compilation.context import Row
from resolvers.compilation.resolution import Arguments, Leaf, Resolution
from resolvers.fields.company_settings import setting
from resolvers.fields.core.statuses import UNPAID


def _payload(row: Row, arguments: Arguments) -> Sql:
    """The payload that was printed on the invoice; null once there is nothing to pay, and for a draft."""
    return sql("case when {} in {} then {} end", row["status"], UNPAID, row["qr_payload"])


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Invoice.qrPayload": Leaf(_payload),
    "Company.qrKind": setting("qr_kind"),
}
