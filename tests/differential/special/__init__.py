"""The oracle's resolvers of fields that are neither a column of their name nor rows of a foreign key.

Each module of this package has `SPECIAL`: naive resolvers by `Type.field`.
"""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from tests.differential.oracle.items import Resolver

SPECIAL: Final[Mapping[str, Resolver]] = {
    coordinate: resolver
    for module in iter_modules(__path__)
    for coordinate, resolver in import_module(f"{__name__}.{module.name}").SPECIAL.items()
}
