"""Apps above a company's plan sleep, except in its trial; what changes of the plan and the trial leave in the audit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import BIT

from db.migrations.shorthand import add_check_that, fill_in_batches, not_null_by_check, stamp, words

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

in_steps = True

WITHIN_PLAN = """
create or replace function within_plan(mask bit, plan text) returns bit stable language sql as $$
  select mask & coalesce(
    bit_or(set_bit(repeat('0', 256)::bit(256), a.position, 1)), repeat('0', 256)::bit(256)
  )
  from app a
  where array_position(array['FREE', 'PRO', 'PREMIUM'], a.plan) <= array_position(
    array['FREE', 'PRO', 'PREMIUM'], within_plan.plan
  )
$$
"""
KEEP_PLAN_MASK = """
create or replace function keep_plan_mask() returns trigger language plpgsql as $$
begin
  new.plan_mask := within_plan(new.mask, new.plan);
  return new;
end $$
"""
TRIGGER = """
create or replace trigger keep_plan_mask before insert or update of mask, plan on company
for each row execute function keep_plan_mask()
"""


def upgrade() -> None:
    """Add the columns and the mask of each plan. A company from before has no trial."""
    op.add_column("company", stamp("trial_ends_at", nullable=True), if_not_exists=True)
    op.add_column("company", sa.Column("plan_mask", BIT(256), nullable=True), if_not_exists=True)
    op.alter_column("company", "plan_mask", server_default=sa.text("repeat('0', 256)::bit(256)"))
    for column in (words("plan_before", nullable=True), words("plan_after", nullable=True)):
        op.add_column("access_change", column, if_not_exists=True)
    op.add_column("access_change", stamp("until_before", nullable=True), if_not_exists=True)
    add_check_that("company", "trial_ends_at_is_a_moment", "isfinite(trial_ends_at)")
    add_check_that("access_change", "until_before_is_a_moment", "isfinite(until_before)")
    for statement in (WITHIN_PLAN, KEEP_PLAN_MASK, TRIGGER):
        op.execute(statement)
    fill_in_batches("company", "plan_mask = within_plan(mask, plan)", "plan_mask is null")
    not_null_by_check("company", "plan_mask")
