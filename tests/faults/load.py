"""Clients of a running gateway: take a company's ledger, write and read its toggles until they are told to stop.

An answer is a right one, 503 or 504 (as status or as the error of a mutation's field), or a closed connection.
"""

import asyncio
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, Self

import httpx

from tests.faults.ledger import APPS, PEOPLE, Cell, Ledger, State
from tests.support.demo_client import JSON

MATRIX: Final = """
query ($id: ID!, $people: [ID!], $apps: [App!]) { company(id: $id) {
  permissionMatrix(userIds: $people, apps: $apps) { version rows { user { id } cells { app granted } } } } }
"""
SET: Final = """
mutation ($id: ID!, $version: Int!, $changes: [AppAccessChange!]!) {
  setAppAccess(input: {companyId: $id, expectedVersion: $version, changes: $changes}) {
    permissionMatrix { version } errors { code } } }
"""
AWAY: Final = {503: "UNAVAILABLE", 504: "TIMEOUT"}
"""What a gateway may answer while its database is away."""

PATIENCE: Final = 30.0
"""Seconds until an answer: more than any deadline of the gateway; who waits longer was forgotten."""

PAUSE: Final = 0.002


class Unanswered(Exception):
    """No answer that says what became of the request, but for `is_written`: it has written, and more is not known."""

    def __init__(self, *, is_written: bool = False) -> None:
        super().__init__()
        self.is_written = is_written


@dataclass(slots=True)
class Client:
    """One client with a connection of its own; `served` counts what went well."""

    url: str
    token: str
    random: Random
    outcomes: Counter[str] = field(default_factory=Counter[str])
    served: int = 0
    _http: httpx.AsyncClient | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Ask again and again; the last request is answered before the end."""
        headers = {"accept": JSON, "authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, timeout=PATIENCE) as self._http:
            while not stop.is_set():
                await self.step()
                await asyncio.sleep(PAUSE)

    async def step(self) -> None:
        """One request, or what belongs together."""
        raise NotImplementedError

    async def ask(self, query: str, **variables: object) -> Mapping[str, Any]:
        """The body of a right answer. Raises Unanswered."""
        assert self._http is not None
        with self._unanswered():
            answer = await self._http.post("/graphql", json={"query": query, "variables": variables})
        errors = [error["extensions"] for error in answer.json().get("errors", ())]
        codes = [error["code"] for error in errors]
        if answer.status_code in AWAY:
            assert codes == [AWAY[answer.status_code]]
            self._missed(str(answer.status_code))
        assert answer.status_code in (200, 294), answer.text
        if codes and "mutation" in query:
            assert len(codes) == 1, answer.text
            assert codes[0] in AWAY.values(), answer.text
            self._missed(f"200 {codes[0]}", is_written=errors[0].get("written", False))
        assert not codes, answer.text
        self.outcomes["200"] += 1
        return answer.json()["data"]

    @contextmanager
    def _unanswered(self) -> Generator[None]:
        try:
            yield
        except httpx.TimeoutException:
            raise
        except httpx.TransportError as error:
            self.outcomes["closed"] += 1
            raise Unanswered from error

    def _missed(self, outcome: str, *, is_written: bool = False) -> None:
        self.outcomes[outcome] += 1
        raise Unanswered(is_written=is_written)


@dataclass(slots=True, kw_only=True)
class MatrixClient(Client):
    """A client of a company's matrix."""

    ledger: Ledger

    @classmethod
    def of(cls, url: str, ledger: Ledger, random: Random) -> Self:
        """The owner's client of a gateway."""
        return cls(url, ledger.firm["owner"].token, random, ledger=ledger)

    async def read(self) -> tuple[int, State]:
        """The version, and the toggles that are on."""
        people = [self.ledger.firm[name].id for name in PEOPLE]
        data = await self.ask(MATRIX, id=self.ledger.firm.id, people=people, apps=list(APPS))
        matrix = data["company"]["permissionMatrix"]
        cells: dict[Cell, bool] = {
            (row["user"]["id"], cell["app"]): cell["granted"] for row in matrix["rows"] for cell in row["cells"]
        }
        assert set(cells) == set(self.ledger.cells)
        return matrix["version"], frozenset(cell for cell, granted in cells.items() if granted)


class Reader(MatrixClient):
    """Reads the matrix."""

    async def step(self) -> None:
        """One page of it, which is no older than what was acknowledged before."""
        since = self.ledger.version
        try:
            version, state = await self.read()
        except Unanswered:
            return
        self.ledger.observe(since, version, state)
        self.served += 1


class Writer(MatrixClient):
    """Sets toggles, as the only one of its company; `served` counts what was acknowledged."""

    async def step(self) -> None:
        """One write, and after one that was not answered, a look at what became of it."""
        ledger = self.ledger
        if ledger.doubts:
            try:
                ledger.settle(*await self.read())
            except Unanswered:
                return
        chosen = self.random.sample(ledger.cells, self.random.randint(1, 5))
        change = frozenset((cell, cell not in ledger.states[-1]) for cell in chosen)
        changes = [{"userId": id_, "app": app, "granted": granted} for (id_, app), granted in change]
        try:
            data = await self.ask(SET, id=ledger.firm.id, version=ledger.version, changes=changes)
        except Unanswered:
            ledger.doubt(change)
            return
        payload = data["setAppAccess"]
        if payload["errors"]:
            assert (payload["errors"], bool(ledger.doubts)) == ([{"code": "VERSION_CONFLICT"}], True)
            return  # one in doubt was made after all: the next step looks which
        ledger.acknowledge(change, payload["permissionMatrix"]["version"])
        self.served += 1
