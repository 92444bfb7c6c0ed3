"""Documents that were sent by e-mail or by post."""

import datetime
import decimal

from schema.apps import App
from schema.declarations.criteria import DateTimeCriterion, TextCriterion
from schema.declarations.fields import connection, field, gated
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.core.company import Company
from schema.types.core.documents import Document, DocumentKind


@entity("eml", App.EMAIL_SENDING, description="An e-mail with which a document was sent.")
class SentEmail(Node):
    to: str = field("Whom it was sent to.")
    cc: str | None = field("Who got a copy.")
    bcc: str | None = field("Who got a copy that the others do not see.")
    subject: str = field("Its subject.")
    at: datetime.datetime = field("When it was sent.")
    document_kind: DocumentKind | None = field("What kind of document it is; of a kind not held nothing is shown.")
    document: Document | None = field("The document that was sent.")


@filter_object("Which e-mails.")
class SentEmailFilter:
    to: TextCriterion | None = reads(SentEmail, "to")
    at: DateTimeCriterion | None = reads(SentEmail, "at")
    search: str | None = reads(SentEmail, "to", "subject")


SentEmailOrder = order_enum("SentEmailOrder", SentEmail, "at", "to")


@entity("ltr", App.POSTAL_MAIL, description="A letter with which a document was sent.")
class PostalLetter(Node):
    priority: bool = field("Whether it went by priority mail.")
    double_sided: bool = field("Whether it was printed on both sides.")
    price: decimal.Decimal = field("What it cost, in euro.")
    at: datetime.datetime = field("When it was handed to the post.")
    document_kind: DocumentKind | None = field("What kind of document it is; of a kind not held nothing is shown.")
    document: Document | None = field("The document that was sent.")


@filter_object("Which letters.")
class PostalLetterFilter:
    at: DateTimeCriterion | None = reads(PostalLetter, "at")
    priority: bool | None = reads(PostalLetter, "priority")


PostalLetterOrder = order_enum("PostalLetterOrder", PostalLetter, "at", "price")


@extends(Company)
class CompanySentMail:
    sent_emails: Connection[SentEmail] | None = connection(
        "E-mails with which documents were sent.", filter=SentEmailFilter, order=SentEmailOrder
    )
    postal_letters: Connection[PostalLetter] | None = connection(
        "Letters with which documents were sent.", filter=PostalLetterFilter, order=PostalLetterOrder
    )
    postal_balance: decimal.Decimal | None = gated("What is left to pay letters with, in euro.", App.POSTAL_MAIL)


@extends(Document)
class DocumentSentMail:
    sent_emails: list[SentEmail] | None = field("The e-mails with which it was sent.")
    postal_letters: list[PostalLetter] | None = field("The letters with which it was sent.")
