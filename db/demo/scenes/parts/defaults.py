"""The defaults of new documents."""

from decimal import Decimal

from db.demo.filling import Filling


def set_defaults(company: Filling) -> None:
    """Set the tax."""
    company.scene.change(
        company.settings,
        vat_rate=Decimal(21),
        vat_regime="SMALL_BUSINESS" if company.scene.index % 9 == 8 else "NORMAL",
        prices_incl=company.scene.index % 5 == 4,
    )
