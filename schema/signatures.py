"""Documents that customers sign online."""

import datetime

import strawberry

from schema.apps import App
from schema.declarations import extends, field, value
from schema.documents import Document


@value("A customer's signature under a document.", App.ONLINE_SIGNATURE, prefix="sig")
class Signature:
    id: strawberry.ID = field("The global id.")
    requested: datetime.datetime = field("When the customer was asked to sign.")
    signed_at: datetime.datetime | None = field("When the customer signed.")
    signer_name: str | None = field("Who signed.")
    image_url: str | None = field("Where the picture of the signature is.")


@extends(Document)
class DocumentSignature:
    signature: Signature | None = field("The customer's signature, if it was asked for.")
