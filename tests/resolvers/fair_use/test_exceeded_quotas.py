"""Who has written more than the quota allows waits as long as it says, and no longer."""

import uuid

from resolvers.fair_use.exceeded_quotas import MOST, Debts

ANN, BOB = uuid.uuid4(), uuid.uuid4()


def test_a_debt_is_open_until_its_moment() -> None:
    now = [100.0]
    debts = Debts(lambda: now[0])
    assert debts.open() == []
    debts.add(ANN, 5)
    debts.add(BOB, 9)
    assert (debts.open(), debts.wait(ANN), debts.wait(ANN, BOB)) == ([ANN, BOB], 5, 9)
    now[0] = 105.0
    assert (debts.open(), debts.wait(BOB)) == ([BOB], 4)
    now[0] = 109.0
    assert (debts.open(), debts.wait(BOB)) == ([], 1)


def test_the_oldest_debt_is_forgotten_when_there_are_too_many() -> None:
    debts = Debts(lambda: 0.0)
    for _ in range(MOST):
        debts.add(uuid.uuid4(), 5)
    debts.add(ANN, 5)
    assert len(debts.open()) == MOST
    assert ANN in debts.open()
