"""Repeatable randomness: random streams by name, and from a stream keys, days and moments."""

from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from random import Random
from uuid import UUID


def stream(*names: str) -> Random:
    """A random number generator seeded by `names`: the same numbers in every run and on every machine."""
    return Random("/".join(("enfact demo", *names)))  # noqa: S311 - repeatable on purpose


def happens(chance: Random, share: float) -> bool:
    """True in about `share` (0 to 1) of the calls."""
    return chance.random() < share


def uuid7(at: datetime, chance: Random) -> UUID:
    """A uuidv7 of the moment `at`, exact to a quarter of a microsecond, so that keys sort by creation."""
    microseconds = round(at.timestamp() * 1_000_000)
    milliseconds, rest = divmod(microseconds, 1000)
    fraction = rest * 4
    value = milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | chance.getrandbits(62)
    return UUID(int=value)


def uuid4(chance: Random) -> UUID:
    """A key that does not reveal when its row was created."""
    return UUID(bytes=sha256(chance.getrandbits(62).to_bytes(8)).digest()[:16], version=4)


def office_hour(day: date, chance: Random) -> datetime:
    """A moment of `day` within office hours."""
    return datetime.combine(day, time(7), UTC) + timedelta(microseconds=chance.randrange(9 * 3600 * 1_000_000))


def spread(chance: Random, first: date, last: date, count: int) -> list[date]:
    """`count` sorted days from `first` to `last`, spread evenly with some randomness."""
    step = (last - first).days / max(1, count)
    return [first + timedelta(days=int(step * (index + chance.random()))) for index in range(count)]


def weekday(day: date) -> date:
    """`day`, or the Friday before when it falls on a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def first_morning(today: date, days_ago: int) -> datetime:
    """The moment at which a company that is `days_ago` days old was created."""
    return morning(today - timedelta(days=days_ago))


def morning(day: date) -> datetime:
    """A quarter past eight of `day`, before any of its events."""
    return datetime.combine(day, time(8, 15), UTC)
