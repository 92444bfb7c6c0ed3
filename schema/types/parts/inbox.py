"""The inbox: received files that wait to be processed."""

import datetime
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateTimeCriterion, TextCriterion
from schema.declarations.fields import connection, enum_value, field
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.core.company import Company


@strawberry.enum(description="What became of a file that came in.")
class InboxStatus(Enum):
    NEW = enum_value("NEW", "Nobody has looked at it.")
    PROCESSED = enum_value("PROCESSED", "A document was made of it.")
    REJECTED = enum_value("REJECTED", "It is no document of this company.")


@entity("inb", App.PROCESSING_LISTS, description="A file that came in and waits to be processed.")
class InboxItem(Node):
    received_at: datetime.datetime = field("When it came.")
    sender: str = field("Who sent it.")
    subject: str | None = field("What the sender wrote.")
    file_name: str = field("The file's name.")
    content_type: str = field("The file's media type.")
    status: InboxStatus = field("What became of it.")


@filter_object("Which incoming files.")
class InboxItemFilter:
    received_at: DateTimeCriterion | None = reads(InboxItem, "received_at")
    status: list[InboxStatus] | None = reads(InboxItem, "status")
    sender: TextCriterion | None = reads(InboxItem, "sender")
    search: str | None = reads(InboxItem, "sender", "subject", "file_name")


InboxItemOrder = order_enum("InboxItemOrder", InboxItem, "received_at", "sender", "file_name")


@extends(Company)
class CompanyInbox:
    inbox: Connection[InboxItem] | None = connection(
        "Files that came in and wait to be processed.", filter=InboxItemFilter, order=InboxItemOrder
    )
