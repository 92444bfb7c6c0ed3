"""How long properties are searched: shortly and always alike, or deep and anew.

ENFACT_TEST_DEEP=1 looks at 25 times as many operations, a greater number at so many.
"""

import os
from typing import Any, Final

from hypothesis import HealthCheck, Phase, settings

DEEP: Final = int(os.environ.get("ENFACT_TEST_DEEP") or 0)

CHECKS: Final = (
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.filter_too_much,
    HealthCheck.function_scoped_fixture,
)


def searched(ci: int) -> Any:
    """The settings of a property that looks at `ci` examples, or at many more."""
    return settings(
        max_examples=DEEP if DEEP > 1 else 25 * ci if DEEP else ci,
        derandomize=not DEEP,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=CHECKS,
        print_blob=True,
    )
