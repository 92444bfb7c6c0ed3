"""Search: containment, or a name with words much like the text, over columns without a gate of their own.

Trigram indexes that begin with the company find both (`db/tables/search.py`).
"""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, join, sql
from resolvers.compilation import Row
from resolvers.convert import pattern, sought
from resolvers.resolution import Inline, Link, Paging, Resolution


def _found_in(names: tuple[str, ...], *others: str) -> Link:
    """The rows in one of whose columns the text stands, or one of whose names has words like it.

    Numbers and addresses that are much alike are not meant for each other.
    """

    def link(results: Row, found: Row) -> tuple[Sql, ...]:
        given = results.arguments["text"]
        like, text = results.to.bind(given, pattern, "text"), results.to.bind(given, sought, "text")
        stands = [sql("{} ilike {}", found[column], like) for column in (*names, *others)]
        alike = [sql("{} <% {}", text, found[name]) for name in names]
        return (sql("({})", join(" or ", [*stands, *alike])),)

    return link


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Company.search": Inline(lambda row: row.rows),
    "SearchResults.customers": Paging(_found_in(("name",), "number", "vat_number", "email")),
    "SearchResults.products": Paging(_found_in(("name",), "number")),
    "SearchResults.documents": Paging(_found_in(("customer_name", "supplier_name"), "number")),
}

HOMES: Final[Mapping[str, str]] = {"SearchResults": "company"}
