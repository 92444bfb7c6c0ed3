"""lease.py: when a replica may answer, by what was seen of it and of the primary."""

import pytest

from db.lease import CLOCKS, NEVER, SILENCE, CommitWaits, Lease, Primary, PrimaryLook, Reason, ReplicaLook, WaitsLook

CLOCK = 1_000_000.0
LAG = 0.5


class Pair:
    """A primary and a replica that look good, and are looked at at the same moments."""

    def __init__(self, lag: float = LAG) -> None:
        self.primary, self.lease = Primary(lag, settling=0.0), Lease()

    def see_primary(self, at: float, position: int = 100, *names: str, clock: float = 0.0, timeline: int = 1) -> "Pair":
        self.primary.saw(PrimaryLook(at, position, frozenset(names or ("one",)), CLOCK + at + clock, timeline))
        self.primary.settled(at, at)
        self.lease.judge(self.primary)
        return self

    def see_replica(
        self,
        at: float,
        position: int = 100,
        xmin: int = 7,
        *,
        name: str | None = "one",
        is_standby: bool = True,
        timeline: int | None = 1,
    ) -> "Pair":
        self.lease.saw(ReplicaLook(at, is_standby, position, xmin, name, CLOCK + at, timeline), self.primary)
        return self

    def may(self, now: float, position: int = 0) -> bool:
        return self.lease.may_answer(now, position)


def good(lag: float = LAG) -> Pair:
    return Pair(lag).see_primary(10.0).see_replica(10.01)


def test_a_replica_answers_until_it_might_lag() -> None:
    pair = good()
    assert pair.may(10.02)
    assert pair.may(10.0 + LAG - 0.01)
    assert not pair.may(10.0 + LAG)
    assert pair.lease.state(10.0 + LAG) is Reason.LAGS


def test_a_replica_answers_until_it_or_the_primary_might_be_away() -> None:
    pair = good(60.0)
    assert pair.may(10.0 + SILENCE - 0.01)
    assert not pair.may(10.0 + SILENCE)
    pair.see_replica(10.9)
    assert not pair.may(10.0 + SILENCE), "the primary is silent"
    pair.see_primary(11.0)
    assert pair.may(11.5)
    assert not pair.may(11.9), "the replica is silent"
    pair.lease.lost()
    assert not pair.may(11.1)


def test_what_is_applied_tells_how_fresh_a_replica_is() -> None:
    pair = good().see_primary(10.2, 200).see_primary(10.4, 300).see_replica(10.45, 250)
    assert pair.lease.fresh == 10.2
    assert pair.may(10.69)
    assert not pair.may(10.71)
    pair.see_replica(10.72, 300)
    assert pair.lease.fresh == 10.4


def test_what_lies_too_far_back_is_forgotten() -> None:
    pair = good()
    for n in range(1_000):
        pair.see_primary(11.0 + n / 10, 200 + n)
    assert pair.primary.moment_of(1_180) == NEVER
    assert pair.primary.moment_of(1_190) == 110.0
    pair.see_replica(111.0, 1_180)
    assert pair.lease.state(111.1) is Reason.LAGS, "that it had caught up once is not forgotten"


def test_a_replica_that_the_primary_does_not_wait_for_answers_nothing() -> None:
    pair = good().see_primary(10.1, 100, "two")
    assert (pair.may(10.11), pair.lease.reason) == (False, Reason.NOT_SYNCHRONOUS)
    pair.see_primary(10.2, 200)  # a change before this one did not wait for it
    pair.see_replica(10.21, 199)
    assert (pair.may(10.22), pair.lease.reason) == (False, Reason.CATCHING_UP)
    pair.see_replica(10.23, 200)
    assert pair.may(10.24)


def test_a_name_is_believed_once_the_primary_has_taken_its_settings_over() -> None:
    pair = Pair()
    pair.primary.settling = SILENCE
    pair.see_primary(10.0).see_replica(10.01)
    assert (pair.may(10.02), pair.lease.reason) == (False, Reason.CATCHING_UP)
    pair.see_primary(10.0 + SILENCE - 0.01).see_replica(10.0 + SILENCE)
    assert not pair.may(10.0 + SILENCE)
    pair.primary.saw(PrimaryLook(11.5, 200, frozenset({"one"}), CLOCK + 11.5))
    pair.see_replica(11.51, 200)
    assert not pair.may(11.52), "it has settings left"
    pair.primary.settled(11.53, 11.55)
    pair.see_replica(11.56, 200)
    assert (pair.may(11.57), pair.lease.reason) == (False, Reason.CATCHING_UP), "what was made until then did not wait"
    pair.see_primary(11.6, 200).see_replica(11.61, 200)
    assert pair.may(11.62)
    pair.see_primary(11.7, 200, "two").see_primary(11.8, 200).see_replica(11.81, 200)
    assert not pair.may(11.82), "it begins anew"


def test_a_replica_without_a_name_answers_nothing() -> None:
    pair = Pair().see_primary(10.0).see_replica(10.01, name=None)
    assert pair.lease.reason is Reason.NOT_SYNCHRONOUS
    pair.see_replica(10.02)
    assert pair.may(10.03)
    pair.see_replica(10.04, name=None)  # it has lost its primary, and goes on with what it was
    assert pair.may(10.05)


def test_a_promoted_replica_answers_nothing() -> None:
    pair = good().see_replica(10.02, is_standby=False)
    assert (pair.may(10.03), pair.lease.reason) == (False, Reason.PROMOTED)


@pytest.mark.parametrize("clock", [CLOCKS + 0.1, -CLOCKS - 0.1])
def test_a_replica_with_another_clock_answers_nothing(clock: float) -> None:
    pair = good().see_primary(10.1, clock=clock)
    assert (pair.may(10.11), pair.lease.reason) == (False, Reason.CLOCK)


def test_a_position_asks_for_what_the_replica_has() -> None:
    pair = good()
    assert (pair.may(10.1, 7), pair.may(10.1, 8), pair.may(10.1, 10**18)) == (True, False, False)


def test_another_connection_may_be_another_primary() -> None:
    pair = good()
    pair.primary.forget()
    assert pair.primary.moment_of(100) == NEVER
    pair.see_primary(10.1, 50)
    assert pair.lease.reason is Reason.CATCHING_UP
    pair.see_replica(10.11, 50)
    assert pair.may(10.12)


def test_a_primary_whose_connection_is_lost_may_have_a_successor() -> None:
    pair = good()
    pair.primary.lost(10.1)
    pair.lease.judge(pair.primary)
    assert not pair.may(10.1)
    pair.see_replica(10.2)
    assert not pair.may(10.2)
    assert stale(pair, 10.0 + SILENCE), "it might have answered at the last sign"
    pair.see_primary(10.3)
    assert pair.may(10.31)


def test_a_replica_of_another_primary_answers_nothing() -> None:
    pair = good().see_primary(10.1, timeline=2)
    assert (pair.may(10.11), pair.lease.reason) == (False, Reason.ELSEWHERE)
    pair.see_replica(10.12, timeline=2)
    assert pair.may(10.13)
    pair.see_replica(10.14, timeline=None)  # it has lost its primary, and goes on with what it was
    assert pair.may(10.15)
    pair.see_primary(10.16, timeline=1)
    assert pair.lease.reason is Reason.ELSEWHERE


def stale(pair: Pair, now: float, position: int = 0) -> bool:
    return pair.lease.may_answer_stale(now, pair.primary, position)


def test_without_a_primary_a_replica_answers_that_was_good_at_its_last_sign() -> None:
    pair = good()
    assert not stale(pair, 10.4), "the primary may be there"
    pair.see_replica(15.0)
    assert stale(pair, 15.1)
    assert stale(pair, 15.1, 7)
    assert not stale(pair, 15.1, 8)
    assert not stale(pair, 15.0 + SILENCE), "the replica is away, too"
    pair.see_primary(15.2)
    assert not stale(pair, 15.3)


def test_without_a_primary_no_replica_answers_that_was_bad_before() -> None:
    for pair in (good().see_primary(10.1, 100, "two"), Pair().see_primary(10.0, 200).see_replica(10.01, 100)):
        pair.see_replica(15.0)
        assert not stale(pair, 15.1)
    old = good().see_primary(10.2, 200).see_primary(10.0 + LAG + 0.1, 200)
    assert not stale(old.see_replica(15.0, 100), 15.1)
    assert not stale(good().see_replica(15.0, is_standby=False), 15.1)


def overdue(waits: CommitWaits, at: float, *commits: str, lag: float = LAG) -> list[str]:
    return waits.saw(WaitsLook(at, frozenset(commits), lag))


def test_a_commit_waits_until_no_replica_without_it_may_answer() -> None:
    waits = CommitWaits()
    assert overdue(waits, 10.0, "a") == []
    assert overdue(waits, 10.2, "a", "b") == []
    assert overdue(waits, 10.0 + SILENCE - 0.01, "a", "b") == []
    assert overdue(waits, 10.0 + SILENCE, "a", "b") == ["a"]
    assert overdue(waits, 10.2 + SILENCE, "b") == ["b"]
    assert overdue(waits, 10.3 + SILENCE, "a", "b") == ["b"], "what waits again began anew"


def test_the_longest_lag_that_a_gateway_allows_is_waited_for() -> None:
    waits = CommitWaits()
    overdue(waits, 10.0, "a", lag=3.0)
    overdue(waits, 11.0, "a", lag=0.5)  # that gateway is gone, but its replicas may go on until 13
    assert overdue(waits, 12.99, "a") == []
    assert overdue(waits, 13.0, "a", lag=5.0) == ["a"], "who came later has looked at what is flushed"
