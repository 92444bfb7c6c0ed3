"""A try is admitted by one statement: what is limited is locked, counted and written within it."""

from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None

ADMIT = """
create function admit_try(locks bigint[], buckets bytea[], most int[], per interval[], written bytea[])
returns setof uuid language plpgsql as $$
begin
  perform pg_advisory_xact_lock(key) from unnest(locks) key;
  delete from attempt where id in (
    select id from attempt where id < (select uuidv7(interval '-61 minutes')) order by id limit 20
    for update skip locked
  );
  return query
  insert into attempt (bucket)
  select b.bucket from unnest(written) b(bucket) where not exists (
    select from unnest(buckets, most, per) w(bucket, most, per)
    where w.most <= (
      select count(*) from (
        select from attempt a where a.bucket = w.bucket and a.at > now() - w.per limit w.most
      ) counted
    )
  )
  returning attempt.id;
end $$
"""
"""Each statement in it sees what was committed before it began, so those who waited for a lock count who held it.

Each try takes some rows away that are older than any limit: their ids tell when they were made."""


def upgrade() -> None:
    """Create the function."""
    op.execute(ADMIT)


def downgrade() -> None:
    """There is no way back: a database goes forward only."""
    raise NotImplementedError("a database goes forward only")
