"""scalars.py: what is taken, as liberally as the specification of each scalar, and what is not."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from graphql import GraphQLError

from schema.declarations.scalars import parse_date, parse_datetime, parse_decimal

NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-05-03T12:00:00Z", NOON),
        ("2026-05-03t12:00:00z", NOON),
        ("2026-05-03T12:00Z", NOON),
        ("2026-05-03T14:00:00+02:00", NOON),
        ("2026-05-03T12:00:00-00:00", NOON),
        ("2026-05-03T12:00:00.1Z", NOON.replace(microsecond=100_000)),
        ("2026-05-03T12:00:00.123456789Z", NOON.replace(microsecond=123_456)),
        ("2026-05-03T12:00:00.000000999+00:00", NOON),
        ("2026-05-03T12:00:00." + "9" * 30 + "Z", NOON.replace(microsecond=999_999)),
    ],
)
def test_moments(written: str, meant: datetime) -> None:
    assert parse_datetime(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "2026-05-03T12:00:00", "2026-05-03", "2026-05-03T12Z", "2026-05-03T12:00:0012Z", "2026-05-03T12:00.5Z",
        "2026-05-03T12:00:00.Z", "2026-05-03T12:00:00,5Z", "2026-05-03T12:00:00." + "9" * 31 + "Z",
        "2026-05-03T25:00:00Z", "2026-02-30T12:00:00Z", "2026-W18-7T12:00:00Z", "20260503T120000Z",
        "2026-05-03T12:00:00+0200", "٢026-05-03T12:00:00Z", 1, None, True,
    ],
)  # fmt: skip
def test_what_is_no_moment(written: object) -> None:
    with pytest.raises(GraphQLError):
        parse_datetime(written)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("12.50", "12.50"), (".5", "0.5"), ("-.5", "-0.5"), ("5.", "5"), ("+1.5", "1.5"), ("007", "7"), (12, "12"),
        ("999999999999.999999", "999999999999.999999"),
    ],
)  # fmt: skip
def test_decimals(written: object, meant: str) -> None:
    assert parse_decimal(written) == Decimal(meant)


@pytest.mark.parametrize(
    "written",
    [
        "", ".", "-", "+", "-.", "1e3", "1,5", " 1", "1.2345678", "1234567890123", "NaN", "Infinity", "0x1", "--1",
        1.5, None, True, 10**12, "1٣",
    ],
)  # fmt: skip
def test_what_is_no_decimal(written: object) -> None:
    with pytest.raises(GraphQLError):
        parse_decimal(written)


def test_days() -> None:
    assert parse_date("2026-05-03") == date(2026, 5, 3)
    for written in ("2026-5-3", "20260503", "2026-02-30", "2026-05-03T00:00:00Z", 20260503, None):
        with pytest.raises(GraphQLError):
            parse_date(written)
