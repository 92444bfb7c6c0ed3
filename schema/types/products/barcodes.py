"""Bar codes: finds the product of a scanned number."""

from schema.apps import App
from schema.declarations.fields import Argument, gated
from schema.declarations.object_types import extends
from schema.types.core.company import Company
from schema.types.core.products import Product


@extends(Company)
class CompanyBarcodes:
    product_by_ean: Product | None = gated(
        "The product with this bar code.",
        App.BARCODE_SCANNER,
        ean=Argument(str, "The number under the bar code."),
    )
