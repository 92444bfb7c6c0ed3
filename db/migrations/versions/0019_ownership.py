"""Companies without an owner: who stands in for one that has not come yet, and when a company closes that has none."""

from alembic import op

from db.migrations.shorthand import flag, stamp

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

WAITING = """
update membership m set stands_in = true
where m.external and m.created_by_accountant and m.accepted_at is not null and m.removed_at is null and not exists (
  select from membership u where u.company_id = m.company_id and not u.external and u.accepted_at is not null
)
"""


def upgrade() -> None:
    """Add the columns. Accountants whose clients have not come yet stand in for them."""
    op.add_column("company", stamp("closes_at", nullable=True))
    op.add_column("membership", flag("stands_in"))
    op.execute(WAITING)


def downgrade() -> None:
    """There is no way back: a database goes forward only."""
    raise NotImplementedError("a database goes forward only")
