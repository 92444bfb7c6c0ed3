"""Copies of documents on drives."""

import datetime

from schema.declarations.criteria import DateTimeCriterion, TextCriterion
from schema.declarations.fields import connection, field, open_field
from schema.declarations.gates import OPEN
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.connections.connectors import services
from schema.types.core.company import Company
from schema.types.core.documents import Document, DocumentKind

Drive = services("Drive", "A drive on which documents are copied.", "STORAGE")


@entity("drf", OPEN, description="A file on a drive.")
class DriveFile(Node):
    drive: Drive = open_field("The drive.")  # type: ignore[valid-type]
    path: str = open_field("Where it lies on the drive.")
    public: bool = open_field("Whether everybody who has its address can read it.")
    public_url: str | None = open_field("Its address, when everybody can read it.")
    synced_at: datetime.datetime = open_field("When it was copied.")
    document_kind: DocumentKind | None = open_field("What kind of document it is; of a kind not held nothing is shown.")
    document: Document | None = open_field("The document that it is a copy of.")


@filter_object("Which files on drives.")
class DriveFileFilter:
    drive: list[Drive] | None = reads(DriveFile, "drive")  # type: ignore[valid-type]
    path: TextCriterion | None = reads(DriveFile, "path")
    synced_at: DateTimeCriterion | None = reads(DriveFile, "synced_at")


DriveFileOrder = order_enum("DriveFileOrder", DriveFile, "path", "synced_at")


@extends(Company)
class CompanyDrives:
    drive_files: Connection[DriveFile] | None = connection(
        "Files on drives.", is_open=True, filter=DriveFileFilter, order=DriveFileOrder
    )


@extends(Document)
class DocumentDrives:
    synced_copies: list[DriveFile] = field("Its copies on the drives that the viewer holds.")
