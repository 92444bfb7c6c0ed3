"""Operations for `explainAccess`, annotated by hand: their paths, and the gates on the way to each."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from schema.apps import App
from schema.declarations.gates import Gate
from schema.roles import Role
from tests.differential.data.dataset import key

HERE: Final = "HERE"
"""The path needs that the user in question is in the company now."""

ONLY_A: Final = "ONLY_A"
"""The path lies in company A."""

Needed: TypeAlias = tuple[Gate | str, ...]

A: Final = f"com_{key('company A').hex}"
OUTSIDE: Final = "{ viewer { account { id } } catalogue: apps { app } }"
OF_A: Final = f"""
{{ it: company(id: "{A}") {{ name __typename ...F plan
  invoices(filter: {{ discount: {{ isNull: true }} }}) {{ totalCount }} }} }}
fragment F on Company {{ invoices2: invoices {{ nodes {{ discount number }} }} }}
"""
OF_ANY: Final = """
{ viewer { companies { nodes { id workOrders { totalCount } quotes { edges { node { discount } } } } } } }
"""
_INVOICES: Final = (ONLY_A, HERE, App.INVOICES)
_QUOTES: Final = (HERE, App.QUOTES)

OPERATIONS: Final[Mapping[str, Mapping[str, Needed]]] = {
    OUTSIDE: {"viewer": (), "viewer.account": (), "viewer.account.id": (), "catalogue": (), "catalogue.app": ()},
    OF_A: {
        "it": (ONLY_A, HERE),
        "it.name": (ONLY_A, HERE),
        "it.invoices2": _INVOICES,
        "it.invoices2.nodes": _INVOICES,
        "it.invoices2.nodes.discount": (*_INVOICES, App.DISCOUNTS),
        "it.invoices2.nodes.number": _INVOICES,
        "it.plan": (ONLY_A, HERE, Role.OWNER),
        "it.invoices": (*_INVOICES, App.DISCOUNTS),
        "it.invoices.totalCount": (*_INVOICES, App.DISCOUNTS),
    },
    OF_ANY: {
        "viewer": (),
        "viewer.companies": (),
        "viewer.companies.nodes": (HERE,),
        "viewer.companies.nodes.id": (HERE,),
        "viewer.companies.nodes.workOrders": (HERE, App.WORK_ORDERS),
        "viewer.companies.nodes.workOrders.totalCount": (HERE, App.WORK_ORDERS),
        "viewer.companies.nodes.quotes": _QUOTES,
        "viewer.companies.nodes.quotes.edges": _QUOTES,
        "viewer.companies.nodes.quotes.edges.node": _QUOTES,
        "viewer.companies.nodes.quotes.edges.node.discount": (*_QUOTES, App.DISCOUNTS),
    },
}
