"""API keys that are narrowed to some apps; and addresses of customers that are found by their ids alone."""

from db.migrations.shorthand import add_check_that, add_columns, index_concurrently

in_steps = True
revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

ALL_APPS = f"B'{'1' * 256}'"
"""A constant, which is added to a table without writing its rows anew."""


def upgrade() -> None:
    """Add the column: keys from before have every app, also those to come. Build the index while its table is used."""
    add_columns("credential", f"apps bit(256) not null default {ALL_APPS}")
    add_check_that("credential", "only_keys_name_apps", f"kind = 'API_KEY' or apps = {ALL_APPS}")
    index_concurrently("ix_contact_address_id", "contact_address (id)")


def downgrade() -> None:
    """There is no way back: a database goes forward only."""
    raise NotImplementedError("a database goes forward only")
