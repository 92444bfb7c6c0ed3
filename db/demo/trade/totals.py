"""The arithmetic of a document: totals from prices, quantities and discounts, rounded by law.

Every line is rounded to cents; VAT is computed for each rate on the sum of its lines after the document's discount.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
HUNDRED = Decimal(100)
ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Discount:
    """A percentage (`PERCENT`), or an amount (`AMOUNT`): off each unit of a line, off the sum of a document."""

    value: Decimal
    kind: str


@dataclass(frozen=True, slots=True)
class Totals:
    """The amounts without VAT, of VAT, and with VAT; the third is the sum of the others."""

    excl: Decimal
    vat: Decimal
    incl: Decimal


@dataclass(frozen=True, slots=True)
class PricedLine:
    """The values for the totals of a line; the price is with or without VAT by the document's type."""

    price: Decimal
    quantity: Decimal
    vat_rate: Decimal
    discount: Discount | None


def cents(amount: Decimal) -> Decimal:
    """`amount` to the cent, halves away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def discounted(amount: Decimal, discount: Discount | None) -> Decimal:
    """`amount` after the discount, unrounded."""
    if discount is None:
        return amount
    if discount.kind == "PERCENT":
        return amount * (HUNDRED - discount.value) / HUNDRED
    return amount - discount.value


def line_amount(line: PricedLine) -> Decimal:
    """The line's amount in its own price basis: the discounted unit price times the quantity, to the cent."""
    return cents(discounted(line.price, line.discount) * line.quantity)


def split(amount: Decimal, vat_rate: Decimal, vat_type: str) -> Totals:
    """The totals of `amount`, which is with (`INCL`) or without (`EXCL`) VAT."""
    if vat_type == "INCL":
        excl = cents(amount * HUNDRED / (HUNDRED + vat_rate))
        return Totals(excl, amount - excl, amount)
    vat = cents(amount * vat_rate / HUNDRED)
    return Totals(amount, vat, amount + vat)


def line_totals(line: PricedLine, vat_type: str) -> Totals:
    """The totals of one line."""
    return split(line_amount(line), line.vat_rate, vat_type)


def document_totals(lines: Iterable[PricedLine], discount: Discount | None, vat_type: str) -> Totals:
    """The totals of a document. With a discount of kind AMOUNT all lines must have the same rate."""
    sums: dict[Decimal, Decimal] = {}
    for line in lines:
        sums[line.vat_rate] = sums.get(line.vat_rate, ZERO) + line_amount(line)
    parts = [split(cents(discounted(amount, discount)), rate, vat_type) for rate, amount in sums.items()]
    return Totals(
        sum((part.excl for part in parts), ZERO),
        sum((part.vat for part in parts), ZERO),
        sum((part.incl for part in parts), ZERO),
    )


def total_discount(lines: Sequence[PricedLine], totals: Totals, vat_type: str) -> Decimal:
    """The sum of all discounts, in the price basis of the document."""
    full = sum((cents(line.price * line.quantity) for line in lines), ZERO)
    return full - (totals.incl if vat_type == "INCL" else totals.excl)
