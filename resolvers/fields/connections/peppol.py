"""The registration of a company for Peppol: a setting of the company."""

from collections.abc import Mapping
from typing import Final

from resolvers.compilation.resolution import Resolution
from resolvers.fields.company_settings import setting

RESOLVERS: Final[Mapping[str, Resolution]] = {"Company.peppolRegistration": setting("peppol_registration")}
