"""Projects, their phases, and the documents that belong to them."""

from db.declarations import Boolean, Column, Index, Integer, Uuid
from db.tables.core.documents import document
from db.tables.metadata import Money, add_to, holds, index, reference, stamp, tenant_table, words

project_phase = tenant_table(
    "project_phase",
    words("name"),
    words("colour"),
    Column("rank", Integer, nullable=False),
    Index("uq_project_phase_company_id_rank", "company_id", "rank", unique=True),
    info=holds(order="rank", ProjectPhase={}),
)

project = tenant_table(
    "project",
    words("number"),
    words("name"),
    Column("customer_id", Uuid, nullable=True),
    Column("phase_id", Uuid, nullable=True),
    Column("archived", Boolean, nullable=False, default="false"),
    words("internal_note", nullable=True),
    Column("budget", Money, nullable=True),
    stamp("created_at"),
    reference("customer_id", "contact"),
    reference("phase_id", "project_phase"),
    Index("uq_project_company_id_number", "company_id", "number", unique=True),
    Index("ix_project_company_id_customer_id", "company_id", "customer_id"),
    Index("ix_project_company_id_phase_id", "company_id", "phase_id"),
    info=holds(order="-number", Project={}),
)

add_to(document, Column("project_id", Uuid, nullable=True), reference("project_id", "project"))
index(document, "project_id", "kind", "date", "id")
