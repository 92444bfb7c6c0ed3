"""The accounts of the general ledger, to which products, lines and categories may refer."""

from schema.apps import App
from schema.declarations.criteria import TextCriterion
from schema.declarations.fields import connection, field
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object
from schema.declarations.relay import Connection, Node
from schema.types.core.company import Company


@entity("gla", App.GL_ACCOUNTS, description="An account of the general ledger.")
class GlAccount(Node):
    code: str = field("Its six digits in the chart of accounts.")
    name: str = field("The account's name.")


@filter_object("Which ledger accounts.")
class GlAccountFilter:
    code: TextCriterion | None = reads(GlAccount, "code")
    name: TextCriterion | None = reads(GlAccount, "name")
    search: str | None = reads(GlAccount, "code", "name")


GlAccountOrder = order_enum("GlAccountOrder", GlAccount, "code", "name")


@extends(Company)
class CompanyGlAccounts:
    gl_accounts: Connection[GlAccount] | None = connection(
        "The ledger accounts.", filter=GlAccountFilter, order=GlAccountOrder
    )
