"""The oracle's resolvers of the fields that are not a column of their name, nor rows that are pointed to.

Each module of this package has `SPECIAL`: `Type.field` -> what a naive resolver gives.
"""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from tests.differential.items import Resolver

SPECIAL: Final[Mapping[str, Resolver]] = {
    coordinate: resolver
    for module in iter_modules(__path__)
    for coordinate, resolver in import_module(f"{__name__}.{module.name}").SPECIAL.items()
}
