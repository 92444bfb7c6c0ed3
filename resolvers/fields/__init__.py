"""The fields that are not resolved by convention, and where types live that no table holds.

Each module of this package may have `RESOLVERS`, `Type.field` -> resolution, and `HOMES`, type -> the table that it is
a way of seeing rows of.
"""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from resolvers.resolution import Resolution

_MODULES: Final = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]

RESOLVERS: Final[Mapping[str, Resolution]] = {
    coordinate: resolution for module in _MODULES for coordinate, resolution in getattr(module, "RESOLVERS", {}).items()
}
HOMES: Final[Mapping[str, str]] = {
    type_: table for module in _MODULES for type_, table in getattr(module, "HOMES", {}).items()
}
