"""The secrets of planned work: calendar, tasks, working time, work orders, maintenance, projects, installations."""

from typing import Final

from schema.apps import App
from schema.roles import Role
from tests.differential.secrets.rewriting import (
    COUNT,
    DAY,
    MOMENT,
    NUMBER,
    SURE_COUNT,
    SURE_FLAG,
    SURE_MOMENT,
    SURE_NUMBER,
    SURE_TEXT,
    TEXT,
    Column,
)

NOTHING: Final = "null"
STATUS: Final = "case {0} when 'DONE' then 'IN_PROGRESS' else 'DONE' end"
KIND: Final = "case {0} when 'APPOINTMENT' then 'UNAVAILABILITY' when 'UNAVAILABILITY' then 'APPOINTMENT' else {0} end"
SERVICE: Final = "case {0} when 'REPAIR' then 'RECOVERY' else 'REPAIR' end"
COOLANT: Final = "case {0} when 'R32' then 'R410A' else 'R32' end"


def _of_kind(kind: str) -> str:
    """SQL that changes a moment only in the rows of one kind."""
    return f"case when kind = '{kind}' then {{0}} - interval '3 days' else {{0}} end"


def _another(table: str, which: str = "true") -> str:
    """SQL of the key of another row, or null."""
    rows = f"select o.id from {table} o where o.company_id = t.company_id and {which} order by o.id"
    return f"case when n % 3 = 0 then null else ({rows} offset n % 4 limit 1) end"


QUOTE: Final = _another("document", "o.kind = 'QUOTE'")

COLUMNS: Final[tuple[Column, ...]] = (
    ("membership", "hourly_cost", Role.OWNER, NUMBER),
    ("membership", "hourly_rate", App.TIME_TRACKING, NUMBER),
    ("membership", "agenda_color", App.AGENDA, TEXT),
    ("company_settings", "time_rounding", App.TIME_TRACKING, SURE_COUNT),
    ("company_settings", "kilometre_rate", App.WORK_ORDERS, NUMBER),
    ("company_settings", "agenda_start_hour", App.AGENDA, SURE_COUNT),
    ("company_settings", "agenda_end_hour", App.AGENDA, SURE_COUNT),
    ("company_settings", "agenda_show_weekends", App.AGENDA, SURE_FLAG),
    ("document", "project_id", App.PROJECTS, _another("project")),
    ("task", "title", App.TASKS, SURE_TEXT),
    ("task", "description", App.TASKS, TEXT),
    ("task", "status", App.TASKS, STATUS),
    ("task", "deadline", App.TASKS, DAY),
    ("task", "created_at", App.TASKS, SURE_MOMENT),
    ("task", "quote_id", App.QUOTES, QUOTE),
    ("task", "project_id", App.PROJECTS, _another("project")),
    ("time_entry", "start", App.TIME_TRACKING, SURE_MOMENT),
    ("time_entry", "end", App.TIME_TRACKING, MOMENT),
    ("time_entry", "note", App.TIME_TRACKING, TEXT),
    ("time_entry", "billed", App.TIME_TRACKING, SURE_FLAG),
    ("time_entry", "task_id", App.TASKS, _another("task")),
    ("time_entry", "work_order_id", App.WORK_ORDERS, _another("work_order")),
    ("time_entry", "project_id", App.PROJECTS, _another("project")),
    ("work_order", "number", App.WORK_ORDERS, SURE_TEXT),
    ("work_order", "title", App.WORK_ORDERS, SURE_TEXT),
    ("work_order", "status", App.WORK_ORDERS, STATUS),
    ("work_order", "planned_start", App.WORK_ORDERS, MOMENT),
    ("work_order", "planned_end", App.WORK_ORDERS, MOMENT),
    ("work_order", "kilometres", App.WORK_ORDERS, NUMBER),
    ("work_order", "signed_at", App.WORK_ORDERS, MOMENT),
    ("work_order", "signer_name", App.WORK_ORDERS, TEXT),
    ("work_order", "signature_url", App.WORK_ORDERS, TEXT),
    ("work_order", "site_address_id", App.SITE_ADDRESSES, _another("contact_address")),
    ("work_order", "quote_id", App.QUOTES, QUOTE),
    ("work_order", "project_id", App.PROJECTS, _another("project")),
    ("work_order_material", "name", App.WORK_ORDERS, SURE_TEXT),
    ("work_order_material", "quantity", App.WORK_ORDERS, SURE_NUMBER),
    ("work_order_material", "price", App.WORK_ORDERS, SURE_NUMBER),
    ("agenda_event", "title", App.AGENDA, SURE_TEXT),
    ("agenda_event", "kind", App.AGENDA, KIND),
    ("agenda_event", "start", App.TASKS, _of_kind("TASK")),
    ("agenda_event", "end", App.WORK_ORDERS, _of_kind("WORK_ORDER")),
    ("agenda_event", "task_id", App.TASKS, _another("task")),
    ("agenda_event", "work_order_id", App.WORK_ORDERS, _another("work_order")),
    ("maintenance_plan", "name", App.PERIODIC_MAINTENANCE, SURE_TEXT),
    ("maintenance_plan", "interval_months", App.PERIODIC_MAINTENANCE, SURE_COUNT),
    ("maintenance_plan", "next_due", App.PERIODIC_MAINTENANCE, DAY),
    ("maintenance_plan", "cancelled", App.PERIODIC_MAINTENANCE, SURE_FLAG),
    ("maintenance_plan", "source_work_order_id", App.WORK_ORDERS, NOTHING),
    ("project_phase", "name", App.PROJECTS, SURE_TEXT),
    ("project_phase", "colour", App.PROJECTS, SURE_TEXT),
    ("project", "number", App.PROJECTS, SURE_TEXT),
    ("project", "name", App.PROJECTS, SURE_TEXT),
    ("project", "archived", App.PROJECTS, SURE_FLAG),
    ("project", "internal_note", App.PROJECTS, TEXT),
    ("project", "budget", App.PROJECTS, COUNT),
    ("climate_installation", "name", App.CLIMAPULSE, SURE_TEXT),
    ("climate_installation", "refrigerant", App.CLIMAPULSE, COOLANT),
    ("climate_installation", "nominal_kg", App.CLIMAPULSE, SURE_NUMBER),
    ("climate_installation", "next_leak_check", App.CLIMAPULSE, DAY),
    ("climapulse_intervention", "at", App.CLIMAPULSE, SURE_MOMENT),
    ("climapulse_intervention", "kind", App.CLIMAPULSE, SERVICE),
    ("climapulse_intervention", "leak_found", App.CLIMAPULSE, SURE_FLAG),
    ("climapulse_intervention", "refill_kg", App.CLIMAPULSE, NUMBER),
)
LEADS: Final = {
    "membership": "tasks {{ nodes {{ assignee {{ {0} }} }} }} timeEntries {{ nodes {{ user {{ {0} }} }} }}",
    "company_settings": "{0}",
    "company_settings.agenda_start_hour": "agendaSettings {{ startHour }}",
    "company_settings.agenda_end_hour": "agendaSettings {{ endHour }}",
    "company_settings.agenda_show_weekends": "agendaSettings {{ showWeekends }}",
    "document.project_id": "documents {{ nodes {{ project {{ id }} }} }}",
    "task": "tasks {{ nodes {{ {0} }} }}",
    "task.quote_id": "tasks {{ nodes {{ quote {{ id }} }} }}",
    "task.project_id": "tasks {{ nodes {{ project {{ id }} }} }}",
    "time_entry": "timeEntries {{ nodes {{ {0} }} }}",
    "time_entry.task_id": "timeEntries {{ nodes {{ task {{ id }} }} }}",
    "time_entry.work_order_id": "timeEntries {{ nodes {{ workOrder {{ id }} }} }}",
    "time_entry.project_id": "timeEntries {{ nodes {{ project {{ id }} }} }}",
    "work_order": "workOrders {{ nodes {{ {0} }} }}",
    "work_order.site_address_id": "workOrders {{ nodes {{ siteAddress {{ id }} }} }}",
    "work_order.quote_id": "workOrders {{ nodes {{ quote {{ id }} }} }}",
    "work_order.project_id": "workOrders {{ nodes {{ project {{ id }} }} }}",
    "work_order.signed_at": "workOrders {{ nodes {{ signature {{ signedAt }} }} }}",
    "work_order.signer_name": "workOrders {{ nodes {{ signature {{ signerName }} }} }}",
    "work_order.signature_url": "workOrders {{ nodes {{ signature {{ imageUrl }} }} }}",
    "work_order_material": "workOrders {{ nodes {{ materials {{ {0} }} }} }}",
    "agenda_event": "agendaEvents {{ nodes {{ {0} }} }}",
    "agenda_event.task_id": "agendaEvents {{ nodes {{ task {{ id }} }} }}",
    "agenda_event.work_order_id": "agendaEvents {{ nodes {{ workOrder {{ id }} }} }}",
    "maintenance_plan": "maintenancePlans {{ nodes {{ {0} }} }}",
    "maintenance_plan.source_work_order_id": "maintenancePlans {{ nodes {{ sourceWorkOrder {{ id }} }} }}",
    "project_phase": "projectPhases {{ nodes {{ {0} }} }}",
    "project": "projects {{ nodes {{ {0} }} }}",
    "climate_installation": "climateInstallations {{ nodes {{ {0} }} }}",
    "climapulse_intervention": "climateInstallations {{ nodes {{ interventions {{ {0} }} }} }}",
}
WORDS: Final = {
    "company_settings": ("timeRounding", "kilometreRate", "agendaSettings", "startHour", "company", "companies"),
    "task": ("tasks", "task", "quote", "project", "nodes", "totalCount", "edges"),
    "time_entry": ("timeEntries", "task", "workOrder", "project", "nodes", "totalCount"),
    "work_order": ("workOrders", "workOrder", "siteAddress", "signature", "quote", "project", "nodes", "totalCount"),
    "work_order_material": ("workOrders", "workOrder", "materials", "nodes"),
    "agenda_event": ("agendaEvents", "task", "workOrder", "nodes", "totalCount", "pageInfo", "node"),
    "maintenance_plan": ("maintenancePlans", "maintenances", "maintenance", "sourceWorkOrder", "nodes", "totalCount"),
    "project_phase": ("projectPhases", "phase", "projects", "nodes"),
    "project": ("projects", "project", "documents", "nodes", "totalCount"),
    "climate_installation": ("climateInstallations", "installations", "installation", "co2EquivalentT", "nodes"),
    "climapulse_intervention": ("climateInstallations", "interventions", "climapulseInterventions", "workOrders"),
}
