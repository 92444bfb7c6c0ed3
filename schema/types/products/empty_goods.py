"""Returnable packaging: the value of returned packaging is settled on a document."""

import decimal

from schema.apps import App
from schema.declarations.fields import gated
from schema.declarations.object_types import extends
from schema.types.core.documents import Document


@extends(Document)
class DocumentEmptyGoods:
    returned_empty_goods: decimal.Decimal | None = gated("The deposits on packaging that came back.", App.EMPTY_GOODS)
