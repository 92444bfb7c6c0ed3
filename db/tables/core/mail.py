"""Mail: the tokens in letters, and the outbox of letters."""

from db.declarations import (
    Check,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKey,
    SmallInteger,
    Table,
    Uuid,
)
from db.tables.metadata import key, metadata, stamp, words

mail_token = Table(
    "mail_token",
    metadata,
    key(),
    Column("token_hash", LargeBinary, nullable=False),
    words("purpose"),
    Column("account_id", Uuid, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("company_id", Uuid, nullable=True),
    Column("membership_id", Uuid, nullable=True),
    stamp("created_at"),
    stamp("expires_at"),
    PrimaryKey("id"),
    Check("purpose in ('INVITATION', 'CONFIRMATION', 'PASSWORD_RESET')", name="purpose"),
    Check("(purpose = 'INVITATION') = (membership_id is not null)", name="invitation_has_membership"),
    ForeignKeyConstraint(
        ["company_id", "membership_id"], ["membership.company_id", "membership.id"], ondelete="CASCADE"
    ),
    Index("uq_mail_token_token_hash", "token_hash", unique=True),
    Index("ix_mail_token_account_id", "account_id"),
    Index("ix_mail_token_membership_id", "company_id", "membership_id"),
)
"""Tokens in letters, which prove that the mailbox was read; only the SHA-256 is stored, and a used one is deleted.

The token of an accepted invitation is kept until it expires: who opens the link again is told."""

outbox = Table(
    "outbox",
    metadata,
    key(),
    words("kind"),
    words("email"),
    words("language", default="FR"),
    Column("account_id", Uuid, ForeignKey("account.id", ondelete="CASCADE"), nullable=True),
    Column("company_id", Uuid, nullable=True),
    Column("membership_id", Uuid, nullable=True),
    stamp("created_at"),
    stamp("due_at"),
    Column("attempts", SmallInteger, nullable=False, default="0"),
    stamp("sent_at", nullable=True),
    stamp("given_up_at", nullable=True),
    words("problem", nullable=True),
    PrimaryKey("id"),
    Check("kind in ('INVITATION', 'CONFIRMATION', 'PASSWORD_RESET', 'ACCESS_NOTICE')", name="kind"),
    Check("language in ('FR', 'NL', 'EN', 'DE')", name="language"),
    ForeignKeyConstraint(
        ["company_id", "membership_id"], ["membership.company_id", "membership.id"], ondelete="CASCADE"
    ),
    Index("ix_outbox_membership_id", "company_id", "membership_id", where="membership_id is not null"),
    Index("ix_outbox_due_at", "due_at", where="sent_at is null and given_up_at is null"),
)
"""Letters, written in the transaction that causes them. No secret is here: a letter's token is made when it is sent. A
PASSWORD_RESET has only the address that the client typed; the sender looks up its login."""
