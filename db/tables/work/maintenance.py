"""Plans of periodic maintenance."""

from db.declarations import Boolean, Column, Date, Index, Integer, Uuid
from db.tables.metadata import holds, reference, stamp, tenant_table, words

maintenance_plan = tenant_table(
    "maintenance_plan",
    words("name"),
    Column("interval_months", Integer, nullable=False),
    Column("next_due", Date, nullable=True),
    Column("cancelled", Boolean, nullable=False, default="false"),
    Column("customer_id", Uuid, nullable=True),
    Column("source_work_order_id", Uuid, nullable=True),
    stamp("created_at"),
    reference("customer_id", "contact"),
    reference("source_work_order_id", "work_order"),
    Index("ix_maintenance_plan_company_id_next_due", "company_id", "next_due", "id"),
    Index("ix_maintenance_plan_company_id_customer_id", "company_id", "customer_id", "next_due", "id"),
    Index("uq_maintenance_plan_company_id_source_work_order_id", "company_id", "source_work_order_id", unique=True),
    info=holds(order="next_due", MaintenancePlan={}),
)
"""A work order makes at most one plan."""
