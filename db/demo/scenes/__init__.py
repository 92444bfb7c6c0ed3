"""The scenes of the demo: a module in this package with `play(scene)` adds an app's rows to a company.

One that needs the rows of others names their modules in `AFTER`. Modules without `play` are called by such a scene.
"""

from graphlib import TopologicalSorter
from importlib import import_module
from pkgutil import walk_packages
from typing import Final

from db.demo.scene import Scene

_FOUND: Final = [module.name for module in walk_packages(__path__, f"{__name__}.") if not module.ispkg]
_IMPORTED: Final = [import_module(name) for name in sorted(_FOUND, key=lambda name: name.rpartition(".")[2])]
_MODULES: Final = {module.__name__.rpartition(".")[2]: module for module in _IMPORTED if hasattr(module, "play")}
_ORDER: Final = tuple(
    TopologicalSorter({name: getattr(module, "AFTER", ()) for name, module in _MODULES.items()}).static_order()
)


def play(scene: Scene) -> None:
    """Play all scenes for a company."""
    for name in _ORDER:
        _MODULES[name].play(scene)
