"""Journals: the books in which accounting enters documents."""

from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import TextCriterion
from schema.declarations.fields import connection, enum_value, field
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.core.company import Company
from schema.types.core.documents import Document


@strawberry.enum(description="What is entered in a journal.")
class JournalKind(Enum):
    SALES = enum_value("SALES", "Sales.")
    PURCHASES = enum_value("PURCHASES", "Purchases.")
    BANK = enum_value("BANK", "What goes through a bank account.")
    CASH = enum_value("CASH", "What goes through the till.")
    MISCELLANEOUS = enum_value("MISCELLANEOUS", "Everything else.")


@entity("jou", App.JOURNALS, description="A book in which accounting enters documents.")
class Journal(Node):
    code: str = field("Its short code.")
    name: str = field("Its name.")
    kind: JournalKind = field("What is entered there.")


@filter_object("Which journals.")
class JournalFilter:
    code: TextCriterion | None = reads(Journal, "code")
    name: TextCriterion | None = reads(Journal, "name")
    kind: list[JournalKind] | None = reads(Journal, "kind")


JournalOrder = order_enum("JournalOrder", Journal, "code", "name")


@extends(Company)
class CompanyJournals:
    journals: Connection[Journal] | None = connection("Journals.", filter=JournalFilter, order=JournalOrder)


@extends(Document)
class DocumentJournal:
    journal: Journal | None = field("The journal that it is entered in.")
