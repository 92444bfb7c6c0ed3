"""The calendar: the users of an event, and the settings of its display."""

from collections.abc import Mapping
from typing import Final

from db.tables.work.agenda import agenda_event_user
from resolvers.compilation.joins import through
from resolvers.compilation.resolution import Leaf, Listing, Resolution
from resolvers.fields.company_settings import OF_COMPANY, SETTINGS

RESOLVERS: Final[Mapping[str, Resolution]] = {
    "AgendaEvent.users": Listing(through(agenda_event_user, "event_id", "membership_id"), past=True),
    "Company.agendaSettings": SETTINGS,
    "AgendaSettings.id": OF_COMPANY,
    "AgendaSettings.startHour": Leaf(lambda row, arguments: row["agenda_start_hour"]),
    "AgendaSettings.endHour": Leaf(lambda row, arguments: row["agenda_end_hour"]),
    "AgendaSettings.showWeekends": Leaf(lambda row, arguments: row["agenda_show_weekends"]),
}

HOMES: Final[Mapping[str, str]] = {"AgendaSettings": "company_settings"}
