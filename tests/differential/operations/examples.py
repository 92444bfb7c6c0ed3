"""A fixed list of examples of a strategy."""

from typing import TypeVar

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.differential.operations.profiles import CHECKS

T = TypeVar("T")


def examples(strategy: st.SearchStrategy[T], count: int) -> list[T]:
    """The first `count` examples that hypothesis draws without randomness."""
    found: list[T] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=CHECKS,
    )
    @given(strategy)
    def draw(example: T) -> None:
        found.append(example)

    draw()
    return found
