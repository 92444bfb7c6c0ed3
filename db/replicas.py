"""The replicas that answer reads: takes their addresses, keeps looking at them and at the primary, chooses one.

Each has a pool of its own, which is given up as soon as the server does not answer. What a replica must be for that,
`lease.py` says.
"""

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final, NamedTuple, TypeAlias

from db.connection import Connection
from db.database import Database, PoolSettings
from db.dsn import read_address
from db.errors import DatabaseMisconfigured
from db.lease import SILENCE, CommitWaits, Lease, Primary, Reason, ReplicaSettings
from db.replication_status import (
    end_waits,
    keep_looking,
    look_at_primary,
    look_at_replica,
    look_at_waits,
    name_of_looks,
)

WAITS_PAUSE: Final = 0.1
"""Seconds between two looks at commits that wait for replicas."""

Report: TypeAlias = Callable[[str, Reason | None], None]
"""Is called with the name of a replica and why it answers nothing (None: it answers), when that changes."""


@dataclass(slots=True)
class Replica:
    """One replica; `database` is None as long as it has no pool. `state` is what was last reported of it."""

    dsn: str
    name: str
    lease: Lease = field(default_factory=Lease)
    database: Database | None = None
    state: Reason | None = Reason.UNSEEN

    def leave(self) -> None:
        """Give up its pool, in use or not, and ask it nothing until it has answered a look."""
        self.lease.lost()
        if self.database is not None:
            self.database.abandon()
            self.database = None


class ChosenReplica(NamedTuple):
    """A replica that may answer, and its pool; `stale` is None, or the seconds since the primary was last seen."""

    replica: Replica
    database: Database
    stale: float | None = None


class Replicas:
    """The replicas of one primary, as one process sees them.

    `primary_dsn` is an address past any pooler in transaction mode. A change of access that waits for a replica which
    answers nothing any more is let go.
    """

    def __init__(self, primary_dsn: str, settings: ReplicaSettings, pool: PoolSettings, report: Report) -> None:
        """Raises DatabaseMisconfigured for an address of several hosts."""
        self._all = [Replica(dsn, name_of(dsn, number)) for number, dsn in enumerate(settings.dsns, 1)]
        self._primary = Primary(settings.lag)
        self._primary_dsn = primary_dsn
        self._serves_stale = settings.serves_stale
        self._pool = replace(pool, connect_timeout=min(pool.connect_timeout, SILENCE))
        self._report = report
        self._turns = count()
        self._waits = CommitWaits()
        self._looked = time.monotonic()
        self._ended = 0
        self._known: Connection | None = None

    async def keep_looking(self) -> None:
        """Look at all servers until cancelled; then give the replicas up."""
        name = name_of_looks(self._primary.lag)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(keep_looking(self._primary_dsn, self._look_at_primary, self._lose_primary, name))
                for one in self._all:
                    group.create_task(self._keep_looking_at(one))
        finally:
            for one in self._all:
                one.leave()

    async def look_after(self) -> int:
        """Look after the connections of all pools, as `Database.look_after` does. Returns the number of ended ones."""
        return sum([await one.database.look_after() for one in self._all if one.database is not None])

    def choose(self, position: int) -> ChosenReplica | None:
        """The replica with the fewest connections in use of those that have every transaction below `position`.

        None when none has; then the primary answers.
        """
        now = time.monotonic()
        found = [
            ChosenReplica(one, one.database)
            for one in self._all
            if one.database is not None and one.lease.may_answer(now, position)
        ]
        if not found:
            return self._stale(now, position)
        turn = next(self._turns) % len(found)
        return min(found[turn:] + found[:turn], key=lambda one: one.database.lent)

    @property
    def is_stale(self) -> bool:
        """True while the primary is away and a replica may answer in its stead."""
        return self._stale(time.monotonic(), 0) is not None

    def figures(self) -> Mapping[str, float]:
        """Replicas, those that answer now, and the seconds by which these lag, added up."""
        now = time.monotonic()
        serving = [one for one in self._all if one.database is not None and now < one.lease.until]
        return {
            "enfact_replicas": len(self._all),
            "enfact_replicas_serving": len(serving),
            "enfact_replica_lag_seconds": sum(now - one.lease.fresh for one in serving),
            "enfact_replica_waits_ended_total": self._ended,
        }

    def _stale(self, now: float, position: int) -> ChosenReplica | None:
        if self._serves_stale:
            for one in self._all:
                if one.database is not None and one.lease.may_answer_stale(now, self._primary, position):
                    return ChosenReplica(one, one.database, now - self._primary.answered)
        return None

    async def _look_at_primary(self, connection: Connection) -> None:
        look = await look_at_primary(connection)
        if connection is not self._known:
            self._known = connection
            self._primary.forget()
            self._waits = CommitWaits()
        self._primary.saw(look)
        self._judge()
        await self._look_at_waits(connection)

    def _lose_primary(self) -> None:
        self._primary.lost(time.monotonic())
        self._judge()

    def _judge(self) -> None:
        for one in self._all:
            one.lease.judge(self._primary)
        self._tell()

    async def _look_at_waits(self, connection: Connection) -> None:
        """Let changes of access go on without replicas that answer nothing any more."""
        at = time.monotonic()
        if at - self._looked < WAITS_PAUSE:
            return
        look = await look_at_waits(connection)
        if look.settled:
            self._primary.settled(at, look.at)
        if overdue := self._waits.saw(look):
            self._ended += await end_waits(connection, overdue)
        self._looked = time.monotonic()

    async def _keep_looking_at(self, one: Replica) -> None:
        """Look at a replica; it gets a pool as soon as it might answer."""

        async def look(connection: Connection) -> None:
            one.lease.saw(await look_at_replica(connection), self._primary)
            if one.database is None and one.lease.reason is None:
                one.database = await Database.open(one.dsn, self._pool)
            self._tell()

        def fail() -> None:
            one.leave()
            self._tell()

        await keep_looking(one.dsn, look, fail)

    def _tell(self) -> None:
        """Report what has changed."""
        now = time.monotonic()
        for one in self._all:
            state = one.lease.state(now)
            if one.state is not state:
                one.state = state
                self._report(one.name, state)


def name_of(dsn: str, number: int) -> str:
    """The name of a replica for operators: its host. Raises DatabaseMisconfigured for an address of several hosts."""
    address = read_address(dsn, os.environ)
    if address.has_several_hosts:
        raise DatabaseMisconfigured(
            "Each address of ENFACT_READ_URLS is that of one server, which is judged by itself."
        )
    return str(address.hosts[0]) if address.hosts else f"replica {number}"
