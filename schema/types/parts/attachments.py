"""Files that are attached to documents."""

import datetime

from schema.apps import App
from schema.declarations.criteria import DateTimeCriterion, TextCriterion
from schema.declarations.fields import connection, field
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.core.company import Company
from schema.types.core.documents import Document


@entity("att", App.ATTACHMENTS, description="A file that goes with documents.")
class Attachment(Node):
    name: str = field("The file's name.")
    content_type: str = field("Its media type.")
    size: int = field("Its size, in bytes.")
    url: str = field("Where it is.")
    created_at: datetime.datetime = field("When it was added.")


@filter_object("Which attachments.")
class AttachmentFilter:
    name: TextCriterion | None = reads(Attachment, "name")
    created_at: DateTimeCriterion | None = reads(Attachment, "created_at")
    search: str | None = reads(Attachment, "name")


AttachmentOrder = order_enum("AttachmentOrder", Attachment, "created_at", "name", "size")


@extends(Company)
class CompanyAttachments:
    attachments: Connection[Attachment] | None = connection(
        "Attachments.", filter=AttachmentFilter, order=AttachmentOrder
    )
    terms_attachment: Attachment | None = field("The general terms that go with every document.")


@extends(Document)
class DocumentAttachments:
    attachments: list[Attachment] | None = field("The files that go with it.")
