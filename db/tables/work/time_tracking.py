"""Working time, and the cost and the price of a user's hour."""

from db.declarations import Boolean, Column, Index, Integer, Uuid
from db.tables.core.identity import membership
from db.tables.core.settings import company_settings
from db.tables.metadata import Money, add_to, holds, reference, stamp, tenant_table, words

time_entry = tenant_table(
    "time_entry",
    Column("user_id", Uuid, nullable=False),
    stamp("start"),
    stamp("end", nullable=True),
    words("note", nullable=True),
    Column("billed", Boolean, nullable=False, default="false"),
    Column("task_id", Uuid, nullable=True),
    Column("work_order_id", Uuid, nullable=True),
    Column("project_id", Uuid, nullable=True),
    reference("user_id", "membership"),
    reference("task_id", "task"),
    reference("work_order_id", "work_order"),
    reference("project_id", "project"),
    Index("ix_time_entry_company_id_start", "company_id", "start", "id"),
    Index("ix_time_entry_company_id_user_id", "company_id", "user_id", "start", "id"),
    Index("ix_time_entry_company_id_task_id", "company_id", "task_id"),
    Index("ix_time_entry_company_id_work_order_id", "company_id", "work_order_id", "start", "id"),
    Index("ix_time_entry_company_id_project_id", "company_id", "project_id", "start", "id"),
    info=holds(order="-start", TimeEntry={}),
)
"""`billed` is a flag, not a reference to the invoice, so that it reveals no invoice to a viewer without access to it.
`end` is null while the timer runs."""

add_to(
    membership,
    Column("hourly_cost", Money, nullable=True),
    Column("hourly_rate", Money, nullable=True),
)
add_to(company_settings, Column("time_rounding", Integer, nullable=False, default="15"))
"""`time_rounding` is in minutes; 0: no rounding."""
