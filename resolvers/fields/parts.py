"""The parts of the product: settings of the company, and what goes with a document."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, every, sql
from db.tables.parts import document_attachment, document_legal_notice
from db.tables.settings import company_settings
from resolvers.compilation import Row
from resolvers.links import pointing, through
from resolvers.resolution import Leaf, Listing, Reference, Resolution
from resolvers.settings import SETTINGS, setting


def _terms(company: Row, attachment: Row) -> tuple[Sql, ...]:
    settings = company.to.rows(company_settings, company=company["id"])
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
    "Company.defaults": SETTINGS,
    "Company.ibans": Leaf(
        lambda row, arguments: sql("array_remove(array[{}] || {}, null)", row["iban"], row["further_ibans"])
    ),
    "Company.emailSettings": SETTINGS,
    "Company.postalBalance": setting("postal_balance"),
    "Company.termsAttachment": Reference(_terms),
    "Document.attachments": Listing(through(document_attachment, "document_id", "attachment_id")),
    "Document.legalNotices": Listing(through(document_legal_notice, "document_id", "legal_notice_id")),
    "Document.signature": Reference(pointing("document_id")),
}

HOMES: Final[Mapping[str, str]] = {"Defaults": "company_settings", "EmailSettings": "company_settings"}
