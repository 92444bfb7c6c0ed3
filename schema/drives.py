"""Copies of documents on drives."""

import datetime

from schema.company import Company
from schema.connectors import services
from schema.declarations import OPEN, connection, entity, extends, field, input_object, opened, order_enum, reads
from schema.documents import Document, DocumentKind
from schema.filters import DateTimeCriterion, TextCriterion
from schema.relay import Connection, Node

Drive = services("Drive", "A drive on which documents are copied.", "STORAGE")


@entity("drf", OPEN, description="A file on a drive.")
class DriveFile(Node):
    drive: Drive = opened("The drive.")  # type: ignore[valid-type]
    path: str = opened("Where it lies on the drive.")
    public: bool = opened("Whether everybody who has its address can read it.")
    public_url: str | None = opened("Its address, when everybody can read it.")
    synced_at: datetime.datetime = opened("When it was copied.")
    document_kind: DocumentKind | None = opened("What kind of document it is; of a kind not held nothing is shown.")
    document: Document | None = opened("The document that it is a copy of.")


@input_object("Which files on drives.")
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
