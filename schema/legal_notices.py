"""What the law wants said on documents."""

from schema.apps import App
from schema.company import Company
from schema.declarations import connection, entity, extends, field, input_object, order_enum, reads
from schema.documents import Document
from schema.filters import TextCriterion
from schema.language import Language
from schema.relay import Connection, Node


@entity("not", App.LEGAL_NOTICES, description="A sentence that the law wants on documents.")
class LegalNotice(Node):
    language: Language = field("Its language.")
    text: str = field("The sentence.")
    rank: int = field("Its place among the others.")


@input_object("Which legal notices.")
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
