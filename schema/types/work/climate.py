"""Climapulse: installations with refrigerant, the dates of their leak checks, and the interventions on them."""

import datetime
import decimal
from enum import Enum

import strawberry

from schema.apps import App
from schema.declarations.criteria import DateCriterion, DecimalCriterion, IdCriterion, TextCriterion
from schema.declarations.fields import connection, enum_value, field
from schema.declarations.listing import order_enum, reads
from schema.declarations.object_types import entity, extends, filter_object, thing
from schema.declarations.relay import Connection, Node
from schema.types.core.company import Company
from schema.types.core.customers import Customer
from schema.types.work.work_orders import WorkOrder


@strawberry.enum(description="A refrigerant, by its number in ISO 817.")
class Refrigerant(Enum):
    R32 = enum_value("R32", "R-32; warms the climate 675 times as much as carbon dioxide.")
    R134A = enum_value("R134A", "R-134a; warms the climate 1430 times as much as carbon dioxide.")
    R404A = enum_value("R404A", "R-404A; warms the climate 3922 times as much as carbon dioxide.")
    R407C = enum_value("R407C", "R-407C; warms the climate 1774 times as much as carbon dioxide.")
    R410A = enum_value("R410A", "R-410A; warms the climate 2088 times as much as carbon dioxide.")


@strawberry.enum(description="What was done to an installation.")
class ClimapulseInterventionKind(Enum):
    COMMISSIONING = enum_value("COMMISSIONING", "It was filled and put into service.")
    LEAK_CHECK = enum_value("LEAK_CHECK", "It was checked for leaks.")
    REPAIR = enum_value("REPAIR", "It was repaired.")
    RECOVERY = enum_value("RECOVERY", "Its refrigerant was taken out.")


@thing("civ", App.CLIMAPULSE, description="Work on an installation, as its logbook has it.")
class ClimapulseIntervention:
    installation: "ClimateInstallation" = field("The installation.")
    at: datetime.datetime = field("When.")
    kind: ClimapulseInterventionKind = field("What was done.")
    leak_found: bool = field("Whether a leak was found.")
    refill_kg: decimal.Decimal | None = field("The refrigerant that was filled in, in kilograms.")


@entity("cin", App.CLIMAPULSE, description="An installation that holds a refrigerant.")
class ClimateInstallation(Node):
    name: str = field("What it is.")
    customer: Customer | None = field("Whose it is; null for the company's own.")
    refrigerant: Refrigerant = field("The refrigerant.")
    nominal_kg: decimal.Decimal = field("How much of it the installation holds, in kilograms.")
    co2_equivalent_t: decimal.Decimal = field("What that would do to the climate, in tonnes of carbon dioxide.")
    next_leak_check: datetime.date | None = field("By when it must be checked for leaks; null where it need not.")
    interventions: list[ClimapulseIntervention] = field("What was done to it, newest first.")


@filter_object("Which installations.")
class ClimateInstallationFilter:
    name: TextCriterion | None = reads(ClimateInstallation, "name")
    customer: IdCriterion | None = reads(ClimateInstallation, "customer")
    refrigerant: list[Refrigerant] | None = reads(ClimateInstallation, "refrigerant")
    nominal_kg: DecimalCriterion | None = reads(ClimateInstallation, "nominal_kg")
    next_leak_check: DateCriterion | None = reads(ClimateInstallation, "next_leak_check")
    search: str | None = reads(ClimateInstallation, "name")


ClimateInstallationOrder = order_enum(
    "ClimateInstallationOrder", ClimateInstallation, "next_leak_check", "name", "nominal_kg"
)


@extends(WorkOrder)
class WorkOrderClimate:
    climapulse_interventions: list[ClimapulseIntervention] | None = field(
        "What was done to installations, newest first."
    )


@extends(Company)
class CompanyClimate:
    climate_installations: Connection[ClimateInstallation] | None = connection(
        "Installations with refrigerant.", filter=ClimateInstallationFilter, order=ClimateInstallationOrder
    )


@extends(Customer)
class CustomerClimate:
    installations: Connection[ClimateInstallation] | None = connection(
        "The customer's installations with refrigerant.",
        filter=ClimateInstallationFilter,
        order=ClimateInstallationOrder,
    )
