"""Repeatable chance: takes names, gives random streams; takes a stream, gives keys, a uuidv7 for a moment."""

from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from random import Random
from uuid import UUID


def stream(*names: str) -> Random:
    """The random numbers that belong to `names`: the same ones in every run and on every machine."""
    return Random("/".join(("enfact demo", *names)))  # noqa: S311 - repeatable on purpose


def happens(chance: Random, share: float) -> bool:
    """True in about `share` (0 to 1) of the calls."""
    return chance.random() < share


def uuid7(at: datetime, chance: Random) -> UUID:
    """A uuidv7 of the moment `at`, exact to the quarter of a microsecond, so that keys sort by creation."""
    microseconds = round(at.timestamp() * 1_000_000)
    milliseconds, rest = divmod(microseconds, 1000)
    fraction = rest * 4
    value = milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | chance.getrandbits(62)
    return UUID(int=value)


def uuid4(chance: Random) -> UUID:
    """A key that tells nothing of when its row was made."""
    return UUID(bytes=sha256(chance.getrandbits(62).to_bytes(8)).digest()[:16], version=4)


def office_hour(day: date, chance: Random) -> datetime:
    """A moment of `day` at which people work."""
    return datetime.combine(day, time(7), UTC) + timedelta(microseconds=chance.randrange(9 * 3600 * 1_000_000))


def spread(chance: Random, first: date, last: date, count: int) -> list[date]:
    """`count` days from `first` to `last`, evenly spread with some play, sorted."""
    step = (last - first).days / max(1, count)
    return [first + timedelta(days=int(step * (index + chance.random()))) for index in range(count)]


def weekday(day: date) -> date:
    """`day`, or the Friday before when it falls in a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))
