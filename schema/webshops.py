"""Orders that came in through webshops, and the articles that webshops sell."""

import datetime

from schema.company import Company
from schema.connectors import services
from schema.declarations import OPEN, connection, entity, extends, field, input_object, opened, order_enum, reads, value
from schema.documents import Document, DocumentKind
from schema.filters import DateTimeCriterion, TextCriterion
from schema.products import Product
from schema.relay import Connection, Node

Webshop = services("Webshop", "A kind of webshop.", "WEBSHOP")


@entity("wso", OPEN, description="An order that came in through a webshop.")
class WebshopOrder(Node):
    shop: Webshop = opened("The kind of webshop.")  # type: ignore[valid-type]
    order_number: str = opened("The shop's number of the order.")
    ordered_at: datetime.datetime = opened("When it was placed.")
    document_kind: DocumentKind | None = opened("What kind of document it is; of a kind not held nothing is shown.")
    document: Document | None = opened("The document that was made of it.")


@value("An article of a webshop that is a product.")
class WebshopArticle:
    shop: Webshop = field("The kind of webshop.")  # type: ignore[valid-type]
    sku: str = field("The shop's number of the article.")


@input_object("Which orders of webshops.")
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
    webshop_articles: list[WebshopArticle] = opened("What webshops call it.")
