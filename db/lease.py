"""The rules by which a replica may answer, over what was seen of it and of the primary. They wait for nothing.

Times are of the monotonic clock, in seconds; the time of a look is the one before it was sent. A position is a number
of bytes of the write-ahead log.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

NEVER: Final = float("-inf")

SILENCE: Final = 1.0
"""Seconds without an answer after which a server is taken to be away."""

LONGEST_LAG: Final = 60.0
"""The most seconds by which a replica may be allowed to lag."""

CLOCKS: Final = 2.0
"""Seconds by which the clocks of a replica and the primary may differ, the time of a look included."""


@dataclass(frozen=True, slots=True)
class ReplicaSettings:
    """The addresses of replicas, one server each, and when they answer.

    `lag` is in seconds. `serves_stale`: they also answer while the primary is away.
    """

    dsns: Sequence[str] = ()
    lag: float = 1.0
    serves_stale: bool = False


class Reason(StrEnum):
    """Why a replica answers nothing, for operators."""

    UNSEEN = "it does not answer"
    PROMOTED = "it is no standby"
    ELSEWHERE = "it follows another primary"
    NOT_SYNCHRONOUS = "the primary does not wait for it: synchronous_standby_names, or a right to see that, is missing"
    CATCHING_UP = "it has not yet what was written before the primary waited for it"
    CLOCK = "its clock is not that of the primary"
    LAGS = "it lags, or the primary does not answer"


class PrimaryLook(NamedTuple):
    """The primary at a moment: what it has flushed, the names of its synchronous standbys, its clock (Unix time).

    A server that is promoted begins another timeline.
    """

    at: float
    position: int
    synchronous: frozenset[str]
    clock: float
    timeline: int = 1


class ReplicaLook(NamedTuple):
    """A replica at a moment: what it has applied, and its name as the primary knows it (None: it receives nothing).

    All transactions below `xmin` are over and seen there. `timeline` is that of what it receives.
    """

    at: float
    is_standby: bool
    position: int
    xmin: int
    name: str | None
    clock: float
    timeline: int | None = 1


class WaitsLook(NamedTuple):
    """The commits that wait for replicas and need not, at a moment before `at`; each is a process and a transaction.

    `lag` is the longest that a gateway with a connection to this primary allows its replicas. `settled`: the primary
    has no settings left to take over.
    """

    at: float
    commits: frozenset[str]
    lag: float
    settled: bool = True


@dataclass(slots=True)
class CommitWaits:
    """The commits that wait for replicas, and until when.

    A commit that waits is flushed. A replica without it answers nothing as soon as that is its gateway's lag ago, or
    its gateway has had no answer of the primary for a second. So after the longer of both nobody is shown what was
    before, and the commit may be told to have been made.
    """

    _until: dict[str, float] = field(default_factory=dict[str, float])

    def saw(self, look: WaitsLook) -> list[str]:
        """Take note of a look; returns the commits that have waited long enough."""
        until = look.at + max(SILENCE, look.lag)
        self._until = {commit: self._until.get(commit, until) for commit in look.commits}
        return [commit for commit, end in self._until.items() if end <= look.at]


@dataclass(slots=True)
class Primary:
    """The last looks at a primary, for as long as replicas may lag, in seconds.

    What was seen of it holds until `until`. `since` has the standbys that its commits wait for, each with a moment from
    which on they do. PostgreSQL calls a standby synchronous as soon as one of its processes has read the setting, but
    commits wait from the moment at which another one, the checkpointer, has. So a name is believed after `settling`
    seconds, once that process has been seen to be idle.
    """

    lag: float
    settling: float = SILENCE
    last: PrimaryLook | None = None
    until: float = NEVER
    since: dict[str, float] = field(default_factory=dict[str, float])
    _named: dict[str, float] = field(default_factory=dict[str, float])
    _seen: deque[PrimaryLook] = field(default_factory=deque[PrimaryLook])

    @property
    def answered(self) -> float:
        """The time of the last look that it answered."""
        return self.last.at if self.last is not None else NEVER

    def forget(self) -> None:
        """Begin anew: another connection may lead to another server."""
        self.since.clear()
        self._named.clear()
        self._seen.clear()

    def saw(self, look: PrimaryLook) -> None:
        """Take note of an answer."""
        self.last, self.until = look, look.at + SILENCE
        self._named = {name: self._named.get(name, look.at) for name in look.synchronous}
        self.since = {name: since for name, since in self.since.items() if name in look.synchronous}
        self._seen.append(look)
        while self._seen[0].at < look.at - self.lag - SILENCE:
            self._seen.popleft()

    def settled(self, at: float, now: float) -> None:
        """Take note that it had no settings left to take over at a moment between these two."""
        for name, named in self._named.items():
            if name not in self.since and named + self.settling <= at:
                self.since[name] = now

    def lost(self, now: float) -> None:
        """Take note that its connection is lost: another server may be the primary from now on."""
        self.until = min(self.until, now)

    def moment_of(self, position: int) -> float:
        """The last known moment at which the primary had no more than this; NEVER when it lies too far back."""
        return next((look.at for look in reversed(self._seen) if look.position <= position), NEVER)


@dataclass(slots=True)
class Lease:
    """The last look at a replica, and until when it may answer.

    `reason` is what stands against it at any time; None: only time does. `fresh` is the moment of the primary whose
    commits it has.
    """

    last: ReplicaLook | None = None
    name: str | None = None
    timeline: int | None = None
    fresh: float = NEVER
    until: float = NEVER
    reason: Reason | None = Reason.UNSEEN

    def saw(self, look: ReplicaLook, primary: Primary) -> None:
        """Take note of an answer. Without a connection to the primary its last name and timeline stay."""
        self.last = look
        self.name = look.name or self.name
        self.timeline = look.timeline or self.timeline
        self.fresh = max(self.fresh, primary.moment_of(look.position))
        self.judge(primary)

    def lost(self) -> None:
        """Take note that it does not answer."""
        self.last, self.until, self.fresh, self.reason = None, NEVER, NEVER, Reason.UNSEEN

    def judge(self, primary: Primary) -> None:
        """Set the lease anew after a look at either of them."""
        self.reason = next(self._hindrances(primary), None)
        self.until = NEVER
        if self.reason is None and self.last is not None:
            self.until = min(self.last.at + SILENCE, primary.until, self.fresh + primary.lag)

    def may_answer(self, now: float, position: int) -> bool:
        """True when its answer has what was committed, and every transaction below `position`."""
        return now < self.until and self.last is not None and position <= self.last.xmin

    def may_answer_stale(self, now: float, primary: Primary, position: int) -> bool:
        """True when the primary is away, and this replica might have answered at its last sign."""
        return (
            self.last is not None
            and primary.answered + SILENCE <= now < self.last.at + SILENCE
            and self.until > primary.answered
            and position <= self.last.xmin
        )

    def state(self, now: float) -> Reason | None:
        """Why it answers nothing now; None when it does."""
        return None if now < self.until else self.reason or Reason.LAGS

    def _hindrances(self, primary: Primary) -> Iterator[Reason]:
        if self.last is None or primary.last is None:
            yield Reason.UNSEEN
            return
        if not self.last.is_standby:
            yield Reason.PROMOTED
        if self.timeline is not None and self.timeline != primary.last.timeline:
            yield Reason.ELSEWHERE
        if self.name is None or self.name not in primary.last.synchronous:
            yield Reason.NOT_SYNCHRONOUS
        elif self.fresh < primary.since.get(self.name, self.fresh + 1):
            yield Reason.CATCHING_UP
        apart = (self.last.clock - self.last.at) - (primary.last.clock - primary.last.at)
        if abs(apart) > CLOCKS:
            yield Reason.CLOCK
