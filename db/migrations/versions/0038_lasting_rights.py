"""A write that has waited for others looks whether its right still holds."""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

CHECK = """
create function check_right(of_credential uuid, of_company uuid, of_version int)
returns void language plpgsql as $$
begin
  if not exists (
    select from credential k join company c on c.id = of_company
    where k.id = of_credential and k.expires_at > clock_timestamp() and of_company <> all(k.closed)
      and c.access_version = of_version
  ) then
    raise exception using errcode = 'serialization_failure', message = 'A right has ended since it was judged.';
  end if;
end $$
"""
"""Its query sees what was committed before it began, other than that of the statement which calls it; it locks nothing.

Every change of access raises the company's version, so the right is looked at again only by that."""


def upgrade() -> None:
    """Create the function."""
    op.execute(CHECK)


def downgrade() -> None:
    """There is no way back: a database goes forward only."""
    raise NotImplementedError("a database goes forward only")
