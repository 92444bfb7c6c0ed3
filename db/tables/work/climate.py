"""Climapulse: installations with refrigerant, and the interventions on them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from db.declarations import Boolean, Check, Column, Date, Index, Uuid
from db.tables.metadata import Quantity, Stamp, holds, reference, stamp, tenant_table, words

WARMING: Final[Mapping[str, int]] = MappingProxyType(
    {"R32": 675, "R134A": 1430, "R404A": 3922, "R407C": 1774, "R410A": 2088}
)
"""The global warming potential of each refrigerant over a hundred years; that of carbon dioxide is 1.

From annex I of regulation (EU) 2024/573; mixtures are computed from it by weight."""

climate_installation = tenant_table(
    "climate_installation",
    words("name"),
    Column("customer_id", Uuid, nullable=True),
    words("refrigerant"),
    Column("nominal_kg", Quantity, nullable=False),
    Column("next_leak_check", Date, nullable=True),
    stamp("created_at"),
    Check(f"refrigerant in ({', '.join(map(repr, WARMING))})", name="refrigerant"),
    reference("customer_id", "contact"),
    Index("ix_climate_installation_company_id_next_leak_check", "company_id", "next_leak_check", "id"),
    Index("ix_climate_installation_company_id_customer_id", "company_id", "customer_id", "next_leak_check", "id"),
    info=holds(order="next_leak_check", ClimateInstallation={}),
)

climapulse_intervention = tenant_table(
    "climapulse_intervention",
    Column("installation_id", Uuid, nullable=False),
    Column("work_order_id", Uuid, nullable=True),
    Column("at", Stamp, nullable=False),
    words("kind"),
    Column("leak_found", Boolean, nullable=False, default="false"),
    Column("refill_kg", Quantity, nullable=True),
    Check("kind in ('COMMISSIONING', 'LEAK_CHECK', 'REPAIR', 'RECOVERY')", name="kind"),
    reference("installation_id", "climate_installation", ondelete="CASCADE"),
    reference("work_order_id", "work_order"),
    Index("ix_climapulse_intervention_company_id_installation_id", "company_id", "installation_id", "at", "id"),
    Index("ix_climapulse_intervention_company_id_work_order_id", "company_id", "work_order_id", "at", "id"),
    info=holds(order="-at", ClimapulseIntervention={}),
    node=False,
)
