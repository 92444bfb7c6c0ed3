"""Signing up, invitations, mail and the limits on passwords."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.add_column("credential", _stamp("ends_at", nullable=True))
    _create_attempt()
    _create_mail_token()
    _create_outbox()


def _create_attempt() -> None:
    op.create_table(
        "attempt",
        _key(),
        sa.Column("bucket", sa.LargeBinary(), nullable=False),
        _stamp("at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_attempt_bucket_at", "attempt", ["bucket", "at"])


def _create_mail_token() -> None:
    op.create_table(
        "mail_token",
        _key(),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("membership_id", sa.Uuid(), nullable=True),
        _stamp("created_at"),
        _stamp("expires_at"),
        sa.CheckConstraint(
            "purpose in ('INVITATION', 'CONFIRMATION', 'PASSWORD_RESET')", name=op.f("ck_mail_token_purpose")
        ),
        sa.CheckConstraint(
            "(purpose = 'INVITATION') = (membership_id is not null)",
            name=op.f("ck_mail_token_invitation_has_membership"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_mail_token_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "membership_id"],
            ["membership.company_id", "membership.id"],
            name=op.f("fk_mail_token_company_id_membership_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_token")),
    )
    op.create_index("uq_mail_token_token_hash", "mail_token", ["token_hash"], unique=True)
    op.create_index("ix_mail_token_account_id", "mail_token", ["account_id"])
    op.create_index("ix_mail_token_membership_id", "mail_token", ["company_id", "membership_id"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        _key(),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default=sa.text("'FR'"), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("membership_id", sa.Uuid(), nullable=True),
        _stamp("created_at"),
        _stamp("due_at"),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        _stamp("sent_at", nullable=True),
        _stamp("given_up_at", nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind in ('INVITATION', 'CONFIRMATION', 'PASSWORD_RESET', 'ACCESS_NOTICE')", name=op.f("ck_outbox_kind")
        ),
        sa.CheckConstraint("language in ('FR', 'NL', 'EN', 'DE')", name=op.f("ck_outbox_language")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_outbox_account_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["company_id", "membership_id"],
            ["membership.company_id", "membership.id"],
            name=op.f("fk_outbox_company_id_membership_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_due_at", "outbox", ["due_at"], postgresql_where=sa.text("sent_at is null and given_up_at is null")
    )


def _key() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False)


def _stamp(name: str, *, nullable: bool = False) -> sa.Column[object]:
    default = None if nullable else sa.text("now()")
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True, precision=6), server_default=default, nullable=nullable)
