"""The number of examples for properties: few and always the same, or many and random.

ENFACT_TEST_DEEP=1 draws 25 times as many examples; a greater number is the number of examples.
"""

import os
from typing import Any, Final

from hypothesis import HealthCheck, Phase, settings

from tests.support.sampling import share

DEEP: Final = int(os.environ.get("ENFACT_TEST_DEEP") or 0)

CHECKS: Final = (
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.filter_too_much,
    HealthCheck.function_scoped_fixture,
)


def searched(ci: int) -> Any:
    """The hypothesis settings of a property with `ci` examples, or many more in a deep run."""
    return settings(
        max_examples=DEEP if DEEP > 1 else 25 * ci if DEEP else share(ci),
        derandomize=not DEEP,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=CHECKS,
        print_blob=True,
    )
