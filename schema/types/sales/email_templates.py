"""Templates of e-mails, for each kind of document and each language."""

from schema.apps import App
from schema.declarations.criteria import TextCriterion
from schema.declarations.fields import connection, field
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.localization.language import Language
from schema.types.core.company import Company
from schema.types.core.documents import Document, DocumentKind


@entity("emt", App.STANDARD_EMAILS, description="A ready text of an e-mail that goes with a document.")
class EmailTemplate(Node):
    document_kind: DocumentKind = field("The kind of document that it goes with.")
    language: Language = field("The language that it is written in.")
    name: str = field("How it is called in lists.")
    subject: str = field("The subject; names in braces, such as {number}, are filled in.")
    body: str = field("The text; names in braces are filled in.")
    rank: int = field("Its place in lists, the least first.")


@filter_object("Which preset e-mails.")
class EmailTemplateFilter:
    document_kind: list[DocumentKind] | None = reads(EmailTemplate, "document_kind")
    language: list[Language] | None = reads(EmailTemplate, "language")
    name: TextCriterion | None = reads(EmailTemplate, "name")
    search: str | None = reads(EmailTemplate, "name", "subject", "body")


EmailTemplateOrder = order_enum("EmailTemplateOrder", EmailTemplate, "rank", "name", "document_kind", "language")


@extends(Document)
class DocumentSuggestedEmails:
    suggested_emails: list[EmailTemplate] | None = field(
        "The preset e-mails for its kind in its language; for who may not see a document's language, in the company's."
    )


@extends(Company)
class CompanyEmailTemplates:
    email_templates: Connection[EmailTemplate] | None = connection(
        "Preset e-mails for the kinds of document that the viewer holds.",
        filter=EmailTemplateFilter,
        order=EmailTemplateOrder,
    )
