"""The customers that the writes record and change: the next one for each connection."""

import re
from collections.abc import Sequence
from typing import Final

from tests.bench.data import dataset
from tests.bench.loads.writes import Write

NUMBER: Final = re.compile(rb'"number" ?: ?"(C\d+)"')
NOTE: Final = re.compile(rb'"note" ?: ?"([^"]+)"')
CONTROL: Final = 97
"""The divisor of the check digits of a Belgian enterprise number."""


def new_customer(n: int) -> dict[str, object]:
    """The ten fields of a company's n-th new customer."""
    return {
        "name": f"Nouveau client {n:06d}",
        "vatNumber": vat_number(n),
        "street": "Rue Neuve",
        "streetNumber": str(n % 90 + 1),
        "postcode": str(1_000 + n % 9_000),
        "city": dataset.CITIES[n % 10],
        "phone": f"+32 4 {n:06d}",
        "email": f"new-{n}@bench.test",
        "paymentTermDays": 15 + n % 60,
        "channel": "Fair",
    }


def vat_number(n: int) -> str:
    """A Belgian VAT number with its check digits."""
    digits = 4_000_000 + n
    return f"BE{digits:08d}{CONTROL - digits % CONTROL:02d}"


class NewCustomers:
    """Records customers in these companies, a connection in each."""

    def __init__(self, companies: Sequence[int]) -> None:
        self._companies = companies
        self._counts = [0] * len(companies)

    def next(self, connection: int) -> Write:
        """The next customer of a connection's company."""
        self._counts[connection] += 1
        n, company = self._counts[connection], self._companies[connection]
        customer, number = new_customer(n), dataset.CUSTOMERS + n
        stored = {"sequenceNumber": number, "number": printed(number), "kind": "BUSINESS"}
        kept = {"nameKey": ""}  # a trigger keeps it; PostGraphile takes it for a value that must be given
        contact = {"companyId": str(dataset.key("company", company)), **stored, **kept, **customer}
        given = {"companyId": dataset.global_id("com", "company", company), **customer}
        return Write(company, given, {"contact": contact})

    def is_done(self, connection: int, body: bytes) -> bool:
        """Whether the answer has the next number of the connection's company."""
        found = NUMBER.search(body)
        wanted = printed(dataset.CUSTOMERS + self._counts[connection])
        return found is not None and found[1].decode() == wanted


class CrowdedCustomers(NewCustomers):
    """Records customers of several connections in one company, where no number comes twice."""

    def __init__(self, companies: Sequence[int]) -> None:
        super().__init__(companies)
        self._numbers: set[bytes] = set()

    def is_done(self, connection: int, body: bytes) -> bool:
        """Whether the answer has a number that no answer before had."""
        found = NUMBER.search(body)
        is_new = found is not None and found[1] not in self._numbers
        self._numbers |= {found[1]} if found is not None else set()
        return is_new


class CustomerPatches:
    """Changes two fields of the customers in these companies, one customer after the other, a connection in each.

    Each connection changes `each` customers in turn; connections in one company change different ones.
    """

    def __init__(self, companies: Sequence[int], each: int = dataset.CUSTOMERS) -> None:
        self._companies = companies
        self._each = each
        self._counts = [0] * len(companies)

    def next(self, connection: int) -> Write:
        """The next change of a connection; it changes both fields each time."""
        self._counts[connection] += 1
        passed, place = divmod(self._counts[connection], self._each)
        customer, company = (connection * self._each + place) % dataset.CUSTOMERS, self._companies[connection]
        patch = {"city": dataset.CITIES[(customer + passed + 1) % 10], "note": self._note(connection)}
        key = dataset.key("contact", company, customer)
        derived = {"company": str(dataset.key("company", company)), "row": str(key), "patch": patch}
        own = {key.hex: "the customer", dataset.customer_name(company, customer): "its name"}
        return Write(company, {"customerId": f"cus_{key.hex}", **patch}, derived, own)

    def is_done(self, connection: int, body: bytes) -> bool:
        """Whether the answer has the note of the connection's last change."""
        found = NOTE.search(body)
        return found is not None and found[1].decode() == self._note(connection)

    def _note(self, connection: int) -> str:
        return f"Change {self._counts[connection]}"


def printed(number: int) -> str:
    """A customer's number as it is printed."""
    return f"C{number:05d}"
