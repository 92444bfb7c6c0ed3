"""What quotes and payment requests say in other words, and which preset e-mails go with a document."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, sql
from resolvers.compilation import Row
from resolvers.resolution import Leaf, Listing, Resolution
from schema.apps import App


def _suggested(row: Row, template: Row) -> tuple[Sql, ...]:
    """The templates of a document's kind, in its language; of what its language is they tell only who may see it."""
    assert row.scope is not None, "documents exist only below a company"
    sees_language = row.scope.passes((App.FOREIGN_LANGUAGE_CUSTOMERS,))
    language = sql("case when {} then {} else {} end", sees_language or sql("true"), row["language"], _own(row))
    return (sql("{} = {}", template["document_kind"], row["kind"]), sql("{} = {}", template["language"], language))


def _own(row: Row) -> Sql:
    """The company's own language."""
    assert row.scope is not None, "documents exist only below a company"
    return row.scope.company["language"]


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Quote.validityDays": Leaf(lambda row, arguments: sql("({} - {})", row["expiration_date"], row["date"])),
    "Quote.depositAmount": Leaf(
        lambda row, arguments: sql("round({} * {} / 100, 2)", row["total_incl"], row["deposit_percent"])
    ),
    "PaymentRequest.amountIncl": Leaf(lambda row, arguments: row["total_incl"]),
    "Document.suggestedEmails": Listing(_suggested),
}
