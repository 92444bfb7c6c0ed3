"""Planning: calendar, tasks, working time, work orders, maintenance, projects, installations with refrigerant."""

import sqlalchemy as sa
from alembic import op

from db.migrations.shorthand import (
    MONEY,
    QUANTITY,
    UNIT_PRICE,
    add_reference,
    create_index,
    create_tenant_table,
    flag,
    reference,
    stamp,
    words,
)

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    _projects()
    _tasks()
    _work_orders()
    _time_tracking()
    _agenda()
    _maintenance()
    _climate()


def downgrade() -> None:
    """There is no way back: the rows would be lost."""
    raise NotImplementedError("a database goes forward only")


def _key(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _one_of(table: str, column: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} in ({listed})", name=op.f(f"ck_{table}_{column}"))


def _index(name: str, table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_company_id_{name}", table, ["company_id", *columns])


def _projects() -> None:
    create_tenant_table(
        "project_phase", words("name"), words("colour"), sa.Column("rank", sa.Integer(), nullable=False)
    )
    create_index("project_phase", "rank", unique=True)
    create_tenant_table(
        "project",
        words("number"),
        words("name"),
        _key("customer_id", nullable=True),
        _key("phase_id", nullable=True),
        flag("archived"),
        words("internal_note", nullable=True),
        sa.Column("budget", MONEY, nullable=True),
        stamp("created_at"),
        reference("project", "customer_id", "contact"),
        reference("project", "phase_id", "project_phase"),
    )
    create_index("project", "number", unique=True)
    create_index("project", "customer_id")
    create_index("project", "phase_id")
    add_reference("document", "project_id", "project")
    create_index("document", "project_id", "kind", "date", "id")


def _tasks() -> None:
    create_tenant_table(
        "task",
        words("title"),
        words("description", nullable=True),
        words("status", default="OPEN"),
        sa.Column("deadline", sa.Date(), nullable=True),
        _key("customer_id", nullable=True),
        _key("assignee_id", nullable=True),
        _key("quote_id", nullable=True),
        _key("project_id", nullable=True),
        stamp("created_at"),
        _one_of("task", "status", "OPEN", "IN_PROGRESS", "DONE"),
        reference("task", "customer_id", "contact"),
        reference("task", "assignee_id", "membership"),
        reference("task", "quote_id", "document"),
        reference("task", "project_id", "project"),
    )
    _index("deadline", "task", "deadline", "id")
    _index("customer_id", "task", "customer_id", "deadline", "id")
    _index("assignee_id", "task", "assignee_id", "deadline", "id")
    _index("quote_id", "task", "quote_id")
    _index("project_id", "task", "project_id", "deadline", "id")


def _work_orders() -> None:
    create_tenant_table(
        "work_order",
        words("number"),
        words("title"),
        words("status", default="PLANNED"),
        _key("customer_id", nullable=True),
        stamp("planned_start", nullable=True),
        stamp("planned_end", nullable=True),
        sa.Column("kilometres", QUANTITY, nullable=True),
        _key("site_address_id", nullable=True),
        _key("quote_id", nullable=True),
        _key("project_id", nullable=True),
        stamp("created_at"),
        _one_of("work_order", "status", "PLANNED", "IN_PROGRESS", "DONE", "CANCELLED"),
        reference("work_order", "customer_id", "contact"),
        reference("work_order", "site_address_id", "contact_address"),
        reference("work_order", "quote_id", "document"),
        reference("work_order", "project_id", "project"),
    )
    create_index("work_order", "number", unique=True)
    _index("planned_start", "work_order", "planned_start", "id")
    _index("customer_id", "work_order", "customer_id", "planned_start", "id")
    _index("site_address_id", "work_order", "site_address_id")
    _index("quote_id", "work_order", "quote_id", "planned_start", "id")
    _index("project_id", "work_order", "project_id", "planned_start", "id")
    create_tenant_table(
        "work_order_assignee",
        _key("work_order_id"),
        _key("membership_id"),
        reference("work_order_assignee", "work_order_id", "work_order", ondelete="CASCADE"),
        reference("work_order_assignee", "membership_id", "membership"),
        node=False,
    )
    create_index("work_order_assignee", "work_order_id", "membership_id", unique=True)
    create_index("work_order_assignee", "membership_id")
    create_tenant_table(
        "work_order_material",
        _key("work_order_id"),
        sa.Column("position", sa.Integer(), nullable=False),
        _key("product_id", nullable=True),
        words("name"),
        sa.Column("quantity", QUANTITY, nullable=False),
        sa.Column("price", UNIT_PRICE, nullable=False),
        reference("work_order_material", "work_order_id", "work_order", ondelete="CASCADE"),
        reference("work_order_material", "product_id", "product"),
        node=False,
    )
    create_index("work_order_material", "work_order_id", "position", unique=True)
    create_index("work_order_material", "product_id")
    op.add_column("company_settings", sa.Column("kilometre_rate", UNIT_PRICE, nullable=True))


def _time_tracking() -> None:
    create_tenant_table(
        "time_entry",
        _key("user_id"),
        stamp("start"),
        stamp("end", nullable=True),
        words("note", nullable=True),
        flag("billed"),
        _key("task_id", nullable=True),
        _key("work_order_id", nullable=True),
        _key("project_id", nullable=True),
        reference("time_entry", "user_id", "membership"),
        reference("time_entry", "task_id", "task"),
        reference("time_entry", "work_order_id", "work_order"),
        reference("time_entry", "project_id", "project"),
    )
    _index("start", "time_entry", "start", "id")
    _index("user_id", "time_entry", "user_id", "start", "id")
    _index("task_id", "time_entry", "task_id")
    _index("work_order_id", "time_entry", "work_order_id", "start", "id")
    _index("project_id", "time_entry", "project_id", "start", "id")
    op.add_column("membership", sa.Column("hourly_cost", MONEY, nullable=True))
    op.add_column("membership", sa.Column("hourly_rate", MONEY, nullable=True))
    op.add_column("company_settings", _minutes("time_rounding", 15))


def _minutes(name: str, default: int) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text(str(default)))


def _agenda() -> None:
    moment = stamp("moment", nullable=True).type
    create_tenant_table(
        "agenda_event",
        words("kind"),
        words("title"),
        sa.Column("start", moment, nullable=False),
        sa.Column("end", moment, nullable=False),
        _key("customer_id", nullable=True),
        _key("task_id", nullable=True),
        _key("work_order_id", nullable=True),
        stamp("created_at"),
        _one_of("agenda_event", "kind", "APPOINTMENT", "TASK", "WORK_ORDER", "UNAVAILABILITY"),
        reference("agenda_event", "customer_id", "contact"),
        reference("agenda_event", "task_id", "task"),
        reference("agenda_event", "work_order_id", "work_order"),
    )
    _index("start", "agenda_event", "start", "id")
    _index("customer_id", "agenda_event", "customer_id")
    _index("task_id", "agenda_event", "task_id")
    _index("work_order_id", "agenda_event", "work_order_id")
    create_tenant_table(
        "agenda_event_user",
        _key("event_id"),
        _key("membership_id"),
        reference("agenda_event_user", "event_id", "agenda_event", ondelete="CASCADE"),
        reference("agenda_event_user", "membership_id", "membership"),
        node=False,
    )
    create_index("agenda_event_user", "event_id", "membership_id", unique=True)
    create_index("agenda_event_user", "membership_id")
    op.add_column("membership", words("agenda_color", nullable=True))
    op.add_column("company_settings", _minutes("agenda_start_hour", 8))
    op.add_column("company_settings", _minutes("agenda_end_hour", 18))
    op.add_column("company_settings", flag("agenda_show_weekends"))


def _maintenance() -> None:
    create_tenant_table(
        "maintenance_plan",
        words("name"),
        sa.Column("interval_months", sa.Integer(), nullable=False),
        sa.Column("next_due", sa.Date(), nullable=True),
        flag("cancelled"),
        _key("customer_id", nullable=True),
        _key("source_work_order_id", nullable=True),
        stamp("created_at"),
        reference("maintenance_plan", "customer_id", "contact"),
        reference("maintenance_plan", "source_work_order_id", "work_order"),
    )
    _index("next_due", "maintenance_plan", "next_due", "id")
    _index("customer_id", "maintenance_plan", "customer_id", "next_due", "id")
    create_index("maintenance_plan", "source_work_order_id", unique=True)


def _climate() -> None:
    create_tenant_table(
        "climate_installation",
        words("name"),
        _key("customer_id", nullable=True),
        words("refrigerant"),
        sa.Column("nominal_kg", QUANTITY, nullable=False),
        sa.Column("next_leak_check", sa.Date(), nullable=True),
        stamp("created_at"),
        _one_of("climate_installation", "refrigerant", "R32", "R134A", "R404A", "R407C", "R410A"),
        reference("climate_installation", "customer_id", "contact"),
    )
    _index("next_leak_check", "climate_installation", "next_leak_check", "id")
    _index("customer_id", "climate_installation", "customer_id", "next_leak_check", "id")
    create_tenant_table(
        "climapulse_intervention",
        _key("installation_id"),
        _key("work_order_id", nullable=True),
        sa.Column("at", stamp("at").type, nullable=False),
        words("kind"),
        flag("leak_found"),
        sa.Column("refill_kg", QUANTITY, nullable=True),
        _one_of("climapulse_intervention", "kind", "COMMISSIONING", "LEAK_CHECK", "REPAIR", "RECOVERY"),
        reference("climapulse_intervention", "installation_id", "climate_installation", ondelete="CASCADE"),
        reference("climapulse_intervention", "work_order_id", "work_order"),
        node=False,
    )
    _index("installation_id", "climapulse_intervention", "installation_id", "at", "id")
    _index("work_order_id", "climapulse_intervention", "work_order_id", "at", "id")
