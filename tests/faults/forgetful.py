"""Clients that lose about every second answer to what they write, and send it again with its key.

What they lost was answered: so the repetition has to say that it was done before, and to show the same row.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any, Final, Self
from uuid import UUID

from tests.faults.book import Book, Row
from tests.faults.load import SET, Client, Unanswered, Writer
from tests.support.company import Person

GROUP: Final = 20
"""How many products a client puts into a group before it makes the next one."""

CENT: Final = Decimal("0.01")
ROWS: Final[Mapping[str, str]] = {
    "createCustomer": "customer { id number version name city }",
    "updateCustomer": "customer { id number version name city }",
    "createProductGroup": "productGroup { id version name }",
    "createProduct": "product { id number version name price }",
    "adjustPrices": "count products { id version price }",
}
"""What is selected of each payload."""


def document(operation: str, *, more: bool) -> str:
    """A mutation of one input; `more` also selects what is read after the commit."""
    title = operation[0].upper() + operation[1:]
    selection = f"{ROWS[operation]} replayed errors {{ code }} {'company { name }' if more else ''}"
    return f"mutation ($input: {title}Input!) {{ {operation}(input: $input) {{ {selection} }} }}"


def key_of(id_: str) -> UUID:
    """The key of a global id."""
    return UUID(id_.partition("_")[2])


@dataclass(slots=True, kw_only=True)
class Clerk(Client):
    """Writes customers and products; `served` counts writes, `replayed` those that were answered as done before."""

    book: Book
    who: Person
    name: str
    replayed: int = 0
    lost: int = 0
    _sent: int = 0
    _customers: list[UUID] = field(default_factory=list[UUID])
    _group: UUID | None = None
    _products: list[UUID] = field(default_factory=list[UUID])

    @classmethod
    def of(cls, url: str, book: Book, who: str, random: Random) -> Self:
        """The client of one of a company's people at a gateway."""
        person = book.firm[who]
        return cls(url, person.token, random, book=book, who=person, name=who)

    async def step(self) -> None:
        """One write, until it is answered."""
        if self._group is None or len(self._products) == GROUP:
            await self._begin_group()
        steps = [self._create_customer, self._create_product]
        steps += [self._update_customer] * bool(self._customers) + [self._adjust_prices] * bool(self._products)
        await self.random.choice(steps)()
        self.served += 1

    async def _create_customer(self) -> None:
        name, city = self._text("customer"), self._text("city")
        given = {"companyId": self.book.firm.id, "name": name, "city": city, "contactPersons": [{"lastName": "Bob"}]}
        row = await self._create("Customer", given, lambda row: (row["name"], row["city"]))
        assert row.values == (name, city)
        self._customers.append(row.key)

    async def _begin_group(self) -> None:
        given = {"companyId": self.book.firm.id, "name": self._text("group")}
        self._group = (await self._create("ProductGroup", given, lambda row: (row["name"],))).key
        self._products.clear()

    async def _create_product(self) -> None:
        assert self._group is not None
        name, price = self._text("product"), f"{self.random.randint(1_000, 100_000) / 100:.2f}"
        given = {"companyId": self.book.firm.id, "name": name, "price": price, "groupId": f"prg_{self._group.hex}"}
        row = await self._create("Product", given, lambda row: (row["name"], Decimal(row["price"])))
        assert row.values == (name, Decimal(price))
        self._products.append(row.key)

    async def _create(
        self, entity: str, given: Mapping[str, Any], values: Callable[[Mapping[str, Any]], tuple[str | Decimal, ...]]
    ) -> Row:
        operation, member = f"create{entity}", entity[0].lower() + entity[1:]
        key, payload = await self._surely(operation, given)
        made = payload[member]
        assert made["version"] == 1
        row = Row(entity, key_of(made["id"]), made.get("number"), values(made))
        self.book.created(row, operation, self.who, key)
        return row

    async def _update_customer(self) -> None:
        row = self.book.rows[self.random.choice(self._customers)]
        name, city = row.values
        changes: dict[str, Any] = {"name": self._text("again")} if self.random.random() < 0.5 else {}
        changes |= {"city": None if city and self.random.random() < 0.3 else self._text("city")} if not changes else {}
        given = {"customerId": f"cus_{row.key.hex}", **changes}
        if self.random.random() < 0.5:
            given["expectedVersion"] = row.version
        key, payload = await self._surely("updateCustomer", given)
        values = (changes.get("name", name), changes.get("city", city))
        self.book.changed({row.key: values}, "updateCustomer", self.who, key)
        shown = payload["customer"]
        assert (shown["number"], shown["version"], shown["name"], shown["city"]) == (row.number, row.version, *values)

    async def _adjust_prices(self) -> None:
        assert self._group is not None
        percent = self._percent()
        given = {"companyId": self.book.firm.id, "groupId": f"prg_{self._group.hex}", "percent": str(percent)}
        key, payload = await self._surely("adjustPrices", given)
        rows = [self.book.rows[key] for key in self._products]
        prices = {row.key: self._adjusted(row, percent) for row in rows}
        changes = {row.key: (row.values[0], prices[row.key]) for row in rows if prices[row.key] != row.values[1]}
        self.book.changed(changes, "adjustPrices", self.who, key)
        shown = {key_of(one["id"]): (one["version"], Decimal(one["price"])) for one in payload["products"]}
        assert shown == {key: (self.book.rows[key].version, prices[key]) for key in changes}
        assert payload["count"] == len(changes)

    def _percent(self) -> Decimal:
        """Percents after which some price is another one, and none is out of range."""
        prices = [price for key in self._products if isinstance(price := self.book.rows[key].values[1], Decimal)]
        return Decimal("-90" if max(prices) > 1_000_000 else self.random.choice(("10", "2.5", "33.33")))

    @staticmethod
    def _adjusted(row: Row, percent: Decimal) -> Decimal:
        price = row.values[1]
        assert isinstance(price, Decimal)
        return (price * (1 + percent / 100)).quantize(CENT, ROUND_HALF_UP)

    def _text(self, what: str) -> str:
        return f"{what} of {self.name} {self.random.randrange(1 << 30)}"

    async def _surely(self, operation: str, given: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """The key of a write, and its payload: sent again with the key until it is answered and not lost."""
        self._sent += 1
        key = f"{operation}-{self._sent}"
        query = document(operation, more=self.random.random() < 0.3)
        is_made, in_doubt, known = False, False, None
        while True:
            try:
                payload = (await self.ask(query, input={**given, "idempotencyKey": key}))[operation]
            except Unanswered as unanswered:
                is_made, in_doubt = is_made or unanswered.is_written, True
                await asyncio.sleep(0.02)
                continue
            if in_doubt and not is_made and payload["errors"] == [{"code": "VERSION_CONFLICT"}]:
                continue  # the one in doubt was made just now, beside the repetition
            assert payload["errors"] == [], (operation, given, payload)
            assert payload["replayed"] or not is_made, f"{operation} {key} was made again"
            assert in_doubt or payload["replayed"] == is_made, f"{operation} {key} was not made before"
            rest = {name: value for name, value in payload.items() if name != "replayed"}
            assert known in (None, rest), f"{operation} {key}: {rest} after {known}"
            if self.random.random() < 0.5:
                is_made, known, self.lost = True, rest, self.lost + 1
                continue
            self.replayed += payload["replayed"]
            return key, payload


class ForgetfulOwner(Writer):
    """Sets toggles; what may be lost is sent again with the version that it was based on, and made once."""

    async def step(self) -> None:
        """One write, and often the same with the same version again, which has to meet a conflict."""
        ledger, before = self.ledger, self.served
        await Writer.step(self)
        if self.served == before or self.random.random() < 0.5:
            return
        change = [{"userId": id_, "app": app, "granted": granted} for (id_, app), granted in ledger.changes[-1]]
        try:
            data = await self.ask(SET, id=ledger.firm.id, version=ledger.version - 1, changes=change)
        except Unanswered:
            return
        assert data["setAppAccess"]["errors"] == [{"code": "VERSION_CONFLICT"}]
