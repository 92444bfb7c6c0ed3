"""The settings of companies: one row per company; the apps' own files add columns."""

from db.declarations import Column, ForeignKeyConstraint, PrimaryKey, Table, Uuid
from db.tables.metadata import holds, metadata, stamp

company_settings = Table(
    "company_settings",
    metadata,
    Column("company_id", Uuid, nullable=False),
    stamp("changed_at"),
    PrimaryKey("company_id"),
    ForeignKeyConstraint(["company_id"], ["company.id"], ondelete="CASCADE"),
    info={"tenant": True, **holds(order="company_id")},
)
