"""Presets: sets of apps that owners give to users."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.shorthand import create_tenant_table, stamp, words

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    create_tenant_table(
        "access_preset",
        words("name"),
        sa.Column("apps", postgresql.BIT(256), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
        stamp("updated_at"),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        stamp("deleted_at", nullable=True),
    )
    op.create_index(
        "uq_access_preset_company_id_name",
        "access_preset",
        ["company_id", "name"],
        unique=True,
        postgresql_where=sa.text("deleted_at is null"),
    )
    op.execute(
        "create index ix_access_preset_company_id_name_read on access_preset "
        '(company_id, (reading_key(name) collate "C"), id)'
    )
