"""Every table of the database: importing this package imports each of its modules, which completes `metadata`."""

from importlib import import_module
from pkgutil import walk_packages

for module in sorted(walk_packages(__path__, f"{__name__}."), key=lambda module: module.name.rpartition(".")[2]):
    import_module(module.name)  # sorted by its last name: keeps the order of columns added to other files' tables

from db.tables.metadata import metadata  # noqa: E402  # the module of that name was bound to it before

__all__ = ["metadata"]
