"""The legal notices that are printed on documents."""

from collections.abc import Mapping
from typing import Final

from db.tables.parts.legal_notices import document_legal_notice
from resolvers.compilation.joins import through
from resolvers.compilation.resolution import Listing, Resolution

RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Document.legalNotices": Listing(through(document_legal_notice, "document_id", "legal_notice_id")),
}
