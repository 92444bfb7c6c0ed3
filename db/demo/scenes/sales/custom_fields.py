"""Fields of the company's own, and their values of customers."""

from typing import Final

from db.demo.chance import happens
from db.demo.filling import Filling

FIELDS: Final[dict[str, tuple[tuple[str, str, list[str]], ...]]] = {
    "FR": (("Type de chaudière", "SELECT", ["Gaz", "Mazout", "Pompe à chaleur"]), ("Contrat annuel", "BOOLEAN", [])),
    "NL": (("Type klant", "SELECT", ["Horeca", "Winkel", "Vereniging"]), ("Leveren aan achterdeur", "BOOLEAN", [])),
}


def add_fields(company: Filling) -> None:
    """Add the fields, and values of the oldest customers."""
    fields = [
        (company.add("contact_field", name=name, kind=kind, options=options, show_on_documents=rank == 1, rank=rank),
         options)
        for rank, (name, kind, options) in enumerate(FIELDS[company.language], 1)
    ]  # fmt: skip
    for customer in company.scene.all("contact", is_customer=True)[:60]:
        for key, options in fields:
            if happens(company.chance, 0.6) or customer["sequence_number"] == 1:
                value = company.chance.choice(options or ["true", "false"])
                company.add(
                    "contact_field_value", customer["created_at"], customer_id=customer["id"], field_id=key,
                    value=value,
                )  # fmt: skip
