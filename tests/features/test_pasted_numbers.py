"""Numbers are found as people paste them: by every filter, by the search, and by the scan of a bar code."""

import datetime
from collections.abc import AsyncGenerator
from typing import Final

import pytest

from tests.support.databases import Databases
from tests.support.office import Office, open_office

LISTS: Final = {
    "customers": ("CustomerFilter", "vatNumber"),
    "suppliers": ("SupplierFilter", "iban"),
    "invoices": ("InvoiceFilter", "structuredCommunication"),
    "paymentAccounts": ("PaymentAccountFilter", "iban"),
    "products": ("ProductFilter", "ean"),
}
"""From a list to its filter, and the number that is sought."""

VAT: Final = ("BE 0999.999.922", "0999.999.922", "999 999 922", "be0999999922", "BE-0999 999 922")
IBAN: Final = ("BE41 0631 2345 6789", "be41063123456789", "BE41-0631-2345-6789", "BE41\u00a00631\u00a02345\u00a06789")
REFERENCE: Final = (
    "+++260/1234/56789+++",
    "260123456789",
    "*** 260/1234/56789 ***",
    "260/1234/56789",
    "260 1234 56789",
)
EAN: Final = ("5410001234567", "5 410001 234567", "05410001234567")
PASTED: Final = [
    *(("customers", typed) for typed in VAT),
    *((name, typed) for name in ("suppliers", "paymentAccounts") for typed in IBAN),
    *(("invoices", typed) for typed in REFERENCE),
    *(("products", typed) for typed in EAN),
]


@pytest.fixture
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    """A company with one number of each kind, and beside it another one that differs in a digit."""
    async with open_office(databases, template) as office:
        day = datetime.date(2026, 2, 27)
        for n, digit in enumerate("29", start=1):
            iban = f"BE4106312345678{'9' if digit == '2' else '8'}"
            await office.contact(n, f"Client {n}", vat_number=f"BE099999992{digit}", iban=iban, is_supplier=True)
            await office.product(n, f"Tube {n}", ean=f"541000123456{'7' if digit == '2' else '8'}")
            await office.add("payment_account", name=f"Bank {n}", kind="BANK", iban=iban)
            await office.document(f"F-{n}", "INVOICE", "SENT", day, "1.00")
            reference = f"+++260/1234/5678{'9' if digit == '2' else '8'}+++"
            await office.connection.execute(
                "update document set structured_communication = $1 where number = $2", reference, f"F-{n}"
            )
        yield office


@pytest.mark.parametrize(("name", "typed"), PASTED)
async def test_a_number_is_found_as_it_is_pasted(office: Office, name: str, typed: str) -> None:
    filter_, field = LISTS[name]
    for criterion in ({"eq": typed}, {"oneOf": ["x", typed]}, {"contains": typed}, {"startsWith": typed}):
        answer = await office.see(
            "owner", f"{name}(filter: $f) {{ totalCount }}", f", $f: {filter_}", f={field: criterion}
        )
        assert answer.errors == ()
        assert answer.data["company"][name]["totalCount"] == 1, criterion


@pytest.mark.parametrize("typed", VAT)
async def test_a_customer_is_found_by_the_number_on_a_letter(office: Office, typed: str) -> None:
    found = await office.read("owner", f'search(text: "{typed}") {{ customers {{ nodes {{ name }} }} }}')
    assert found["search"]["customers"]["nodes"] == [{"name": "Client 1"}]
    listed = await office.read("owner", f'customers(filter: {{search: "{typed}"}}) {{ nodes {{ name }} }}')
    assert listed["customers"]["nodes"] == [{"name": "Client 1"}]


@pytest.mark.parametrize("typed", REFERENCE)
async def test_an_invoice_is_found_by_its_reference_for_payment(office: Office, typed: str) -> None:
    found = await office.read("owner", f'search(text: "{typed}") {{ documents {{ nodes {{ number }} }} }}')
    assert found["search"]["documents"]["nodes"] == [{"number": "F-1"}]


@pytest.mark.parametrize("typed", EAN)
async def test_a_product_is_found_by_its_bar_code(office: Office, typed: str) -> None:
    found = await office.read("owner", f'productByEan(ean: "{typed}") {{ name }}')
    assert found["productByEan"] == {"name": "Tube 1"}
