"""Requests for imports, exports and the sending of documents: inputs and payloads."""

import strawberry

from schema.declarations.fields import field, input_field
from schema.declarations.object_types import input_object, payload
from schema.types.core.company import Company
from schema.types.parts.sent_mail import SentEmail
from schema.types.parts.transfers import ExportRequest, ImportRequest, TransferFormat, TransferModel


@input_object("Data to bring in.")
class StartImportInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    model: TransferModel = input_field("What is brought in.", optional=False)
    format: TransferFormat = input_field("In which form.", optional=False)


@payload("The answer to a request to bring data in.")
class StartImportPayload:
    import_request: ImportRequest | None = field("The request, which waits for its turn.")
    company: Company | None = field("The company.")


@input_object("Data to take out.")
class RequestExportInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    model: TransferModel = input_field("What is taken out.", optional=False)
    format: TransferFormat = input_field("In which form.", optional=False)


@payload("The answer to a request to take data out: it will hold what who made it may see when it is carried out.")
class RequestExportPayload:
    export_request: ExportRequest | None = field("The request, which waits for its turn.")
    company: Company | None = field("The company.")


@input_object("A document to send by e-mail: at most 20 addresses in all, with commas between them.")
class SendDocumentInput:
    company_id: strawberry.ID = input_field("The company.", optional=False)
    document_id: strawberry.ID = input_field("The document.", optional=False)
    to: str = input_field("Whom it is sent to.", optional=False)
    cc: str | None = input_field("Who gets a copy.")
    bcc: str | None = input_field("Who gets a copy that the others do not see.")
    subject: str = input_field("Its subject, at most 200 characters.", optional=False)


@payload("The answer to a document that is sent.")
class SendDocumentPayload:
    sent_email: SentEmail | None = field("The e-mail as it was recorded.")
    company: Company | None = field("The company.")
