# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUntypedFunctionDecorator=false, reportUnknownArgumentType=false, reportUnusedFunction=false
"""ariadne: Ariadne the ordinary way, schema first, with its own ASGI view, DataLoaders and a decorator for rights.

Run as `python -m tests.bench.contenders.ariadne_server PORT`, with DATABASE_URL set and Ariadne on the path.
"""

import datetime
import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from ariadne import MutationType, ObjectType, QueryType, ScalarType, make_executable_schema
from ariadne.asgi import GraphQL
from graphql import GraphQLError
from starlette.applications import Starlette
from starlette.routing import Route

from schema.apps import App
from tests.bench.contenders.ordinary import (
    LISTS,
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

PREFIXES = {
    "customers": "cus", "products": "pro", "product_groups": "prg", "quotes": "quo", "invoices": "inv",
    "credit_notes": "crn", "documents": "doc", "users": "usr",
}  # fmt: skip
GATES = {
    "customers": App.CUSTOMERS, "products": App.PRODUCTS, "product_groups": App.PRODUCTS, "quotes": App.QUOTES,
    "invoices": App.INVOICES, "credit_notes": App.CREDIT_NOTES,
}  # fmt: skip
INFO = ("legalForm", "street", "streetNumber", "postcode", "city", "country", "phone", "email", "website")

query, mutation = QueryType(), MutationType()
viewer, company, matrix = ObjectType("Viewer"), ObjectType("Company"), ObjectType("PermissionMatrix")
invoice, product = ObjectType("Invoice"), ObjectType("Product")
customer, line = ObjectType("Customer"), ObjectType("DocumentLine")
scalars = [ScalarType(name, serializer=str) for name in ("Decimal", "Date")]
scalars.append(ScalarType("DateTime", serializer=datetime.datetime.isoformat))


def shown(prefix: str, row: Any, entered: Any) -> dict[str, Any]:
    """A row for the resolvers, with its global id and the viewer's rights."""
    return {**row, "key": row["id"], "id": gid(prefix, row["id"]), "entered": entered}


def requires(app: App) -> Callable[[Any], Any]:
    """Refuse a field whose gate is closed."""

    def decorate(resolve: Any) -> Any:
        @functools.wraps(resolve)
        def guarded(parent: Any, info: Any, **arguments: Any) -> Any:
            if not parent["entered"].can(app):
                raise GraphQLError(f"This needs {app.name}.")
            return resolve(parent, info, **arguments)

        return guarded

    return decorate


def gated_column(type_: Any, name: str, column: str, app: App) -> None:
    """Add a field that is a column behind a gate."""

    @requires(app)
    def resolve(parent: Any, _info: Any) -> Any:
        return parent[column]

    type_.set_field(name, resolve)


def snake(name: str) -> str:
    """The column name of a field."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def listed(name: str) -> Any:
    """The resolver of a company's list."""

    async def resolve(parent: Any, info: Any, first: int = 50, filter: Any = None, order_by: Any = None) -> Any:
        status = tuple(filter["status"]) if filter and filter.get("status") else None
        asked = ListKey(name, parent["key"], first, status, order_by[0] if order_by else None)
        rows = await info.context.lists.load(asked)
        return {"nodes": [shown(PREFIXES[name], row, parent["entered"]) for row in rows]}

    return requires(GATES[name])(resolve) if name in GATES else resolve


for name in LISTS:
    first, *rest = name.split("_")
    company.set_field(first + "".join(part.title() for part in rest), listed(name))
for name in INFO:
    gated_column(company, name, snake(name), App.COMPANY_INFO)
for type_ in (customer, line, invoice):
    gated_column(type_, "discount", "discount", App.DISCOUNTS)
gated_column(line, "purchasePrice", "purchase_price", App.PURCHASES)
gated_column(product, "purchasePrice", "purchase_price", App.PURCHASES)
gated_column(invoice, "totalProfit", "total_profit", App.PURCHASES)
gated_column(invoice, "orderReference", "order_reference", App.ORDER_REFERENCE)


@query.field("viewer")
async def resolve_viewer(_: Any, info: Any) -> Any:
    row = await info.context.account()
    return {"account": {**row, "id": gid("acc", row["id"])}} if row else None


@query.field("company")
async def resolve_company(_: Any, info: Any, id: str) -> Any:
    entered = await info.context.companies.load(key(id))
    return shown("com", entered.company, entered) if entered else None


@viewer.field("companies")
async def resolve_companies(_: Any, info: Any, first: int = 50) -> Any:
    return {"nodes": [shown("com", entered.company, entered) for entered in await info.context.entered(first)]}


@company.field("permissionMatrix")
def resolve_matrix(parent: Any, _info: Any) -> Any:
    if parent["entered"].role != "OWNER":
        raise GraphQLError("Only owners may see this.")
    return {"version": parent["access_version"], "entered": parent["entered"]}


@matrix.field("rows")
async def resolve_rows(parent: Any, info: Any) -> Any:
    entered = parent["entered"]
    active = bits(entered.company["mask"])
    apps = [app for app in await info.context.apps() if has(active, app["position"])]
    return [
        {"user": None if person["external"] else shown("usr", person, entered), "cells": cells(person, apps, active)}
        for person in await info.context.people(entered.company["id"])
    ]


def cells(person: Any, apps: Any, active: int) -> list[dict[str, Any]]:
    """The cells of one person in the permission matrix."""
    toggles, effective = bits(person["toggles"]), bits(person["mask"]) & active
    until = person["until"]
    begun = person["accepted_at"] is not None and (until is None or until > datetime.datetime.now(datetime.UTC))
    return [
        {
            "app": app["id"],
            "granted": has(toggles, app["position"]),
            "effective": begun and has(effective, app["position"]),
            "editable": not app["always_visible"] and person["role"] == "EMPLOYEE",
        }
        for app in apps
    ]


@invoice.field("customer")
@requires(App.CUSTOMERS)
async def resolve_customer(parent: Any, info: Any) -> Any:
    if parent["customer_id"] is None:
        return None
    row = await info.context.customers.load((parent["company_id"], parent["customer_id"]))
    return shown("cus", row, parent["entered"]) if row else None


@invoice.field("lines")
async def resolve_lines(parent: Any, info: Any) -> Any:
    rows = await info.context.lines.load((parent["company_id"], parent["key"]))
    return [shown("lin", row, parent["entered"]) for row in rows]


@product.field("group")
@requires(App.PRODUCTS)
async def resolve_group(parent: Any, info: Any) -> Any:
    if parent["group_id"] is None:
        return None
    row = await info.context.groups.load((parent["company_id"], parent["group_id"]))
    return shown("prg", row, parent["entered"]) if row else None


@mutation.field("setAppAccess")
async def resolve_set_app_access(_: Any, info: Any, input: Any) -> Any:
    changes = [{**change, "userId": change["user_id"]} for change in input["changes"]]
    given = {"companyId": input["company_id"], "expectedVersion": input["expected_version"], "changes": changes}
    version = await set_app_access(info.context, given)
    if version is None:
        return {"permission_matrix": None, "errors": [{"code": "VERSION_CONFLICT", "field": None}]}
    return {"permission_matrix": {"version": version}, "errors": []}


@mutation.field("createCustomer")
async def resolve_create_customer(_: Any, info: Any, input: Any) -> Any:
    return customer_payload(await create_customer(info.context, input))


@mutation.field("updateCustomer")
async def resolve_update_customer(_: Any, info: Any, input: Any) -> Any:
    return customer_payload(await update_customer(info.context, input))


def customer_payload(written: tuple[Row, Entered] | None) -> Any:
    if written is None:
        return {"customer": None, "errors": [{"code": "NOT_FOUND", "field": None}]}
    return {"customer": shown("cus", *written), "errors": []}


executable = make_executable_schema(
    Path(__file__).with_name("ordinary.graphql").read_text(),
    [query, mutation, viewer, company, matrix, invoice, product, customer, line, *scalars],
    convert_names_case=True,
)


def context(request: Any, _data: Any) -> Loaders:
    """The loaders of one request."""
    return Loaders(request.app.state.pool, bearer(request))


if __name__ == "__main__":
    view = GraphQL(executable, context_value=context)
    application = Starlette(routes=[Route("/graphql", view, methods=["POST"])], lifespan=pool_of)
    uvicorn.run(application, port=int(sys.argv[1]), access_log=False, log_level="warning")
