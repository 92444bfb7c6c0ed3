"""The resolutions of fields that do not follow the convention, and the tables of types that no table `holds`.

Each module below this folder may have `RESOLVERS`, from `Type.field` to its resolution, and `HOMES`, from a type to the
table whose rows it shows.
"""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import walk_packages
from typing import Final

from resolvers import fields
from resolvers.compilation.resolution import Resolution

_NAMES: Final = [module.name for module in walk_packages(fields.__path__, f"{fields.__name__}.") if not module.ispkg]
_MODULES: Final = [import_module(name) for name in _NAMES if name != __name__]

RESOLVERS: Final[Mapping[str, Resolution]] = {
    coordinate: resolution for module in _MODULES for coordinate, resolution in getattr(module, "RESOLVERS", {}).items()
}
HOMES: Final[Mapping[str, str]] = {
    type_: table for module in _MODULES for type_, table in getattr(module, "HOMES", {}).items()
}
