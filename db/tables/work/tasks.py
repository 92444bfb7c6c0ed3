"""Tasks."""

from db.declarations import Check, Column, Date, Index, Uuid
from db.tables.metadata import holds, reference, stamp, tenant_table, words

task = tenant_table(
    "task",
    words("title"),
    words("description", nullable=True),
    words("status", default="OPEN"),
    Column("deadline", Date, nullable=True),
    Column("customer_id", Uuid, nullable=True),
    Column("assignee_id", Uuid, nullable=True),
    Column("quote_id", Uuid, nullable=True),
    Column("project_id", Uuid, nullable=True),
    stamp("created_at"),
    Check("status in ('OPEN', 'IN_PROGRESS', 'DONE')", name="status"),
    reference("customer_id", "contact"),
    reference("assignee_id", "membership"),
    reference("quote_id", "document"),
    reference("project_id", "project"),
    Index("ix_task_company_id_deadline", "company_id", "deadline", "id"),
    Index("ix_task_company_id_customer_id", "company_id", "customer_id", "deadline", "id"),
    Index("ix_task_company_id_assignee_id", "company_id", "assignee_id", "deadline", "id"),
    Index("ix_task_company_id_quote_id", "company_id", "quote_id"),
    Index("ix_task_company_id_project_id", "company_id", "project_id", "deadline", "id"),
    info=holds(order="deadline", Task={}),
)
