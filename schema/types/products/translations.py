"""Products in the languages of the customers."""

from schema.apps import App
from schema.declarations.fields import field, gated
from schema.declarations.object_types import extends, thing
from schema.declarations.writing import choice, keyed, line, note
from schema.localization.language import Language
from schema.types.core.products import Product


@thing("ptr", App.FOREIGN_LANGUAGE_CUSTOMERS, description="How a product is called in another language.")
class ProductTranslation:
    language: Language = field("The language.", write=choice(required=True))
    name: str = field("The product's name in it.", write=line())
    text: str | None = field("The longer text for documents in it.", write=note())


@extends(Product)
class ProductTranslations:
    translations: list[ProductTranslation] | None = gated(
        "Its name and text in other languages.", App.FOREIGN_LANGUAGE_CUSTOMERS, write=keyed()
    )
