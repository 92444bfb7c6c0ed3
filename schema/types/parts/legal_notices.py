"""Legal notices on documents."""

from schema.apps import App
from schema.declarations.criteria import TextCriterion
from schema.declarations.fields import connection, field
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.localization.language import Language
from schema.types.core.company import Company
from schema.types.core.documents import Document


@entity("not", App.LEGAL_NOTICES, description="A sentence that the law wants on documents.")
class LegalNotice(Node):
    language: Language = field("Its language.")
    text: str = field("The sentence.")
    rank: int = field("Its place among the others.")


@filter_object("Which legal notices.")
class LegalNoticeFilter:
    language: list[Language] | None = reads(LegalNotice, "language")
    text: TextCriterion | None = reads(LegalNotice, "text")


LegalNoticeOrder = order_enum("LegalNoticeOrder", LegalNotice, "rank", "language")


@extends(Company)
class CompanyLegalNotices:
    legal_notices: Connection[LegalNotice] | None = connection(
        "Legal notices.", filter=LegalNoticeFilter, order=LegalNoticeOrder
    )


@extends(Document)
class DocumentLegalNotices:
    legal_notices: list[LegalNotice] | None = field("The legal notices printed on it.")
