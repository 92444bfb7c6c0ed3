"""Search for a text in a company's data, small typing errors allowed."""

from schema.declarations.fields import Argument, connection, open_field
from schema.declarations.object_types import extends, thing
from schema.declarations.relay import Connection
from schema.types.core.company import Company
from schema.types.core.customers import Customer
from schema.types.core.documents import (
    Document,
    DocumentConnection,
)
from schema.types.core.products import Product


@thing("sch", description="What was found. Only what everybody who sees the rows may read is searched.")
class SearchResults:
    customers: Connection[Customer] | None = connection("Customers by number, name, VAT number and e-mail address.")
    products: Connection[Product] | None = connection("Products by number and name.")
    documents: DocumentConnection[Document] | None = connection(
        "Documents of every kind that the viewer holds, by number, name of customer or supplier, and reference.",
        is_open=True,
    )


@extends(Company)
class CompanySearch:
    search: SearchResults | None = open_field(
        "What a text stands in, however it is typed, and at last what has words much like it in its name; best first. "
        "Of what is found in hundreds of rows the lists have some, the newest documents among them.",
        text=Argument(
            str,
            "The text, at most 100 characters; two find the beginnings of words, fewer, and marks alone, nothing.",
        ),
    )
