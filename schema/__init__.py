"""The GraphQL schema of the gateway: declarations only, no resolvers.

`schema` is made when it is first asked for (`schema/assembly.py`): who needs an app's label alone does not wait for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema.assembly import Execute, Schema, schema

__all__ = ["Execute", "Schema", "schema"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.assembly"), name)
