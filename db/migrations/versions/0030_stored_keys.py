"""The reading keys of the names that most lists are sorted by, stored beside them, with the indexes on them."""

import sqlalchemy as sa
from alembic import op

from db.migrations.shorthand import drop_index_concurrently, fill_in_batches, index_concurrently, not_null_by_check

in_steps = True
revision = "0030"
down_revision = "0029"
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

READ = (
    ("contact", ("company_id", "is_supplier", "name"), "id", ""),
    ("contact", ("company_id", "name"), "id", ""),
    ("product", ("company_id", "group_id", "name"), "id", ""),
    ("product", ("company_id", "name"), "id", ""),
    ("product_group", ("company_id", "name"), "id", ""),
    ("membership", ("account_id", "company_name"), "company_id", ""),
    ("contact", ("company_id", "name"), "id", "prospect_"),
)
"""Table, columns of an index of which the last one is read, what makes it total, and its kind."""

WHERE = {"": "", "prospect_": " where not is_customer and not is_supplier"}


def upgrade() -> None:
    """Keep the keys of new names, fill in those of the others, and replace the indexes, while all is in use."""
    for column in sorted({column for _, column in KEYS}):
        op.execute(_function(column))
    for table, column in KEYS:
        key = sa.Column(f"{column}_key", sa.Text(collation="C"), nullable=True)
        op.add_column(table, key, if_not_exists=True)
        op.execute(_trigger(table, column))
        op.execute(f"alter table {table} enable always trigger set_{column}_key")
        fill_in_batches(table, f"{column}_key = reading_key({column})", f"{column}_key is null")
        not_null_by_check(table, f"{column}_key")
    for table, columns, last, kind in READ:
        index = f"ix_{table}_{'_'.join(columns)}_{kind}"
        index_concurrently(f"{index}key", f"{table} ({', '.join(columns)}_key, {last}){WHERE[kind]}")
        drop_index_concurrently(f"{index}read")


def _function(column: str) -> str:
    return (
        f"create or replace function set_{column}_key() returns trigger language plpgsql as "
        f"$$ begin new.{column}_key := reading_key(new.{column}); return new; end $$"
    )


def _trigger(table: str, column: str) -> str:
    """The trigger that keeps the key of a column; by its name it comes after `copy_company_name`."""
    return (
        f"create or replace trigger set_{column}_key before insert or update of {column} on {table} "
        f"for each row execute function set_{column}_key()"
    )


def downgrade() -> None:
    """There is no way back: a database goes forward only."""
    raise NotImplementedError("a database goes forward only")
