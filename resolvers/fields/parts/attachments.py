"""The files that go with documents, and the general terms that go with all."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, every, sql
from db.tables.core.settings import company_settings
from db.tables.parts.attachments import document_attachment
from resolvers.compilation.context import Row
from resolvers.compilation.joins import through
from resolvers.compilation.resolution import Listing, Resolution, ToOne


def _terms(company: Row, attachment: Row) -> tuple[Sql, ...]:
    settings = company.ctx.rows(company_settings, company=company["id"])
    where = every([*settings.where])
    return (
        sql(
            "{} = (select {} from {} where {})",
            attachment["id"],
            settings["terms_attachment_id"],
            settings.source,
            where,
        ),
    )


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Company.termsAttachment": ToOne(_terms),
    "Document.attachments": Listing(through(document_attachment, "document_id", "attachment_id")),
}
