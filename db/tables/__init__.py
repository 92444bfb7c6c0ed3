"""Every table of the database: importing this package reads each of its modules and so completes `metadata`."""

from importlib import import_module
from pkgutil import iter_modules

for module in iter_modules(__path__):
    import_module(f"{__name__}.{module.name}")

from db.tables.metadata import metadata  # noqa: E402  # the module of that name was bound to it before

__all__ = ["metadata"]
