"""The calendar: events, their users, and display settings."""

from db.declarations import Boolean, Check, Column, Index, Integer, Uuid
from db.tables.core.identity import membership
from db.tables.core.settings import company_settings
from db.tables.metadata import Stamp, add_to, holds, reference, stamp, tenant_table, words

agenda_event = tenant_table(
    "agenda_event",
    words("kind"),
    words("title"),
    Column("start", Stamp, nullable=False),
    Column("end", Stamp, nullable=False),
    Column("customer_id", Uuid, nullable=True),
    Column("task_id", Uuid, nullable=True),
    Column("work_order_id", Uuid, nullable=True),
    stamp("created_at"),
    Check("kind in ('APPOINTMENT', 'TASK', 'WORK_ORDER', 'UNAVAILABILITY')", name="kind"),
    reference("customer_id", "contact"),
    reference("task_id", "task"),
    reference("work_order_id", "work_order"),
    Index("ix_agenda_event_company_id_start", "company_id", "start", "id"),
    Index("ix_agenda_event_company_id_customer_id", "company_id", "customer_id"),
    Index("ix_agenda_event_company_id_task_id", "company_id", "task_id"),
    Index("ix_agenda_event_company_id_work_order_id", "company_id", "work_order_id"),
    info=holds(order="-start", AgendaEvent={}),
)

agenda_event_user = tenant_table(
    "agenda_event_user",
    Column("event_id", Uuid, nullable=False),
    Column("membership_id", Uuid, nullable=False),
    reference("event_id", "agenda_event", ondelete="CASCADE"),
    reference("membership_id", "membership"),
    Index(
        "uq_agenda_event_user_company_id_event_id_membership_id", "company_id", "event_id", "membership_id", unique=True
    ),
    Index("ix_agenda_event_user_company_id_membership_id", "company_id", "membership_id"),
    node=False,
)

add_to(membership, words("agenda_color", nullable=True))
add_to(
    company_settings,
    Column("agenda_start_hour", Integer, nullable=False, default="8"),
    Column("agenda_end_hour", Integer, nullable=False, default="18"),
    Column("agenda_show_weekends", Boolean, nullable=False, default="false"),
)
