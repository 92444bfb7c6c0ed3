"""Fields that a company adds to its customers."""

from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import TextCriterion
from schema.declarations.fields import connection, enum_value, field
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object, thing
from schema.declarations.relay import Connection, Node
from schema.declarations.writing import keyed, link, note
from schema.types.core.company import Company
from schema.types.core.customers import Customer


@strawberry.enum(description="What is entered in a custom field.")
class ContactFieldKind(Enum):
    TEXT = enum_value("TEXT", "A short text.")
    TEXTAREA = enum_value("TEXTAREA", "A long text.")
    SELECT = enum_value("SELECT", "One of several options.")
    BOOLEAN = enum_value("BOOLEAN", "Yes or no.")


@entity("fld", App.CUSTOM_FIELDS, description="A field that the company adds to its customers.")
class ContactField(Node):
    name: str = field("Its name.")
    kind: ContactFieldKind = field("What is entered there.")
    options: list[str] = field("What to choose from, of a field with options.")
    show_on_documents: bool = field("Whether it is printed on documents.")
    rank: int = field("Its place among the fields.")


@thing("fva", App.CUSTOM_FIELDS, description="What a customer has in a custom field.")
class ContactFieldValue:
    value: str = field("What was entered; `true` or `false` of a field that says yes or no.", write=note())
    field: ContactField = field("The field.", write=link(required=True))


@filter_object("Which custom fields.")
class ContactFieldFilter:
    name: TextCriterion | None = reads(ContactField, "name")


ContactFieldOrder = order_enum("ContactFieldOrder", ContactField, "rank", "name")


@extends(Company)
class CompanyContactFields:
    contact_fields: Connection[ContactField] | None = connection(
        "The fields that the company adds to its customers.", filter=ContactFieldFilter, order=ContactFieldOrder
    )


@extends(Customer)
class CustomerFields:
    custom_fields: list[ContactFieldValue] | None = field(
        "What was entered in the company's own fields.", write=keyed()
    )
