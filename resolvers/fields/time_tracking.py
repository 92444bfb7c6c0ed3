"""Working time."""

from collections.abc import Mapping
from typing import Final

from resolvers.resolution import Resolution
from resolvers.settings import setting

RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Company.timeRounding": setting("time_rounding"),
}
