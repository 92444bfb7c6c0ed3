"""What the clients of a company know of its customers and products: takes what was answered, checks the database.

All clients of the company write into one book, each about rows of its own. It has only what was answered in the end:
it is checked once every write has its answer.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, LiteralString, NamedTuple
from uuid import UUID

from db.connection import Connection
from tests.support.company import Firm, Person

Values = tuple[str | Decimal | None, ...]


class Sort(NamedTuple):
    """How rows of an entity are read: their table, the columns of their values, their number and its counter."""

    table: LiteralString
    columns: LiteralString
    letter: str | None = None
    counter: str | None = None


SORTS: Final[Mapping[str, Sort]] = {
    "Customer": Sort("contact", "r.name, r.city", "C", "CUSTOMER"),
    "Product": Sort("product", "r.name, r.price", "P", "PRODUCT"),
    "ProductGroup": Sort("product_group", "r.name"),
}


@dataclass(slots=True)
class Row:
    """A row as it was answered the last time."""

    entity: str
    key: UUID
    number: str | None
    values: Values
    version: int = 1


class Written(NamedTuple):
    """A line of the trail; of several rows of one write only the first one has the key."""

    entity: str
    key: UUID
    kind: str
    operation: str
    actor: UUID
    idempotency_key: str | None


TRAIL: Final = """
select entity, key, kind, operation, actor_id, idempotency_key from change where company_id = $1
"""
PERSONS: Final = """
select array_agg(p.last_name) from contact c left join contact_person p on p.customer_id = c.id
where c.company_id = $1 group by c.id
"""
COUNTERS: Final = "select kind, next from counter where company_id = $1"


@dataclass(slots=True)
class Book:
    """One company: its rows, the trail of its writes, and how many writes were answered."""

    firm: Firm
    rows: dict[UUID, Row] = field(default_factory=dict[UUID, Row])
    trail: Counter[Written] = field(default_factory=Counter[Written])
    writes: int = 0

    def created(self, row: Row, operation: str, by: Person, idempotency_key: str) -> None:
        """A row was made, which there was not before, with a number that no other has."""
        assert row.key not in self.rows, f"{row} was made before"
        numbers = [known.number for known in self.rows.values() if known.entity == row.entity]
        assert row.number is None or row.number not in numbers, f"the number of {row} is another one's"
        self.rows[row.key] = row
        self._wrote([row], "CREATED", operation, by, idempotency_key)

    def changed(self, changes: Mapping[UUID, Values], operation: str, by: Person, idempotency_key: str) -> None:
        """One write changed the values of these rows."""
        for key, values in changes.items():
            self.rows[key].values = values
            self.rows[key].version += 1
        self._wrote([self.rows[key] for key in sorted(changes)], "CHANGED", operation, by, idempotency_key)

    def _wrote(self, rows: Iterable[Row], kind: str, operation: str, by: Person, idempotency_key: str) -> None:
        self.writes += 1
        for n, row in enumerate(rows):
            key = idempotency_key if n == 0 else None
            self.trail[Written(row.entity, row.key, kind, operation, by.account, key)] += 1

    async def check(self, connection: Connection) -> int:
        """Compare the database with what is known; gives how many writes it found.

        AssertionError when one is lost, half there, there twice, or nobody's.
        """
        for entity, sort in SORTS.items():
            await self._check_rows(connection, entity, sort)
        trail = Counter(Written(*row) for row in await connection.fetch(TRAIL, self.firm.key))
        assert trail == self.trail, f"lost: {self.trail - trail}, nobody's: {trail - self.trail}"
        customers = sum(row.entity == "Customer" for row in self.rows.values())
        persons = [row[0] for row in await connection.fetch(PERSONS, self.firm.key)]
        assert persons == [["Bob"]] * customers, "a customer was written without its person, or with too many"
        return self.writes

    async def _check_rows(self, connection: Connection, entity: str, sort: Sort) -> None:
        known = {row.key: (row.number, row.version, row.values) for row in self.rows.values() if row.entity == entity}
        number = "r.number" if sort.letter else "null"
        # whoever wrote the row last also wrote its last line of the trail, and one line for each version
        found = await connection.fetch(
            f"select r.id, {number}, r.version, {sort.columns}, "
            "(select count(*) from change c where c.company_id = r.company_id and c.key = r.id), "
            "(select max(c.xid)::xid = r.xmin from change c where c.company_id = r.company_id and c.key = r.id) "
            f"from {sort.table} r where r.company_id = $1",
            self.firm.key,
        )
        there = {key: (number, version, tuple(values)) for key, number, version, *values, _, _ in found}
        assert there == known, f"{entity}: found {there.items() - known.items()}, known {known.items() - there.items()}"
        assert all(row[-2] == row[2] for row in found), f"{entity}: the trail does not fit the versions"
        assert all(row[-1] for row in found), f"{entity}: a row was written by another write than the trail says"
        if sort.letter:
            numbers = sorted(int(row[1].removeprefix(sort.letter)) for row in found)
            assert numbers == [*range(1, len(found) + 1)], f"{entity}: numbers with gaps"
            counters = {row["kind"]: row["next"] for row in await connection.fetch(COUNTERS, self.firm.key)}
            assert counters.get(sort.counter, 1) == len(found) + 1, f"{entity}: the counter does not fit the numbers"
