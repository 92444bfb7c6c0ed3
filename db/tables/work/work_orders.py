"""Work orders, their materials, and their assignees."""

from db.declarations import Check, Column, Index, Integer, Uuid
from db.tables.core.settings import company_settings
from db.tables.metadata import Quantity, UnitPrice, add_to, holds, reference, stamp, tenant_table, words

work_order = tenant_table(
    "work_order",
    words("number"),
    words("title"),
    words("status", default="PLANNED"),
    Column("customer_id", Uuid, nullable=True),
    stamp("planned_start", nullable=True),
    stamp("planned_end", nullable=True),
    Column("kilometres", Quantity, nullable=True),
    Column("site_address_id", Uuid, nullable=True),
    Column("quote_id", Uuid, nullable=True),
    Column("project_id", Uuid, nullable=True),
    stamp("signed_at", nullable=True),
    words("signer_name", nullable=True),
    words("signature_url", nullable=True),
    stamp("created_at"),
    Check("status in ('PLANNED', 'IN_PROGRESS', 'DONE', 'CANCELLED')", name="status"),
    reference("customer_id", "contact"),
    reference("site_address_id", "contact_address"),
    reference("quote_id", "document"),
    reference("project_id", "project"),
    Index("uq_work_order_company_id_number", "company_id", "number", unique=True),
    Index("ix_work_order_company_id_planned_start", "company_id", "planned_start", "id"),
    Index("ix_work_order_company_id_customer_id", "company_id", "customer_id", "planned_start", "id"),
    Index("ix_work_order_company_id_site_address_id", "company_id", "site_address_id"),
    Index("ix_work_order_company_id_quote_id", "company_id", "quote_id", "planned_start", "id"),
    Index("ix_work_order_company_id_project_id", "company_id", "project_id", "planned_start", "id"),
    info=holds(order="-planned_start", WorkOrder={}),
)

work_order_assignee = tenant_table(
    "work_order_assignee",
    Column("work_order_id", Uuid, nullable=False),
    Column("membership_id", Uuid, nullable=False),
    reference("work_order_id", "work_order", ondelete="CASCADE"),
    reference("membership_id", "membership"),
    Index(
        "uq_work_order_assignee_company_id_work_order_id_membership_id",
        "company_id",
        "work_order_id",
        "membership_id",
        unique=True,
    ),
    Index("ix_work_order_assignee_company_id_membership_id", "company_id", "membership_id"),
    node=False,
)

work_order_material = tenant_table(
    "work_order_material",
    Column("work_order_id", Uuid, nullable=False),
    Column("position", Integer, nullable=False),
    Column("product_id", Uuid, nullable=True),
    words("name"),
    Column("quantity", Quantity, nullable=False),
    Column("price", UnitPrice, nullable=False),
    reference("work_order_id", "work_order", ondelete="CASCADE"),
    reference("product_id", "product"),
    Index(
        "uq_work_order_material_company_id_work_order_id_position",
        "company_id",
        "work_order_id",
        "position",
        unique=True,
    ),
    Index("ix_work_order_material_company_id_product_id", "company_id", "product_id"),
    info=holds(order="position", WorkOrderMaterial={}),
    node=False,
)

add_to(company_settings, Column("kilometre_rate", UnitPrice, nullable=True))
