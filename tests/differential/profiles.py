"""How long the properties are searched: `ci` is short and always the same, `deep` (ENFACT_DEEP=1, or a number of operations) looks further and anew."""

import os
from typing import Any, Final

from hypothesis import HealthCheck, settings

DEEP: Final = os.environ.get("ENFACT_DEEP", "")

CHECKS: Final = (
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.filter_too_much,
    HealthCheck.function_scoped_fixture,
)


def searched(ci: int) -> Any:
    """The settings of a property that looks at `ci` examples, or at many more."""
    if DEEP:
        examples = int(DEEP) if int(DEEP) > 1 else 25 * ci
        return settings(max_examples=examples, deadline=None, suppress_health_check=CHECKS, print_blob=True)
    return settings(
        max_examples=ci, deadline=None, suppress_health_check=CHECKS, derandomize=True, database=None, print_blob=True
    )
