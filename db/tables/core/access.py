"""The permission matrix over time: periods of active apps and of toggles, and every change with its actor.

The keys that end in `valid` are temporal (`valid without overlaps`, written by the migration): for equal leading
columns no two periods overlap.
"""

from db.declarations import (
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Period,
    PrimaryKey,
    Table,
    Text,
    Uuid,
)
from db.tables.metadata import Stamp, holds, metadata, moment, reference, stamp, tenant_table, words

OPEN = "upper_inf(valid)"
"""The condition of a period that has not ended; it has indexes of its own, so that a long history costs nothing."""

company_app = Table(
    "company_app",
    metadata,
    Column("company_id", Uuid, ForeignKey("company.id", ondelete="CASCADE"), nullable=False),
    Column("app_id", Text, ForeignKey("app.id"), nullable=False),
    Column("valid", Period, nullable=False, default="tstzrange(now(), null)"),
    Column("activated_by", Uuid, ForeignKey("account.id"), nullable=True),
    Column("deactivated_by", Uuid, ForeignKey("account.id"), nullable=True),
    PrimaryKey("company_id", "app_id", "valid"),
    Index("uq_company_app_open", "company_id", "app_id", unique=True, where=OPEN),
    info={"tenant": True},
)
"""An app is active for a company during `valid`.

The current rows are kept as `company.mask` by the same transaction.
"""

app_grant = Table(
    "app_grant",
    metadata,
    Column("company_id", Uuid, nullable=False),
    Column("membership_id", Uuid, nullable=False),
    Column("app_id", Text, ForeignKey("app.id"), nullable=False),
    Column("valid", Period, nullable=False, default="tstzrange(now(), null)"),
    Column("granted_by", Uuid, ForeignKey("account.id"), nullable=True),
    stamp("until", nullable=True),
    Column("revoked_by", Uuid, ForeignKey("account.id"), nullable=True),
    PrimaryKey("company_id", "membership_id", "app_id", "valid"),
    Index("uq_app_grant_open", "company_id", "membership_id", "app_id", unique=True, where=OPEN),
    reference("membership_id", "membership", ondelete="CASCADE"),
    info={"tenant": True},
)
"""A toggle was on during `valid`; the current rows are kept as `membership.toggles` by the same transaction.

`until`: the end that a grant was given with; `valid` has it once it has come."""

access_change = tenant_table(
    "access_change",
    Column("at", Stamp, nullable=False, default="clock_timestamp()"),
    words("kind"),
    Column("actor_id", Uuid, ForeignKey("account.id"), nullable=True),
    Column("membership_id", Uuid, nullable=True),
    Column("app_id", Text, ForeignKey("app.id"), nullable=True),
    Column("before", Boolean, nullable=True),
    Column("after", Boolean, nullable=True),
    words("role_before", nullable=True),
    words("role_after", nullable=True),
    words("plan_before", nullable=True),
    words("plan_after", nullable=True),
    stamp("until_before", nullable=True),
    stamp("until", nullable=True),
    Column("credential_id", Uuid, nullable=True),
    ForeignKeyConstraint(["company_id", "membership_id"], ["membership.company_id", "membership.id"]),
    moment("until_before"),
    moment("until"),
    Index("ix_access_change_company_id_at", "company_id", "at", "id"),
    Index("ix_access_change_company_id_membership_id_at_id", "company_id", "membership_id", "at", "id"),
    Index(
        "ix_access_change_credential_id",
        "credential_id",
        "company_id",
        where="credential_id is not null",
    ),
    info=holds(order="-at", AccessChange={}),
)
"""The audit: one row per change of access, written by the transaction that makes it.

`credential_id` is the API key that was made or revoked; the key itself may be deleted."""
