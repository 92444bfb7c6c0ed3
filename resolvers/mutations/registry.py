"""Every root field of Mutation: collects `MUTATIONS` (name -> mutation) from each module of this folder."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from resolvers import mutations
from resolvers.mutations.context import Mutation

_NAMES: Final = [f"{mutations.__name__}.{module.name}" for module in iter_modules(mutations.__path__)]
_MODULES: Final = [import_module(name) for name in _NAMES if name != __name__]

MUTATIONS: Final[Mapping[str, Mutation]] = {
    name: mutation for module in _MODULES for name, mutation in getattr(module, "MUTATIONS", {}).items()
}
