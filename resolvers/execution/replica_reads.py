"""Reads that replicas may answer; the primary is asked where they might be wrong, and once more where they say no."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import asyncpg
from asyncpg import Record

from db.database import Database
from db.errors import Crowded, DatabaseError, DatabaseTimeout, DatabaseUnavailable
from db.replicas import ChosenReplica, Replicas
from resolvers.request import GraphQLRequest

BY_RECOVERY: Final = "recovery"
"""The words of PostgreSQL's message when a replica stopped a statement to apply what was written."""

NO_FIGURES: Final[Mapping[str, float]] = dict.fromkeys(
    (
        "enfact_replicas", "enfact_replicas_serving", "enfact_replica_lag_seconds", "enfact_replica_reads_total",
        "enfact_replica_reads_again_total", "enfact_replica_reads_stale_total", "enfact_replica_waits_ended_total",
    ),
    0.0,
)  # fmt: skip
"""The figures of a gateway without replicas."""


class ReadRow(NamedTuple):
    """The row of a read; `stale` is the seconds since the primary was last seen, if it is away, else None."""

    record: Record
    stale: float | None = None


@dataclass(slots=True)
class ReplicaReads:
    """Reads of a primary and its replicas. The numbers count the reads that replicas answered and that came back."""

    primary: Database
    replicas: Replicas
    answered: int = 0
    again: int = 0
    stale: int = 0

    async def read(
        self, request: GraphQLRequest, sql: str, arguments: Sequence[object], credential: int, *, brief: bool = False
    ) -> ReadRow:
        """The only row of a reading statement; its column `credential` is null where the token is not known.

        Raises as `Database.read` does.
        """
        choice = self.replicas.choose(request.position) if request.position is not None else None
        if choice is None:
            return ReadRow(await self.primary.read(sql, arguments, brief=brief))
        record = await self._asked(choice, sql, arguments, brief=brief)
        if record is not None and (request.token is None or record[credential] is not None):
            self.answered += 1
            self.stale += choice.stale is not None
            return ReadRow(record, choice.stale)
        if choice.stale is not None:
            raise DatabaseUnavailable("The primary is away, and no replica knows the answer.")
        self.again += 1
        return ReadRow(await self.primary.read(sql, arguments, brief=brief))

    def figures(self) -> Mapping[str, float]:
        """Replicas, and what they answered."""
        return {
            **NO_FIGURES,
            **self.replicas.figures(),
            "enfact_replica_reads_total": self.answered,
            "enfact_replica_reads_again_total": self.again,
            "enfact_replica_reads_stale_total": self.stale,
        }

    async def _asked(
        self, choice: ChosenReplica, sql: str, arguments: Sequence[object], *, brief: bool
    ) -> Record | None:
        """The row of a replica; None when it could not answer, for a reason that is its own.

        A statement that took too long, or a queue of the payer's own, would be no better at the primary.
        """
        try:
            return await choice.database.read(sql, arguments, brief=brief)
        except DatabaseTimeout as error:
            if BY_RECOVERY not in str(error):
                raise
        except Crowded:
            raise
        except (DatabaseError, asyncpg.PostgresError):  # also where it has not yet a column that the primary has
            return None
        return None
