"""The links of a company to other services."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from db.demo.chance import office_hour
from db.demo.filling import Filling
from db.demo.people.people import slug
from db.tables.connections.connectors import CONNECTORS

LABELS: Final = {
    "CODABOX_BANK": "CodaBox", "PONTO": "Ponto", "E_BOX_ENTERPRISE": "e-Box", "PEPPOL": "Peppol", "SFTP": "SFTP",
    "SEPA_EPC_QR": "EPC QR", "STG": "STG", "APOK": "APOK", "SAGE_BOB": "Sage BOB", "OFFICEM": "OfficeM",
}  # fmt: skip
OPTIONS: Final = {
    "SFTP": (("host", "sftp.enfact.test"), ("folder", "/factures")),
    "E_BOX_ENTERPRISE": (("clientId", "ebox-4711"),),
    "WOOCOMMERCE": (("url", "https://shop.enfact.test"), ("makes", "INVOICE")),
    "SHOPIFY": (("url", "https://enfact-demo.myshopify.test"),),
    "PEPPOL": (("scheme", "0208"),),
}
FAILURES: Final = {
    "FR": "Le service n’a pas répondu à temps.",
    "NL": "De dienst antwoordde niet op tijd.",
}


def connect(company: Filling) -> dict[str, UUID]:
    """Add a link to each service: in use where the company works with it, else only tried. Returns their keys."""
    services: dict[str, UUID] = {}
    by = company.scene.members[0]["id"] if company.scene.members else None
    today = office_hour(company.scene.today - timedelta(days=1), company.chance)
    for place, name in enumerate(CONNECTORS):
        used = company.scene.has(name)
        status = "CONNECTED" if used else ("DISABLED", "ERROR", "PENDING")[place % 3]
        services[name] = company.add(
            "connected_service", connector=name, label=LABELS.get(name, name.replace("_", " ").title()),
            status=status, external_account=f"{slug(company.scene.name)}-{place:02}" if place % 4 else None,
            secret=None, secret_last4=None, last_sync_at=today if used else None,
            last_error=FAILURES[company.language] if status == "ERROR" else None,
            created_by_id=by if used or place % 2 else None, created_at=company.begin,
        )  # fmt: skip
        for option, value in OPTIONS.get(name, ()):
            company.add("connector_option", service_id=services[name], name=option, value=value)
    return services
