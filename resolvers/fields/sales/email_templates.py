"""The e-mails that are suggested for a document."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, sql
from resolvers.compilation.context import Row
from resolvers.compilation.resolution import Listing, Resolution
from schema.apps import App


def _suggested(row: Row, template: Row) -> tuple[Sql, ...]:
    """The templates of a document's kind and language; for a viewer who may not see its language, in the company's."""
    sees_language = row.company_scope.passes((App.FOREIGN_LANGUAGE_CUSTOMERS,))
    language = sql("case when {} then {} else {} end", sees_language or sql("true"), row["language"], _own(row))
    return (sql("{} = {}", template["document_kind"], row["kind"]), sql("{} = {}", template["language"], language))


def _own(row: Row) -> Sql:
    """The company's own language."""
    return row.company_scope.company["language"]


RESOLVERS: Final[Mapping[str, Resolution]] = {"Document.suggestedEmails": Listing(_suggested)}
