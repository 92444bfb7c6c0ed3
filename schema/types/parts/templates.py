"""The layout of printed documents."""

from schema.apps import App
from schema.declarations.criteria import TextCriterion
from schema.declarations.fields import connection, field
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.core.company import Company
from schema.types.core.documents import Document


@entity("tpl", App.TEMPLATES, description="How documents look in print.")
class DocumentTemplate(Node):
    name: str = field("Its name.")
    colour: str = field("Its colour, as `#rrggbb`.")
    logo_url: str | None = field("Where the logo is.")
    footer: str | None = field("What stands at the foot of each page.")
    is_default: bool = field("Whether new documents get it.")


@filter_object("Which templates.")
class DocumentTemplateFilter:
    name: TextCriterion | None = reads(DocumentTemplate, "name")
    is_default: bool | None = reads(DocumentTemplate, "is_default")


DocumentTemplateOrder = order_enum("DocumentTemplateOrder", DocumentTemplate, "name")


@extends(Company)
class CompanyTemplates:
    templates: Connection[DocumentTemplate] | None = connection(
        "How documents may look.", filter=DocumentTemplateFilter, order=DocumentTemplateOrder
    )


@extends(Document)
class DocumentLook:
    template: DocumentTemplate | None = field("How it looks in print.")
