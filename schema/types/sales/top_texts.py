"""Templates of the text above the lines of a document."""

from schema.apps import App
from schema.declarations.criteria import TextCriterion
from schema.declarations.fields import connection, field
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.localization.language import Language
from schema.types.core.company import Company


@entity("ttt", App.EXTRA_TEXT_FIELDS, description="A ready text for above the lines of a document.")
class TopTextTemplate(Node):
    name: str = field("How it is called in lists.")
    language: Language = field("The language that it is written in.")
    text: str = field("The text.")
    rank: int = field("Its place in lists, the least first.")


@filter_object("Which ready texts.")
class TopTextTemplateFilter:
    name: TextCriterion | None = reads(TopTextTemplate, "name")
    language: list[Language] | None = reads(TopTextTemplate, "language")
    search: str | None = reads(TopTextTemplate, "name", "text")


TopTextTemplateOrder = order_enum("TopTextTemplateOrder", TopTextTemplate, "rank", "name", "language")


@extends(Company)
class CompanyTopTexts:
    top_text_templates: Connection[TopTextTemplate] | None = connection(
        "Ready texts for above the lines of documents.", filter=TopTextTemplateFilter, order=TopTextTemplateOrder
    )
