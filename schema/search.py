"""Search: what a company has that a text stands in, small typing errors allowed."""

from schema.company import Company
from schema.customers import Customer
from schema.declarations import Argument, connection, extends, opened, value
from schema.documents import Document
from schema.products import Product
from schema.relay import Connection


@value("What was found. Only what everybody who sees the rows may read is searched.")
class SearchResults:
    customers: Connection[Customer] | None = connection("Customers by number, name, VAT number and e-mail address.")
    products: Connection[Product] | None = connection("Products by number and name.")
    documents: Connection[Document] | None = connection(
        "Documents of every kind that the viewer holds, by number and customer's or supplier's name.", is_open=True
    )


@extends(Company)
class OfCompany:
    search: SearchResults | None = opened(
        "What a text stands in, upper and lower case alike, and what has words much like it in its name.",
        text=Argument(str, "The text, at most 100 characters; with fewer than two, nothing is found."),
    )
