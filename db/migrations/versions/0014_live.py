"""Notifications for live operations: changes of access, and ends of credentials."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ACCESS = """
create function tell_access() returns trigger language plpgsql as $$
begin
  perform pg_notify('enfact_access', t.company_id::text) from (select distinct company_id from told) t;
  return null;
end $$
"""
CREDENTIAL = """
create function tell_credential() returns trigger language plpgsql as $$
begin
  perform pg_notify('enfact_credential', t.id::text) from told t where t.expires_at > now();
  return null;
end $$
"""
SHORTENED = """
create function tell_shortened_credential() returns trigger language plpgsql as $$
begin
  perform pg_notify('enfact_credential', new.id::text);
  return null;
end $$
"""
TRIGGERS = (
    (
        "create trigger tell_access after insert on access_change "
        "referencing new table as told for each statement execute function tell_access()"
    ),
    (
        "create trigger tell_access after delete on membership "
        "referencing old table as told for each statement execute function tell_access()"
    ),
    (
        "create trigger tell_credential after delete on credential "
        "referencing old table as told for each statement execute function tell_credential()"
    ),
    (
        "create trigger tell_shortened_credential after update of expires_at on credential "
        "for each row when (new.expires_at < old.expires_at) execute function tell_shortened_credential()"
    ),
)


def upgrade() -> None:
    """Add functions and triggers. Every change of access has its row in the audit, whose trigger notifies."""
    for statement in (ACCESS, CREDENTIAL, SHORTENED, *TRIGGERS):
        op.execute(statement)


def downgrade() -> None:
    """There is no way back: processes would listen in vain."""
    raise NotImplementedError("a database goes forward only")
