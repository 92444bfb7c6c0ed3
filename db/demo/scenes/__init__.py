"""The scenes of the demo: each module of this package has `play(scene)`, which adds an app's rows to a company.

A module that needs the rows of others names these modules in `AFTER`.
"""

from graphlib import TopologicalSorter
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from db.demo.scene import Scene

_MODULES: Final = {module.name: import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)}
_ORDER: Final = tuple(
    TopologicalSorter({name: getattr(module, "AFTER", ()) for name, module in _MODULES.items()}).static_order()
)


def play(scene: Scene) -> None:
    """Play every scene in a company."""
    for name in _ORDER:
        _MODULES[name].play(scene)
