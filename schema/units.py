"""Units of measure: what one of a product is, as hour, metre or crate."""

from schema.apps import App
from schema.company import Company
from schema.declarations import connection, entity, extends, field, gated, input_object, order_enum, reads
from schema.documents import DocumentLine
from schema.filters import IdCriterion, TextCriterion
from schema.products import Product, ProductFilter
from schema.relay import Connection, Node


@entity("uni", App.UNITS, description="A unit of measure.")
class Unit(Node):
    code: str = field("The code of UNECE recommendation 20 that it stands for in electronic invoices.")
    name: str = field("The unit's name.")
    symbol: str = field("How it is printed behind a quantity.")


@input_object("Which units of measure.")
class UnitFilter:
    code: TextCriterion | None = reads(Unit, "code")
    name: TextCriterion | None = reads(Unit, "name")
    search: str | None = reads(Unit, "code", "name", "symbol")


UnitOrder = order_enum("UnitOrder", Unit, "name", "code", "symbol")


@extends(Product)
class OfProduct:
    unit: Unit | None = gated("What one of it is.", App.UNITS)


@extends(ProductFilter)
class OfProductFilter:
    unit: IdCriterion | None = reads(Product, "unit")


@extends(DocumentLine)
class OfDocumentLine:
    unit: Unit | None = gated("What the quantity counts.", App.UNITS)


@extends(Company)
class OfCompany:
    units: Connection[Unit] | None = connection("Units of measure.", filter=UnitFilter, order=UnitOrder)
