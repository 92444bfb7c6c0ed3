"""The oracle's resolvers of planned work: assignees, settings of the calendar, CO2 equivalents of refrigerants."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from tests.differential.oracle.items import Arguments, Item, Oracle, Resolver, scope_of, written
from tests.differential.oracle.lists import sort_key
from tests.differential.oracle.world import Record

TONNES_PER_KILOGRAM: Final = {
    "R32": Decimal("0.675"),
    "R134A": Decimal("1.430"),
    "R404A": Decimal("3.922"),
    "R407C": Decimal("1.774"),
    "R410A": Decimal("2.088"),
}


def _people(oracle: Oracle, item: Item, table: str, pointer: str) -> Any:
    """The members that a join table pairs with a row, by last name; former members, too."""
    joined = {
        pair["membership_id"]
        for pair in oracle.world.rows(table, company_id=item.row["company_id"])
        if pair[pointer] == item.row["id"]
    }
    members = oracle.world.rows("membership", company_id=item.row["company_id"], external=False)
    found = [row for row in members if row["id"] in joined]
    return [Item("User", row, item.scope) for row in sorted(found, key=lambda row: sort_key(["last_name"], row))]


def _event_users(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _people(oracle, item, "agenda_event_user", "event_id")


def _assignees(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _people(oracle, item, "work_order_assignee", "work_order_id")


def _site_address(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    key = item.row["site_address_id"]
    row = oracle.world.one("contact_address", company_id=item.row["company_id"], id=key, kind="SITE")
    return Item("Address", row, item.scope) if key is not None and row is not None else None


def _maintenance(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    for row in oracle.world.rows("maintenance_plan", company_id=item.row["company_id"]):
        if row["source_work_order_id"] == item.row["id"]:
            return Item("MaintenancePlan", row, item.scope)
    return None


def _settings(oracle: Oracle, item: Item) -> Record:
    (row,) = oracle.world.rows("company_settings", company_id=scope_of(item).company["id"])
    return row


def _time_rounding(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return _settings(oracle, item)["time_rounding"]


def _kilometre_rate(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return written(_settings(oracle, item)["kilometre_rate"])


def _agenda_settings(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return Item("AgendaSettings", _settings(oracle, item), item.scope)


def _start_hour(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return item.row["agenda_start_hour"]


def _end_hour(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return item.row["agenda_end_hour"]


def _show_weekends(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return item.row["agenda_show_weekends"]


def _co2_equivalent(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    exact = item.row["nominal_kg"] * TONNES_PER_KILOGRAM[item.row["refrigerant"]]
    return written(exact.quantize(Decimal("0.001"), ROUND_HALF_UP))


def _signature(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return Item("WorkOrderSignature", item.row, item.scope) if item.row["signed_at"] is not None else None


def _signature_image(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    return item.row["signature_url"]


SPECIAL: Final[Mapping[str, Resolver]] = {
    "AgendaEvent.users": _event_users,
    "AgendaSettings.startHour": _start_hour,
    "AgendaSettings.endHour": _end_hour,
    "AgendaSettings.showWeekends": _show_weekends,
    "ClimateInstallation.co2EquivalentT": _co2_equivalent,
    "Company.agendaSettings": _agenda_settings,
    "Company.kilometreRate": _kilometre_rate,
    "Company.timeRounding": _time_rounding,
    "WorkOrder.assignees": _assignees,
    "WorkOrder.maintenance": _maintenance,
    "WorkOrder.signature": _signature,
    "WorkOrder.siteAddress": _site_address,
    "WorkOrderSignature.imageUrl": _signature_image,
}
