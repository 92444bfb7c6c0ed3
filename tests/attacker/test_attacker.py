"""A standing attacker: no operation, drawn or written by hand, takes more work than its bounds, for any caller.

With `--long` ten thousand operations are drawn, with the seed of ENFACT_ATTACK_SEED; the worst are written to a file.
"""

import os
from collections.abc import AsyncGenerator, Generator
from itertools import islice
from typing import Final

import pytest

from tests.attacker.bounds import ADMITTED, REPORT_FILE, WORST_FILE
from tests.attacker.corpus import ANSWERED, CORPUS, Hostile
from tests.attacker.drawing import Ids, operations
from tests.attacker.honest import honest
from tests.attacker.judging import Account, excesses
from tests.attacker.victim import Victim, known_ids
from tests.support.databases import Databases

SAMPLE: Final = 200
SEED: Final = 16
PARTS: Final = 20
PART: Final = 500
ENOUGH: Final = 80
"""A number that the honest operations exceed."""


@pytest.fixture(scope="module")
async def victim(databases: Databases) -> AsyncGenerator[Victim]:
    async with Victim.open(databases) as victim:
        yield victim


@pytest.fixture(scope="module")
async def ids(victim: Victim) -> Ids:
    return await known_ids(victim.connection)


@pytest.fixture(scope="module")
def whole(request: pytest.FixtureRequest) -> Generator[Account]:
    """The account of all drawn operations; the long form writes its report and the worst ones to files."""
    whole = Account()
    yield whole
    if request.config.getoption("long") and whole.admitted:
        whole.write(WORST_FILE)
        REPORT_FILE.write_text(f"{whole.report()}\n", encoding="utf-8")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Draw the sample of every run, or the long form in parts."""
    if "drawn" in metafunc.fixturenames:
        long = metafunc.config.getoption("long")
        seed = int(os.environ.get("ENFACT_ATTACK_SEED", str(SEED)))
        parts = [(1_000 * seed + part, PART) for part in range(PARTS)] if long else [(SEED, SAMPLE)]
        metafunc.parametrize("drawn", parts, ids=[f"{size} of seed {seed}" for seed, size in parts])


async def test_what_is_drawn_stays_within_its_bounds(
    drawn: tuple[int, int], databases: Databases, whole: Account
) -> None:
    seed, size = drawn
    account = Account()
    async with Victim.open(databases) as victim:
        ids = await known_ids(victim.connection)
        asked = sorted(islice(operations(seed, ids), size), key=lambda one: one.is_mutation)
        for one in asked:
            _, work = await victim.ask(one)
            account.add(one, work)
    whole.asked += account.asked
    assert account.broken == []
    assert len(account.admitted) >= ADMITTED * size


@pytest.mark.parametrize("hostile", [pytest.param(hostile, id=hostile.name) for hostile in CORPUS])
async def test_what_somebody_thought_of_is_refused_or_stays_within_its_bounds(
    hostile: Hostile, victim: Victim, ids: Ids
) -> None:
    answer, work = await victim.ask(hostile.write(ids))
    assert list(excesses(work)) == [], work
    assert (ANSWERED if work.admitted else work.codes[0]) in hostile.becomes, (work, answer.response.text[:500])


async def test_honest_operations_are_admitted(databases: Databases) -> None:
    async with Victim.open(databases) as victim:
        ids = await known_ids(victim.connection)
        asked = list(honest(ids))
        assert len(asked) > ENOUGH
        for name, one in asked:
            answer, work = await victim.ask(one)
            assert work.admitted, (name, one.text, answer.body)
            assert list(excesses(work)) == [], (name, work)


def test_the_same_seed_draws_the_same() -> None:
    ids = {"com": ["com_0"], "usr": ["usr_0"], "inv": ["inv_0"]}
    first, again, other = (list(islice(operations(seed, ids), 20)) for seed in (1, 1, 2))
    assert first == again != other
