"""The presence of the secret of a connected service, which itself is never read."""

from collections.abc import Mapping
from typing import Final

from db.sql import sql
from resolvers.compilation.resolution import Leaf, Resolution

RESOLVERS: Final[Mapping[str, Resolution]] = {
    "ConnectedService.hasSecret": Leaf(lambda row, arguments: sql("{} is not null", row["secret"])),
}
