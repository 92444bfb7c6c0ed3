"""Codecs of dates and timestamps for a connection, without infinity.

The driver maps Python's first and last date and datetime to infinity. Here they are values like any other; a value of
PostgreSQL beyond them arrives as the nearest one.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from db.connection import Connection

FIRST_DAY: Final = date(2000, 1, 1).toordinal()
FIRST_MOMENT: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""The epoch of PostgreSQL's binary format."""

EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)


def _send_day(day: date) -> tuple[int]:
    return (day.toordinal() - FIRST_DAY,)


def _read_day(sent: tuple[int]) -> date:
    return date.fromordinal(min(max(sent[0] + FIRST_DAY, 1), date.max.toordinal()))


def _send_moment(moment: datetime) -> tuple[int]:
    return ((moment - FIRST_MOMENT) // MICROSECOND,)


FIRST, LAST = (_send_moment(moment)[0] for moment in (EARLIEST, LATEST))


def _read_moment(sent: tuple[int]) -> datetime:
    return FIRST_MOMENT + timedelta(microseconds=min(max(sent[0], FIRST), LAST))


async def set_time_codecs(connection: Connection) -> None:
    """Set the codecs of `date` and `timestamptz` on a connection."""
    day = {"encoder": _send_day, "decoder": _read_day}
    moment = {"encoder": _send_moment, "decoder": _read_moment}
    for name, ways in (("date", day), ("timestamptz", moment)):
        await connection.set_type_codec(name, schema="pg_catalog", format="tuple", **ways)
