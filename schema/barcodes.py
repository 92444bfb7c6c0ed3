"""Bar codes: the product that a scanned number stands for."""

from schema.apps import App
from schema.company import Company
from schema.declarations import Argument, extends, gated
from schema.products import Product


@extends(Company)
class OfCompany:
    product_by_ean: Product | None = gated(
        "The product with this bar code.",
        App.BARCODE_SCANNER,
        ean=Argument(str, "The number under the bar code."),
    )
