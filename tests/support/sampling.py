"""What a run of all tests leaves to `./dev test --long`: most of what is generated."""

import os
from typing import Final

from hypothesis import HealthCheck, settings

SAMPLED: Final = "ENFACT_TEST_SAMPLED"
"""The environment variable that is set while all tests run without --long."""


USUAL: Final = 100
"""The number of examples of a property that states none."""


def is_sample() -> bool:
    """Whether this run samples what is generated."""
    return SAMPLED in os.environ


def share(whole: int) -> int:
    """How many of `whole` generated examples this run takes: a quarter in a sample, else all."""
    return max(whole // 4, 1) if is_sample() else whole


def draw() -> None:
    """Make properties that state no settings of their own draw their share, and bound no example by a clock."""
    examples = share(USUAL)
    settings.register_profile(
        "suite", max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("suite")
