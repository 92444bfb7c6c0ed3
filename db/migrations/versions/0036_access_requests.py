"""Requests for access, which a trigger answers when access is given or its user is deleted."""

import sqlalchemy as sa
from alembic import op

from db.migrations.shorthand import check, create_index, create_tenant_table, reference, stamp, words

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

ANSWER = """
create function answer_access_requests() returns trigger language plpgsql as $$
begin
  update access_request r
  set state = case t.kind when 'TOGGLE' then 'GRANTED' else 'DECLINED' end, decided_at = t.at, decided_by = t.actor_id,
    until = case t.kind when 'TOGGLE' then t.until end
  from told t
  where r.company_id = t.company_id and r.user_id = t.membership_id and r.state = 'OPEN'
    and (t.kind = 'TOGGLE' and t.after and r.app_id = t.app_id or t.kind = 'USER_DELETED');
  return null;
end $$
"""
TRIGGER = (
    "create trigger answer_access_requests after insert on access_change "
    "referencing new table as told for each statement execute function answer_access_requests()"
)


def upgrade() -> None:
    """Create the table and the trigger."""
    create_tenant_table(
        "access_request",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("app_id", sa.Text(), sa.ForeignKey("app.id", name=op.f("fk_access_request_app_id")), nullable=False),
        words("reason"),
        words("state", default="OPEN"),
        stamp("created_at"),
        stamp("decided_at", nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        stamp("until", nullable=True),
        check("access_request", "state", "OPEN", "GRANTED", "DECLINED"),
        reference("access_request", "user_id", "membership", ondelete="CASCADE"),
    )
    op.create_index(
        "uq_access_request_open",
        "access_request",
        ["company_id", "user_id", "app_id"],
        unique=True,
        postgresql_where=sa.text("state = 'OPEN'"),
    )
    create_index("access_request", "created_at", "id")
    create_index("access_request", "user_id", "created_at", "id")
    for statement in (ANSWER, TRIGGER):
        op.execute(statement)
