"""replica_reads.py: what a replica does not know, or cannot answer, the primary is asked once."""

from collections.abc import Sequence
from typing import Any, cast

import asyncpg
import pytest

from db.errors import ConnectionLost, Crowded, DatabaseTimeout, DatabaseUnavailable, TakesNoWrites, translate
from db.replicas import ChosenReplica
from resolvers.execution.replica_reads import NO_FIGURES, ReplicaReads
from resolvers.request import GraphQLRequest

KNOWN, UNKNOWN = ("row", "key"), ("row", None)
SIGNED_IN = GraphQLRequest("", token="enf_a", position=0)

BY_CONFLICT = translate(asyncpg.SerializationError("canceling statement due to conflict with recovery"))
BY_CONFLICT_TOO = DatabaseTimeout("The database stopped what took too long: terminating because of recovery")


class Answers:
    """A database that gives answers in turn, an error by raising it."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)

    async def read(self, sql: str, arguments: Sequence[object], *, brief: bool = False) -> object:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class One:
    """Replicas of which one answers, for positions up to 9."""

    def __init__(self, replica: Answers, stale: float | None = None) -> None:
        self.choice = ChosenReplica(cast("Any", None), cast("Any", replica), stale)

    def choose(self, position: int) -> ChosenReplica | None:
        return self.choice if position < 10 else None

    def figures(self) -> dict[str, float]:
        return {}


def reads(primary: Answers, replica: Answers, stale: float | None = None) -> ReplicaReads:
    return ReplicaReads(cast("Any", primary), cast("Any", One(replica, stale)))


async def read(reads: ReplicaReads, request: GraphQLRequest = SIGNED_IN) -> tuple[Any, float | None]:
    return await reads.read(request, "select", (), 1)


async def test_a_replica_answers() -> None:
    asked = reads(Answers(), Answers(KNOWN))
    assert await read(asked) == (KNOWN, None)
    assert asked.figures() == {**NO_FIGURES, "enfact_replica_reads_total": 1}


@pytest.mark.parametrize("position", [None, 10])
async def test_the_primary_answers_what_no_replica_may(position: int | None) -> None:
    asked = reads(Answers(UNKNOWN), Answers())
    assert await read(asked, SIGNED_IN._replace(position=position)) == (UNKNOWN, None)
    assert asked.again == 0


@pytest.mark.parametrize(
    "answer",
    [
        UNKNOWN,
        BY_CONFLICT,
        BY_CONFLICT_TOO,
        TakesNoWrites("read only"),
        ConnectionLost("gone"),
        DatabaseUnavailable("no"),
        asyncpg.UndefinedColumnError("not there yet"),
    ],
    ids=str,
)
@pytest.mark.parametrize("last", [KNOWN, UNKNOWN], ids=["known", "unknown"])
async def test_the_primary_is_asked_once_after_a_no(answer: object, last: object) -> None:
    asked = reads(Answers(last), Answers(answer))
    assert await read(asked) == (last, None)
    assert (asked.answered, asked.again) == (0, 1)


async def test_an_anonymous_client_has_no_credential_that_could_be_unknown() -> None:
    assert await read(reads(Answers(), Answers(UNKNOWN)), SIGNED_IN._replace(token=None)) == (UNKNOWN, None)


@pytest.mark.parametrize("error", [DatabaseTimeout("slow"), Crowded("full")], ids=str)
async def test_what_would_be_no_better_at_the_primary_is_not_asked_again(error: Exception) -> None:
    with pytest.raises(type(error)):
        await read(reads(Answers(), Answers(error)))


async def test_without_a_primary_an_answer_is_marked_and_a_no_is_none() -> None:
    assert await read(asked := reads(Answers(), Answers(KNOWN), 3.5)) == (KNOWN, 3.5)
    assert asked.stale == 1
    with pytest.raises(DatabaseUnavailable):
        await read(reads(Answers(), Answers(UNKNOWN), 3.5))
