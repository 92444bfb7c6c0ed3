"""Presets: the apps in the mask of a set."""

from collections.abc import Mapping
from typing import Final

from resolvers.compilation.resolution import Leaf, Resolution
from resolvers.fields.core.access import apps_in

RESOLVERS: Final[Mapping[str, Resolution]] = {
    "AccessPreset.apps": Leaf(lambda row, arguments: apps_in(row, row["apps"]), alone=True),
}
