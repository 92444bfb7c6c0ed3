"""A stored reading key is made anew only when its text changes: the write of a row states all of its columns."""

from alembic import op

in_steps = True
revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

KEYS = (
    ("contact", "name"),
    ("product", "name"),
    ("product_group", "name"),
    ("membership", "last_name"),
    ("membership", "company_name"),
)
"""Table, and column whose key is stored."""


def upgrade() -> None:
    """Divide each trigger: one for new rows, one for changed texts, which comes first so that no key is missed."""
    for table, column in KEYS:
        changed = f"when (new.{column} is distinct from old.{column}) "
        _keep(table, column, f"set_changed_{column}_key", f"update of {column}", changed)
        _keep(table, column, f"set_{column}_key", "insert")


def _keep(table: str, column: str, trigger: str, event: str, condition: str = "") -> None:
    op.execute(
        f"create or replace trigger {trigger} before {event} on {table} "
        f"for each row {condition}execute function set_{column}_key()"
    )
    op.execute(f"alter table {table} enable always trigger {trigger}")


def downgrade() -> None:
    """There is no way back: a database goes forward only."""
    raise NotImplementedError("a database goes forward only")
