"""The sending of e-mail: settings of the company."""

from collections.abc import Mapping
from typing import Final

from resolvers.compilation.resolution import Resolution
from resolvers.fields.company_settings import OF_COMPANY, SETTINGS

RESOLVERS: Final[Mapping[str, Resolution]] = {"Company.emailSettings": SETTINGS, "EmailSettings.id": OF_COMPANY}

HOMES: Final[Mapping[str, str]] = {"EmailSettings": "company_settings"}
