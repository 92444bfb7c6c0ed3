"""Apps that are granted until a moment: the end of a grant, and what a member has for a time."""

from db.migrations.shorthand import add_columns, index_concurrently

in_steps = True
revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

NO_APPS = f"B'{'0' * 256}'"
"""A constant: the linter of migrations takes no function as the default of a column added later."""


def upgrade() -> None:
    """Add the columns, which older code leaves as they are, and the index of the next ends."""
    add_columns("app_grant", "until timestamp(6) with time zone")
    add_columns(
        "membership",
        f"lent bit(256) not null default {NO_APPS}",
        "lent_until timestamp(6) with time zone",
    )
    index_concurrently("ix_membership_lent_until", "membership (lent_until) where lent_until is not null")


def downgrade() -> None:
    """There is no way back: a database goes forward only."""
    raise NotImplementedError("a database goes forward only")
