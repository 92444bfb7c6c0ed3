"""Non-interference: a change of a secret changes no byte of any answer to a viewer without the right to it."""

from collections.abc import AsyncGenerator

import pytest

from tests.differential.checks.comparison import Bench
from tests.differential.checks.interference import Laboratory
from tests.differential.data.dataset import key
from tests.differential.operations.drawn import Case, operations
from tests.differential.operations.examples import examples
from tests.differential.operations.profiles import DEEP
from tests.differential.secrets import WORDS, Secret, secrets, words_of

SECRETS = list(secrets())
CASES = 400 if DEEP else 8
HERE = f'company(id: "com_{key("company A").hex}")'


@pytest.fixture(scope="module")
async def laboratory(bench_dsn: str) -> AsyncGenerator[Laboratory]:
    """The product on a connection whose writes are rolled back."""
    async with Laboratory.open(bench_dsn) as laboratory:
        yield laboratory


@pytest.fixture(scope="module")
async def cases(bench: Bench) -> dict[str, list[Case]]:
    """Operations for each group of secrets."""
    drawn = {group: examples(operations(*words_of(group), companies="A"), CASES) for group in WORDS}
    return {group: [await bench.fill(case) for case in of] for group, of in drawn.items()}


def direct(secret: Secret) -> Case:
    """The operation that selects a secret directly."""
    return Case(f"{{ {HERE} {{ {secret.shown} }} }}", {})


@pytest.mark.sampled(6)
@pytest.mark.parametrize("secret", SECRETS, ids=str)
async def test_a_secret_changes_nothing_for_who_may_not_know_it(
    laboratory: Laboratory, cases: dict[str, list[Case]], bench: Bench, secret: Secret
) -> None:
    stranger = bench.data.viewer(secret.stranger)
    found = await laboratory.noticed(secret, [direct(secret), *cases[secret.group]], stranger)
    assert found is None, f"{secret}\n{found}"


@pytest.mark.sampled(6)
@pytest.mark.parametrize("secret", SECRETS, ids=str)
async def test_who_may_know_a_secret_sees_it_change(laboratory: Laboratory, bench: Bench, secret: Secret) -> None:
    assert await laboratory.noticed(secret, [direct(secret)], bench.data.viewer("Olga")) is not None
