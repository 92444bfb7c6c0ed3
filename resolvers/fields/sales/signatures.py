"""The signature under a document."""

from collections.abc import Mapping
from typing import Final

from resolvers.compilation.joins import to_many
from resolvers.compilation.resolution import Resolution, ToOne

RESOLVERS: Final[Mapping[str, Resolution]] = {"Document.signature": ToOne(to_many("document_id"))}
