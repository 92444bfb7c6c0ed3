"""The webshop's order that a document was made of."""

from collections.abc import Mapping
from typing import Final

from resolvers.compilation.joins import to_many
from resolvers.compilation.resolution import Resolution, ToOne

RESOLVERS: Final[Mapping[str, Resolution]] = {"Document.webshopOrder": ToOne(to_many("document_id"))}
