"""Working time."""

from collections.abc import Mapping
from typing import Final

from resolvers.compilation.resolution import Resolution
from resolvers.fields.company_settings import setting

RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Company.timeRounding": setting("time_rounding"),
}
