"""What a run of all tests leaves to `./dev test --long`: most of what is generated."""

import os
from typing import Final

SAMPLED: Final = "ENFACT_TEST_SAMPLED"
"""The environment variable that is set while all tests run without --long."""


def is_sample() -> bool:
    """Whether this run samples what is generated."""
    return SAMPLED in os.environ


def share(whole: int) -> int:
    """How many of `whole` generated examples this run takes: a quarter in a sample, else all."""
    return max(whole // 4, 1) if is_sample() else whole
