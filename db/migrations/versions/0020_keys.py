"""Keys in the eyes of the companies that they open, terms that are moments, and ids that tell no time."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.shorthand import add_check_that

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TIMELESS = ("account", "company", "membership")
TERMS = (("membership", "until"), ("company", "support_until"), ("access_change", "until"))
RENUMBER = """
do $$
declare
  held record;
  referring constant text := 'select conrelid::regclass one, conname, attname
    from pg_constraint join pg_attribute on attrelid = conrelid and attnum = conkey[2]
    where contype = ''f'' and confrelid = ''membership''::regclass';
begin
  create temporary table renumbered on commit drop as
    select company_id, id old, gen_random_uuid() new from membership where uuid_extract_version(id) = 7;
  create index on renumbered (company_id, old);
  analyze renumbered;
  for held in execute referring loop
    execute format('alter table %s alter constraint %I deferrable initially deferred', held.one, held.conname);
  end loop;
  update membership m set id = new from renumbered r where m.company_id = r.company_id and m.id = old;
  for held in execute referring loop
    execute format('update %s t set %I = new from renumbered r where t.company_id = r.company_id and t.%I = old',
      held.one, held.attname, held.attname);
  end loop;
  set constraints all immediate;
  for held in execute referring loop
    execute format('alter table %s alter constraint %I not deferrable', held.one, held.conname);
  end loop;
end $$
"""
"""The first 48 bits of a membership's id were the moment at which somebody was invited, which only owners may know."""


def upgrade() -> None:
    """Add what they need; repair what is there.

    The ids of companies and accounts that are there stay as they are: links and secrets hold them.
    """
    op.add_column(
        "credential", sa.Column("closed", postgresql.ARRAY(sa.Uuid()), nullable=False, server_default=sa.text("'{}'"))
    )
    op.add_column("access_change", sa.Column("credential_id", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_access_change_credential_id",
        "access_change",
        ["credential_id", "company_id"],
        postgresql_where=sa.text("credential_id is not null"),
    )
    for table, column in TERMS:
        op.execute(f"update {table} set {column} = '9999-12-31 23:59:59.999999+00' where {column} = 'infinity'")
    op.execute(RENUMBER)
    for table in TIMELESS:
        op.execute(f"alter table {table} alter column id set default gen_random_uuid()")
    for table, column in TERMS:
        add_check_that(table, f"{column}_is_a_moment", f"isfinite({column})")


def downgrade() -> None:
    """There is no way back: the ids of before are gone."""
    raise NotImplementedError("a database goes forward only")
