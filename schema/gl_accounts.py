"""The accounts of the general ledger that products, lines and categories may name."""

from schema.apps import App
from schema.company import Company
from schema.declarations import connection, entity, extends, field, input_object, order_enum, reads
from schema.filters import TextCriterion
from schema.relay import Connection, Node


@entity("gla", App.GL_ACCOUNTS, description="An account of the general ledger.")
class GlAccount(Node):
    code: str = field("Its six digits in the chart of accounts.")
    name: str = field("The account's name.")


@input_object("Which ledger accounts.")
class GlAccountFilter:
    code: TextCriterion | None = reads(GlAccount, "code")
    name: TextCriterion | None = reads(GlAccount, "name")
    search: str | None = reads(GlAccount, "code", "name")


GlAccountOrder = order_enum("GlAccountOrder", GlAccount, "code", "name")


@extends(Company)
class OfCompany:
    gl_accounts: Connection[GlAccount] | None = connection(
        "The ledger accounts.", filter=GlAccountFilter, order=GlAccountOrder
    )
