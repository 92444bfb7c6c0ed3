"""Further figures of the gateway's writes: many clients in one company, and a mutation's first time."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from db.tokens import CredentialKind
from resolvers.execution.product import default_compiler
from resolvers.operation.documents import Documents
from tests.bench.contenders.servers import Server
from tests.bench.data import dataset
from tests.bench.loads.customers import CrowdedCustomers, CustomerPatches
from tests.bench.loads.operations import CONNECTIONS, OPERATIONS, Operation
from tests.bench.loads.writes import COMPANIES, Write, Writes
from tests.bench.measures.measuring import Bench, load_writes
from tests.bench.report.spread import Verdict, at_least, at_most, estimate
from tests.bench.report.tables import Target, shown

COUNT: Final = 320
ROUNDS: Final = 9
COMPILED: Final = 40
ALONE: Final = COMPANIES[-1]
"""A company to which no contender writes."""

COMPILE_MS: Final = 2


class Crowd(NamedTuple):
    """Writes by all connections in one company: the operation, the figure's name, and the least part of the usual."""

    operation: str
    figure: str
    least: float

    @property
    def wanted(self) -> str:
        """The target in words."""
        return f"at least {self.least:g} ×"


CROWDS: Final = (
    Crowd("update_customer", f"writes a second, {CONNECTIONS} clients: in one company ÷ in {CONNECTIONS}", 0.8),
    Crowd(
        "create_customer", f"numbered writes a second, {CONNECTIONS} clients: in one company ÷ in {CONNECTIONS}", 0.5
    ),
)
COMPILATION: Final = "a write of 20 input fields, first time: compilation", f"at most {COMPILE_MS} ms"

INPUT: Final = """
  companyId: "com_%s" name: "Nouveau client %s" vatNumber: "BE0400000185" street: "Rue Neuve" streetNumber: "1"
  postcode: "4000" city: "Liege" country: "BE" phone: "+32 4 000001" mobile: "+32 470 000001" email: "new@bench.test"
  website: "https://bench.test" paymentTermDays: 30 note: "New" externalId: "%s" discount: "5" discountType: PERCENT
  channel: "Fair" utmSource: "fair" utmMedium: "stand" utmCampaign: "autumn"
"""
NEW: Final = """
mutation New { createCustomer(input: { %s }) {
  customer { id number name vatNumber street postcode city country email paymentTermDays discount }
  errors { code field }
} }
"""


def crowded(bench: Bench, gateway: Server) -> list[Target]:
    """The writes a second of many clients in one company, as a part of those in a company each, round by round."""
    return [_crowd(bench, gateway, crowd) for crowd in CROWDS]


def _crowd(bench: Bench, gateway: Server, crowd: Crowd) -> Target:
    operation = OPERATIONS[crowd.operation]
    usual, together = bench.writes(gateway, operation), crowd_of(operation)
    for writes in (usual, together):
        load_writes(gateway, operation, writes, COUNT)
    parts: list[float] = []
    for n in range(ROUNDS):
        order = (usual, together) if n % 2 else (together, usual)
        taken = {id(writes): load_writes(gateway, operation, writes, COUNT).seconds for writes in order}
        parts.append(taken[id(usual)] / taken[id(together)])
    found = estimate(parts)
    return Target(crowd.figure, crowd.wanted, shown(found, 2), at_least(crowd.least, found), found)


@dataclass(frozen=True, slots=True)
class Colleagues:
    """Writes of one company by its members, a connection each: what one account may do at once is not what is asked."""

    writes: Writes

    def next(self, connection: int) -> Write:
        """The next write of a member, without what employees may not write."""
        write = self.writes.next(connection)
        given = {name: value for name, value in write.input.items() if name != "channel"}
        return replace(write, input=given, member=connection)

    def is_done(self, connection: int, body: bytes) -> bool:
        """Whether the answer confirms the member's last write."""
        return self.writes.is_done(connection, body)


def crowd_of(operation: Operation) -> Writes:
    """The writes of an operation by all connections in one company: of different rows, or of new ones."""
    companies = [ALONE] * CONNECTIONS
    if operation.name == "create_customer":
        return Colleagues(CrowdedCustomers(companies))
    return Colleagues(CustomerPatches(companies, dataset.CUSTOMERS // CONNECTIONS))


def compilation() -> Target:
    """Milliseconds to compile a mutation that is new, after it was parsed and validated."""
    found = estimate(compiled_ms(COMPILED))
    return Target(*COMPILATION, f"{shown(found, 2)} ms", at_most(COMPILE_MS, found), found)


def compiled_ms(count: int) -> Sequence[float]:
    """The CPU of compiling one after the other of `count` mutations that differ."""
    compiler = default_compiler()
    documents = Documents(compiler.schema)
    taken: list[float] = []
    for n in range(count):
        operation = documents.find(NEW % (INPUT % (f"{n:032x}", n, n))).choose(None)
        (selected,) = compiler.writes(operation, {})
        began = time.thread_time_ns()
        statement = compiler.write(operation, selected, {}, CredentialKind.SESSION)
        taken.append((time.thread_time_ns() - began) / 1e6)
        assert statement.is_whole
    return taken[1:]


def nothing_written() -> list[Target]:
    """The targets as not measured."""
    wanted = [(crowd.figure, crowd.wanted) for crowd in CROWDS]
    return [Target(*one, "", Verdict.UNMEASURED) for one in (*wanted, COMPILATION)]
