"""What users write: the table of changes, and the counters of numbers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.shorthand import TransactionId, check, create_tenant_table, words

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    _create_change()
    op.create_table(
        "counter",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        words("kind"),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "kind", name=op.f("pk_counter")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_counter_company_id"), ondelete="CASCADE"),
    )


def _create_change() -> None:
    create_tenant_table(
        "change",
        sa.Column("xid", TransactionId(), nullable=False, server_default=sa.text("pg_current_xact_id()")),
        sa.Column(
            "at",
            postgresql.TIMESTAMP(timezone=True, precision=6),
            nullable=False,
            server_default=sa.text("clock_timestamp()"),
        ),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("credential_id", sa.Uuid(), nullable=True),
        words("entity"),
        sa.Column("key", sa.Uuid(), nullable=False),
        words("kind"),
        sa.Column("fields", sa.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
        words("operation"),
        words("idempotency_key", nullable=True),
        sa.Column("input_hash", sa.LargeBinary(), nullable=True),
        check("change", "kind", "CREATED", "CHANGED", "DELETED", "RESTORED"),
        node=False,
    )
    op.create_index(
        "uq_change_company_id_actor_id_operation_idempotency_key",
        "change",
        ["company_id", "actor_id", "operation", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key is not null"),
    )
    op.create_index("ix_change_company_id_xid_id", "change", ["company_id", "xid", "id"])
