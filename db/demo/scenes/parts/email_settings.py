"""The settings by which a company sends e-mail."""

from db.demo.filling import Filling
from db.demo.people.people import slug


def set_email(company: Filling) -> None:
    """Set the addresses and the way."""
    address = f"{slug(company.scene.name)}.test"
    company.scene.change(
        company.settings,
        from_address=None if company.scene.index % 6 == 5 else f"info@{address}",
        cc=None if company.scene.index % 2 else f"archive@{address}",
        bcc=f"compta@{address}" if company.scene.index % 3 == 0 else None,
        send_mode="SMTP" if company.scene.index % 4 == 0 else "ENFACT",
    )
