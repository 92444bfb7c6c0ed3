"""Orders from webshops, and the articles that webshops sell."""

import datetime

from schema.declarations.criteria import DateTimeCriterion, TextCriterion
from schema.declarations.fields import connection, field, open_field
from schema.declarations.gates import OPEN
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object, thing
from schema.declarations.relay import Connection, Node
from schema.types.connections.connectors import services
from schema.types.core.company import Company
from schema.types.core.documents import Document, DocumentKind
from schema.types.core.products import Product

Webshop = services("Webshop", "A kind of webshop.", "WEBSHOP")


@entity("wso", OPEN, description="An order that came in through a webshop.")
class WebshopOrder(Node):
    shop: Webshop = open_field("The kind of webshop.")  # type: ignore[valid-type]
    order_number: str = open_field("The shop's number of the order.")
    ordered_at: datetime.datetime = open_field("When it was placed.")
    document_kind: DocumentKind | None = open_field("What kind of document it is; of a kind not held nothing is shown.")
    document: Document | None = open_field("The document that was made of it.")


@thing("wsa", description="An article of a webshop that is a product.")
class WebshopArticle:
    shop: Webshop = field("The kind of webshop.")  # type: ignore[valid-type]
    sku: str = field("The shop's number of the article.")


@filter_object("Which orders of webshops.")
class WebshopOrderFilter:
    shop: list[Webshop] | None = reads(WebshopOrder, "shop")  # type: ignore[valid-type]
    order_number: TextCriterion | None = reads(WebshopOrder, "order_number")
    ordered_at: DateTimeCriterion | None = reads(WebshopOrder, "ordered_at")


WebshopOrderOrder = order_enum("WebshopOrderOrder", WebshopOrder, "ordered_at", "order_number")


@extends(Company)
class CompanyWebshops:
    webshop_orders: Connection[WebshopOrder] | None = connection(
        "Orders that came in through webshops.", is_open=True, filter=WebshopOrderFilter, order=WebshopOrderOrder
    )


@extends(Document)
class DocumentWebshop:
    webshop_order: WebshopOrder | None = field("The webshop's order that it was made of.")


@extends(Product)
class ProductWebshops:
    webshop_articles: list[WebshopArticle] = open_field("What webshops call it.")
