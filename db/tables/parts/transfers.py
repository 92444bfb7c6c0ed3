"""Requests for imports and exports."""

from typing import Any

from db.declarations import Boolean, Column, Index, Table, Uuid
from db.tables.metadata import holds, one_of, reference, stamp, tenant_table, words

MODELS = ("CUSTOMERS", "PRODUCTS", "QUOTES", "INVOICES", "CREDIT_NOTES", "PURCHASES", "PAYMENTS", "TIME_ENTRIES")


def _request(name: str, info: dict[str, Any], *items: "Column") -> Table:
    """A table of requests for imports or exports."""
    return tenant_table(
        name,
        words("model"),
        words("format"),
        words("status", default="WAITING"),
        *items,
        Column("requested_by_id", Uuid, nullable=True),
        stamp("created_at"),
        one_of("model", *MODELS),
        one_of("format", "CSV", "XLSX", "UBL"),
        one_of("status", "WAITING", "RUNNING", "DONE", "FAILED"),
        reference("requested_by_id", "membership"),
        Index(f"ix_{name}_company_id_created_at_id", "company_id", "created_at", "id"),
        Index(f"ix_{name}_company_id_requested_by_id", "company_id", "requested_by_id"),
        info=info,
    )


import_request = _request("import_request", holds(order="-created_at", ImportRequest={}))
export_request = _request(
    "export_request",
    holds(order="-created_at", private="requested_by_id", ExportRequest={}),
    Column("ready", Boolean, nullable=False, default="false"),
    words("url", nullable=True),
)
