"""Returnable packaging: what a customer brings back is settled on a document."""

import decimal

from schema.apps import App
from schema.declarations import extends, gated
from schema.documents import Document


@extends(Document)
class OfDocument:
    returned_empty_goods: decimal.Decimal | None = gated("The deposits on packaging that came back.", App.EMPTY_GOODS)
