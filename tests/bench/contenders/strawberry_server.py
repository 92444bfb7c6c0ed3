"""strawberry: Strawberry the ordinary way, with its own ASGI view, DataLoaders and permission classes.

Run as `python -m tests.bench.contenders.strawberry_server PORT`, with DATABASE_URL set.
"""

import datetime
import decimal
import sys
from enum import Enum
from functools import cache
from typing import Annotated, Any, Generic, TypeVar, cast

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.permission import BasePermission

from schema.apps import App
from tests.bench.contenders.ordinary import (
    Entered,
    ListKey,
    Loaders,
    Row,
    bearer,
    bits,
    create_customer,
    gid,
    has,
    key,
    pool_of,
    set_app_access,
    update_customer,
)

Info = strawberry.Info[Loaders, None]
Node = TypeVar("Node")


@cache
def requires(app: App) -> type[BasePermission]:
    """The permission class of a gate."""

    class RequiresApp(BasePermission):
        message = f"This needs {app.name}."

        def has_permission(self, source: Any, info: Any, **kwargs: Any) -> bool:
            return source.entered.can(app)

    return RequiresApp


class IsOwner(BasePermission):
    message = "Only owners may see this."

    def has_permission(self, source: Any, info: Any, **kwargs: Any) -> bool:
        return source.entered.role == "OWNER"


def gate(app: App) -> Any:
    """The options of a gated field."""
    return {"permission_classes": [requires(app)]}


class CustomerOrder(Enum):
    NAME_ASC = "NAME_ASC"
    CREATED_AT_DESC = "CREATED_AT_DESC"


class ProductOrder(Enum):
    NAME_ASC = "NAME_ASC"
    PRICE_DESC = "PRICE_DESC"


class InvoiceOrder(Enum):
    DATE_DESC = "DATE_DESC"
    DUE_DATE_ASC = "DUE_DATE_ASC"
    TOTAL_INCL_DESC = "TOTAL_INCL_DESC"


class DocumentStatus(Enum):
    DRAFT = "DRAFT"
    SENT = "SENT"
    PAID = "PAID"
    OVERDUE = "OVERDUE"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    EXPIRED = "EXPIRED"
    SETTLED = "SETTLED"


strawberry.enum(CustomerOrder)
strawberry.enum(ProductOrder)
strawberry.enum(InvoiceOrder)
strawberry.enum(DocumentStatus)


@strawberry.input
class DocumentFilter:
    status: list[DocumentStatus] | None = None


@strawberry.type
class Connection(Generic[Node]):
    nodes: list[Node]


@strawberry.type
class Account:
    id: strawberry.ID
    email: str
    first_name: str
    last_name: str
    language: str


@strawberry.type
class Customer:
    row: strawberry.Private[Row]
    entered: strawberry.Private[Entered]
    id: strawberry.ID
    number: str
    name: str
    vat_number: str | None
    city: str | None
    country: str
    email: str | None
    payment_term_days: int
    note: str | None
    created_at: datetime.datetime

    @strawberry.field(**gate(App.DISCOUNTS))
    def discount(self) -> decimal.Decimal | None:
        return self.row["discount"]

    @classmethod
    def of(cls, row: Row, entered: Entered) -> "Customer":
        return cls(
            row=row, entered=entered, id=strawberry.ID(gid("cus", row["id"])), number=row["number"], name=row["name"],
            vat_number=row["vat_number"], city=row["city"], country=row["country"], email=row["email"],
            payment_term_days=row["payment_term_days"], note=row["note"], created_at=row["created_at"],
        )  # fmt: skip


@strawberry.type
class ProductGroup:
    id: strawberry.ID
    name: str

    @classmethod
    def of(cls, row: Row, _entered: Entered) -> "ProductGroup":
        return cls(id=strawberry.ID(gid("prg", row["id"])), name=row["name"])


@strawberry.type
class Product:
    row: strawberry.Private[Row]
    entered: strawberry.Private[Entered]
    id: strawberry.ID
    number: str
    name: str
    price: decimal.Decimal
    vat_rate: decimal.Decimal

    @strawberry.field(**gate(App.PURCHASES))
    def purchase_price(self) -> decimal.Decimal | None:
        return self.row["purchase_price"]

    @strawberry.field(**gate(App.PRODUCTS))
    async def group(self, info: Info) -> ProductGroup | None:
        if self.row["group_id"] is None:
            return None
        found = await info.context.groups.load((self.row["company_id"], self.row["group_id"]))
        return ProductGroup.of(found, self.entered) if found else None

    @classmethod
    def of(cls, row: Row, entered: Entered) -> "Product":
        return cls(
            row=row, entered=entered, id=strawberry.ID(gid("pro", row["id"])), number=row["number"], name=row["name"],
            price=row["price"], vat_rate=row["vat_rate"],
        )  # fmt: skip


@strawberry.type
class DocumentLine:
    row: strawberry.Private[Row]
    entered: strawberry.Private[Entered]
    id: strawberry.ID
    position: int
    name: str
    quantity: decimal.Decimal
    price: decimal.Decimal
    vat_rate: decimal.Decimal
    total_excl: decimal.Decimal
    total_incl: decimal.Decimal

    @strawberry.field(**gate(App.DISCOUNTS))
    def discount(self) -> decimal.Decimal | None:
        return self.row["discount"]

    @strawberry.field(**gate(App.PURCHASES))
    def purchase_price(self) -> decimal.Decimal | None:
        return self.row["purchase_price"]

    @classmethod
    def of(cls, row: Row, entered: Entered) -> "DocumentLine":
        return cls(
            row=row, entered=entered, id=strawberry.ID(gid("lin", row["id"])), position=row["position"],
            name=row["name"], quantity=row["quantity"], price=row["price"], vat_rate=row["vat_rate"],
            total_excl=row["total_excl"], total_incl=row["total_incl"],
        )  # fmt: skip


@strawberry.type
class Document:
    kind: str
    number: str
    date: datetime.date
    customer_name: str | None
    total_incl: decimal.Decimal

    @classmethod
    def of(cls, row: Row, _entered: Entered) -> "Document":
        return cls(
            kind=row["kind"], number=row["number"], date=row["date"], customer_name=row["customer_name"],
            total_incl=row["total_incl"],
        )  # fmt: skip


@strawberry.type
class Quote:
    id: strawberry.ID
    number: str
    date: datetime.date
    customer_name: str | None
    total_incl: decimal.Decimal
    expiration_date: datetime.date | None

    @classmethod
    def of(cls, row: Row, _entered: Entered) -> "Quote":
        return cls(
            id=strawberry.ID(gid("quo", row["id"])), number=row["number"], date=row["date"],
            customer_name=row["customer_name"], total_incl=row["total_incl"], expiration_date=row["expiration_date"],
        )  # fmt: skip


@strawberry.type
class CreditNote:
    id: strawberry.ID
    number: str
    date: datetime.date
    status: str
    total_incl: decimal.Decimal

    @classmethod
    def of(cls, row: Row, _entered: Entered) -> "CreditNote":
        return cls(
            id=strawberry.ID(gid("crn", row["id"])), number=row["number"], date=row["date"], status=row["status"],
            total_incl=row["total_incl"],
        )  # fmt: skip


@strawberry.type
class Invoice:
    row: strawberry.Private[Row]
    entered: strawberry.Private[Entered]
    id: strawberry.ID
    number: str
    date: datetime.date
    due_date: datetime.date | None
    status: str
    customer_name: str | None
    total_excl: decimal.Decimal
    total_vat: decimal.Decimal
    total_incl: decimal.Decimal

    @strawberry.field(**gate(App.DISCOUNTS))
    def discount(self) -> decimal.Decimal | None:
        return self.row["discount"]

    @strawberry.field(**gate(App.PURCHASES))
    def total_profit(self) -> decimal.Decimal | None:
        return self.row["total_profit"]

    @strawberry.field(**gate(App.ORDER_REFERENCE))
    def order_reference(self) -> str | None:
        return self.row["order_reference"]

    @strawberry.field(**gate(App.CUSTOMERS))
    async def customer(self, info: Info) -> Customer | None:
        if self.row["customer_id"] is None:
            return None
        found = await info.context.customers.load((self.row["company_id"], self.row["customer_id"]))
        return Customer.of(found, self.entered) if found else None

    @strawberry.field
    async def lines(self, info: Info) -> list[DocumentLine]:
        found = await info.context.lines.load((self.row["company_id"], self.row["id"]))
        return [DocumentLine.of(row, self.entered) for row in found]

    @classmethod
    def of(cls, row: Row, entered: Entered) -> "Invoice":
        return cls(
            row=row, entered=entered, id=strawberry.ID(gid("inv", row["id"])), number=row["number"], date=row["date"],
            due_date=row["due_date"], status=row["status"], customer_name=row["customer_name"],
            total_excl=row["total_excl"], total_vat=row["total_vat"], total_incl=row["total_incl"],
        )  # fmt: skip


@strawberry.type
class User:
    id: strawberry.ID
    first_name: str
    last_name: str
    role: str | None

    @classmethod
    def of(cls, row: Row, _entered: Entered) -> "User":
        return cls(
            id=strawberry.ID(gid("usr", row["id"])), first_name=row["first_name"], last_name=row["last_name"],
            role=row["role"],
        )  # fmt: skip


@strawberry.type
class PermissionCell:
    app: str
    granted: bool
    effective: bool
    editable: bool


@strawberry.type
class PermissionRow:
    user: User | None
    cells: list[PermissionCell]


@strawberry.type
class PermissionMatrix:
    version: int
    entered: strawberry.Private[Entered | None] = None

    @strawberry.field
    async def rows(self, info: Info) -> list[PermissionRow]:
        entered = self.entered
        if entered is None:
            return []
        active = bits(entered.company["mask"])
        apps = [app for app in await info.context.apps() if has(active, app["position"])]
        return [
            PermissionRow(
                user=None if person["external"] else User.of(person, entered), cells=_cells(person, apps, active)
            )
            for person in await info.context.people(entered.company["id"])
        ]


def _cells(person: Row, apps: list[Row], active: int) -> list[PermissionCell]:
    toggles, effective = bits(person["toggles"]), bits(person["mask"]) & active
    until = person["until"]
    begun = person["accepted_at"] is not None and (until is None or until > datetime.datetime.now(datetime.UTC))
    return [
        PermissionCell(
            app=app["id"],
            granted=has(toggles, app["position"]),
            effective=begun and has(effective, app["position"]),
            editable=not app["always_visible"] and person["role"] == "EMPLOYEE",
        )
        for app in apps
    ]


First = Annotated[int | None, strawberry.argument()]


@strawberry.type
class Company:
    entered: strawberry.Private[Entered]
    id: strawberry.ID
    name: str
    vat_number: str | None
    enterprise_number: str | None

    @strawberry.field(**gate(App.COMPANY_INFO))
    def legal_form(self) -> str | None:
        return self.entered.company["legal_form"]

    @strawberry.field(**gate(App.COMPANY_INFO))
    def street(self) -> str | None:
        return self.entered.company["street"]

    @strawberry.field(**gate(App.COMPANY_INFO))
    def street_number(self) -> str | None:
        return self.entered.company["street_number"]

    @strawberry.field(**gate(App.COMPANY_INFO))
    def postcode(self) -> str | None:
        return self.entered.company["postcode"]

    @strawberry.field(**gate(App.COMPANY_INFO))
    def city(self) -> str | None:
        return self.entered.company["city"]

    @strawberry.field(**gate(App.COMPANY_INFO))
    def country(self) -> str | None:
        return self.entered.company["country"]

    @strawberry.field(**gate(App.COMPANY_INFO))
    def phone(self) -> str | None:
        return self.entered.company["phone"]

    @strawberry.field(**gate(App.COMPANY_INFO))
    def email(self) -> str | None:
        return self.entered.company["email"]

    @strawberry.field(**gate(App.COMPANY_INFO))
    def website(self) -> str | None:
        return self.entered.company["website"]

    @strawberry.field(permission_classes=[IsOwner])
    def permission_matrix(self) -> PermissionMatrix | None:
        return PermissionMatrix(version=self.entered.company["access_version"], entered=self.entered)

    @strawberry.field(permission_classes=[IsOwner])
    async def users(self, info: Info, first: First = 50) -> Connection[User] | None:
        rows = await self._rows(info, "users", first)
        return Connection(nodes=[User.of(row, self.entered) for row in rows])

    @strawberry.field(**gate(App.CUSTOMERS))
    async def customers(
        self, info: Info, first: First = 50, order_by: list[CustomerOrder] | None = None
    ) -> Connection[Customer] | None:
        rows = await self._rows(info, "customers", first, order_by)
        return Connection(nodes=[Customer.of(row, self.entered) for row in rows])

    @strawberry.field(**gate(App.PRODUCTS))
    async def products(
        self, info: Info, first: First = 50, order_by: list[ProductOrder] | None = None
    ) -> Connection[Product] | None:
        rows = await self._rows(info, "products", first, order_by)
        return Connection(nodes=[Product.of(row, self.entered) for row in rows])

    @strawberry.field(**gate(App.PRODUCTS))
    async def product_groups(self, info: Info, first: First = 50) -> Connection[ProductGroup] | None:
        rows = await self._rows(info, "product_groups", first)
        return Connection(nodes=[ProductGroup.of(row, self.entered) for row in rows])

    @strawberry.field(**gate(App.QUOTES))
    async def quotes(
        self, info: Info, first: First = 50, filter: DocumentFilter | None = None
    ) -> Connection[Quote] | None:
        rows = await self._rows(info, "quotes", first, None, filter)
        return Connection(nodes=[Quote.of(row, self.entered) for row in rows])

    @strawberry.field(**gate(App.INVOICES))
    async def invoices(
        self,
        info: Info,
        first: First = 50,
        filter: DocumentFilter | None = None,
        order_by: list[InvoiceOrder] | None = None,
    ) -> Connection[Invoice] | None:
        rows = await self._rows(info, "invoices", first, order_by, filter)
        return Connection(nodes=[Invoice.of(row, self.entered) for row in rows])

    @strawberry.field(**gate(App.CREDIT_NOTES))
    async def credit_notes(self, info: Info, first: First = 50) -> Connection[CreditNote] | None:
        rows = await self._rows(info, "credit_notes", first)
        return Connection(nodes=[CreditNote.of(row, self.entered) for row in rows])

    @strawberry.field
    async def documents(self, info: Info, first: First = 50) -> Connection[Document] | None:
        rows = await self._rows(info, "documents", first)
        return Connection(nodes=[Document.of(row, self.entered) for row in rows])

    async def _rows(
        self,
        info: Info,
        name: str,
        first: int | None,
        order_by: "list[Any] | None" = None,
        filter: DocumentFilter | None = None,
    ) -> Any:
        status = tuple(one.value for one in filter.status) if filter is not None and filter.status else None
        order = order_by[0].value if order_by else None
        return await info.context.lists.load(ListKey(name, self.entered.company["id"], first or 50, status, order))

    @classmethod
    def of(cls, entered: Entered) -> "Company":
        row = entered.company
        return cls(
            entered=entered, id=strawberry.ID(gid("com", row["id"])), name=row["name"], vat_number=row["vat_number"],
            enterprise_number=row["enterprise_number"],
        )  # fmt: skip


@strawberry.type
class Viewer:
    account: Account

    @strawberry.field
    async def companies(self, info: Info, first: First = 50) -> Connection[Company]:
        return Connection(nodes=[Company.of(entered) for entered in await info.context.entered(first or 50)])


@strawberry.type
class Query:
    @strawberry.field
    async def viewer(self, info: Info) -> Viewer | None:
        row = await info.context.account()
        if row is None:
            return None
        account = Account(
            id=strawberry.ID(gid("acc", row["id"])), email=row["email"], first_name=row["first_name"],
            last_name=row["last_name"], language=row["language"],
        )  # fmt: skip
        return Viewer(account=account)

    @strawberry.field
    async def company(self, info: Info, id: strawberry.ID) -> Company | None:
        entered = await info.context.companies.load(key(id))
        return Company.of(entered) if entered is not None else None


@strawberry.input
class AppAccessChange:
    user_id: strawberry.ID
    app: str
    granted: bool


@strawberry.input
class SetAppAccessInput:
    company_id: strawberry.ID
    expected_version: int
    changes: list[AppAccessChange]


@strawberry.type
class UserError:
    code: str
    field: list[str] | None


@strawberry.type
class SetAppAccessPayload:
    permission_matrix: PermissionMatrix | None
    errors: list[UserError]


@strawberry.input
class CreateCustomerInput:
    company_id: strawberry.ID
    name: str
    vat_number: str | None = strawberry.UNSET
    street: str | None = strawberry.UNSET
    street_number: str | None = strawberry.UNSET
    postcode: str | None = strawberry.UNSET
    city: str | None = strawberry.UNSET
    country: str | None = strawberry.UNSET
    phone: str | None = strawberry.UNSET
    mobile: str | None = strawberry.UNSET
    email: str | None = strawberry.UNSET
    website: str | None = strawberry.UNSET
    payment_term_days: int | None = strawberry.UNSET
    note: str | None = strawberry.UNSET
    channel: str | None = strawberry.UNSET


@strawberry.input
class UpdateCustomerInput:
    customer_id: strawberry.ID
    city: str | None = strawberry.UNSET
    note: str | None = strawberry.UNSET


@strawberry.type
class CustomerPayload:
    customer: Customer | None
    errors: list[UserError]

    @classmethod
    def of(cls, written: tuple[Row, Entered] | None) -> "CustomerPayload":
        if written is None:
            return cls(customer=None, errors=[UserError(code="NOT_FOUND", field=None)])
        return cls(customer=Customer.of(*written), errors=[])


def given(input: Any) -> dict[str, Any]:
    """The members of an input that are there."""
    return {name: value for name, value in cast("dict[str, Any]", vars(input)).items() if value is not strawberry.UNSET}


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_customer(self, info: Info, input: CreateCustomerInput) -> CustomerPayload | None:
        return CustomerPayload.of(await create_customer(info.context, given(input)))

    @strawberry.mutation
    async def update_customer(self, info: Info, input: UpdateCustomerInput) -> CustomerPayload | None:
        return CustomerPayload.of(await update_customer(info.context, given(input)))

    @strawberry.mutation
    async def set_app_access(self, info: Info, input: SetAppAccessInput) -> SetAppAccessPayload | None:
        changes = [{"userId": change.user_id, "app": change.app, "granted": change.granted} for change in input.changes]
        given = {"companyId": input.company_id, "expectedVersion": input.expected_version, "changes": changes}
        version = await set_app_access(info.context, given)
        if version is None:
            return SetAppAccessPayload(permission_matrix=None, errors=[UserError(code="VERSION_CONFLICT", field=None)])
        return SetAppAccessPayload(permission_matrix=PermissionMatrix(version=version), errors=[])


PARSED, VALIDATED = ParserCache(), ValidationCache()


class View(GraphQL[Loaders, None]):
    """Strawberry's view, with the loaders of the request as its context."""

    async def get_context(self, request: Any, response: Any) -> Loaders:
        return Loaders(request.app.state.pool, bearer(request))


schema = strawberry.Schema(Query, Mutation, extensions=[lambda: PARSED, lambda: VALIDATED])

if __name__ == "__main__":
    application = Starlette(routes=[Route("/graphql", View(schema, graphql_ide=None))], lifespan=pool_of)
    uvicorn.run(application, port=int(sys.argv[1]), access_log=False, log_level="warning")
