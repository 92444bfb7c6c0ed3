"""The numbering of documents."""

from schema.apps import App
from schema.declarations.fields import connection, field
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.core.company import Company
from schema.types.core.documents import DocumentKind


@entity("seq", App.NUMBERING, description="How documents of a kind are numbered, without gaps within a year.")
class NumberSequence(Node):
    kind: DocumentKind = field("The kind of document.")
    year: int = field("The year.")
    format: str = field(
        "How a number is printed: `{year}` and `{number:5}` stand for the year and five digits at least."
    )
    next: int = field("The number that the next document gets.")


@filter_object("Which number sequences.")
class NumberSequenceFilter:
    kind: list[DocumentKind] | None = reads(NumberSequence, "kind")


NumberSequenceOrder = order_enum("NumberSequenceOrder", NumberSequence, "kind", "year")


@extends(Company)
class CompanyNumbering:
    number_sequences: Connection[NumberSequence] | None = connection(
        "How documents are numbered.", filter=NumberSequenceFilter, order=NumberSequenceOrder
    )
