"""Documents that customers sign online."""

import datetime

from schema.apps import App
from schema.declarations.fields import field
from schema.declarations.object_types import extends, thing
from schema.types.core.documents import Document


@thing("sig", App.ONLINE_SIGNATURE, description="A customer's signature under a document.")
class Signature:
    requested: datetime.datetime = field("When the customer was asked to sign.")
    signed_at: datetime.datetime | None = field("When the customer signed.")
    signer_name: str | None = field("Who signed.")
    image_url: str | None = field("Where the picture of the signature is.")


@extends(Document)
class DocumentSignature:
    signature: Signature | None = field("The customer's signature, if it was asked for.")
