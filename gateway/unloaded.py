"""Optional parts of libraries that a worker has no use for: each would stay in its memory."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import ModuleType
from typing import cast


@contextmanager
def unloaded(name: str) -> Generator[None]:
    """Within the block importing the module `name` raises ImportError, as if it were not installed."""
    modules = cast("dict[str, ModuleType | None]", sys.modules)  # None is the documented way to say it
    missing = object()
    before = modules.get(name, missing)
    modules[name] = None
    try:
        yield
    finally:
        if before is missing:
            del modules[name]
        else:
            modules[name] = cast("ModuleType", before)
