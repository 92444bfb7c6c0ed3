"""The calendar: in whose it stands, and how it is shown."""

from collections.abc import Mapping
from typing import Final

from db.tables.agenda import agenda_event_user
from resolvers.links import through
from resolvers.resolution import Leaf, Listing, Resolution
from resolvers.settings import SETTINGS

RESOLVERS: Final[Mapping[str, Resolution]] = {
    "AgendaEvent.users": Listing(through(agenda_event_user, "event_id", "membership_id"), past=True),
    "Company.agendaSettings": SETTINGS,
    "AgendaSettings.startHour": Leaf(lambda row, arguments: row["agenda_start_hour"]),
    "AgendaSettings.endHour": Leaf(lambda row, arguments: row["agenda_end_hour"]),
    "AgendaSettings.showWeekends": Leaf(lambda row, arguments: row["agenda_show_weekends"]),
}

HOMES: Final[Mapping[str, str]] = {"AgendaSettings": "company_settings"}
