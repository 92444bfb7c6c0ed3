"""Products in the languages of the customers."""

from schema.apps import App
from schema.declarations import extends, field, gated, value
from schema.language import Language
from schema.products import Product


@value("How a product is called in another language.", App.FOREIGN_LANGUAGE_CUSTOMERS)
class ProductTranslation:
    language: Language = field("The language.")
    name: str = field("The product's name in it.")
    text: str | None = field("The longer text for documents in it.")


@extends(Product)
class OfProduct:
    translations: list[ProductTranslation] | None = gated(
        "Its name and text in other languages.", App.FOREIGN_LANGUAGE_CUSTOMERS
    )
