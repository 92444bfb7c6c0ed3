"""QR codes on invoices."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, sql
from resolvers.compilation import Row
from resolvers.resolution import Arguments, Leaf, Resolution
from resolvers.settings import setting


def _payload(row: Row, arguments: Arguments) -> Sql:
    """What was printed, while there is something to pay."""
    return sql("case when {} in ('SENT', 'OVERDUE') then {} end", row["status"], row["qr_payload"])


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Invoice.qrPayload": Leaf(_payload),
    "Company.qrKind": setting("qr_kind"),
}
