"""Units of measure of products, such as hour, metre or crate."""

from schema.apps import App
from schema.declarations.criteria import IdCriterion, TextCriterion
from schema.declarations.fields import connection, field, gated
from schema.declarations.forms import Form
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.declarations.writing import CREATE, DELETE, UPDATE, form, line, link
from schema.types.core.company import Company
from schema.types.core.documents import DocumentLine
from schema.types.core.products import Product, ProductFilter
from schema.types.core.versions import Versioned, versioned_filter


@entity("uni", App.UNITS, description="A unit of measure.", writes=CREATE | UPDATE | DELETE)
class Unit(Versioned, Node):
    code: str = field(
        "The code of UNECE recommendation 20 that it stands for in electronic invoices.",
        write=form(Form.UNIT_CODE, required=True),
    )
    name: str = field("The unit's name.", write=line(100, required=True))
    symbol: str = field("How it is printed behind a quantity.", write=line(20, required=True))


@versioned_filter(Unit)
@filter_object("Which units of measure.")
class UnitFilter:
    code: TextCriterion | None = reads(Unit, "code")
    name: TextCriterion | None = reads(Unit, "name")
    search: str | None = reads(Unit, "code", "name", "symbol")


UnitOrder = order_enum("UnitOrder", Unit, "name", "code", "symbol")


@extends(Product)
class ProductUnit:
    unit: Unit | None = gated("What one of it is.", App.UNITS, write=link())


@extends(ProductFilter)
class ProductsByUnit:
    unit: IdCriterion | None = reads(Product, "unit")


@extends(DocumentLine)
class DocumentLineUnit:
    unit: Unit | None = gated("What the quantity counts.", App.UNITS)


@extends(Company)
class CompanyUnits:
    units: Connection[Unit] | None = connection("Units of measure.", filter=UnitFilter, order=UnitOrder)
