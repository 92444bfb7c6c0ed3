"""The defaults of new documents: settings of the company."""

from collections.abc import Mapping
from typing import Final

from resolvers.compilation.resolution import Resolution
from resolvers.fields.company_settings import OF_COMPANY, SETTINGS

RESOLVERS: Final[Mapping[str, Resolution]] = {"Company.defaults": SETTINGS, "Defaults.id": OF_COMPANY}

HOMES: Final[Mapping[str, str]] = {"Defaults": "company_settings"}
