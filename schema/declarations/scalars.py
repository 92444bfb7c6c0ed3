"""The custom scalars, with the specification of each: money is a string, moments are UTC."""

import datetime
import decimal
import re
from typing import Any, Final, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

DECIMAL = re.compile(r"[+-]?(\d{1,12}(\.\d{0,6})?|\.\d{1,6})", re.ASCII)
RFC_3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,30})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII | re.IGNORECASE
)
CALENDAR_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def parse_decimal(value: Any) -> decimal.Decimal:
    """A decimal number from a string or an integer: at most 12 digits before the point and 6 after it.

    Raises GraphQLError.
    """
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not DECIMAL.fullmatch(text):
        raise GraphQLError('Expected a decimal number as a string, such as "12.50".')
    return decimal.Decimal(text)


def parse_date(value: Any) -> datetime.date:
    """A calendar day from `YYYY-MM-DD`. Raises GraphQLError."""
    if isinstance(value, str) and CALENDAR_DAY.fullmatch(value):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            pass
    raise GraphQLError('Expected a date, such as "2026-05-03".')


def parse_datetime(value: Any) -> datetime.datetime:
    """A moment in UTC, from RFC 3339; digits below the microsecond are dropped. Raises GraphQLError."""
    if isinstance(value, str) and RFC_3339.fullmatch(value):
        try:
            return datetime.datetime.fromisoformat(value.upper()).astimezone(datetime.UTC)
        except (ValueError, OverflowError):
            pass
    raise GraphQLError('Expected a moment with its offset, such as "2026-05-03T10:00:00Z".')


Json = NewType("Json", object)
"""Any JSON value."""


def _as_given(value: Any) -> Any:
    return value


def _scalar(name: str, description: str, url: str, parse: Any) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, specified_by_url=url, serialize=str, parse_value=parse)


SCALARS: Final[dict[object, ScalarDefinition]] = {
    decimal.Decimal: _scalar(
        "Decimal",
        'An exact decimal number, written as a string: `"12.50"`.',
        "https://www.w3.org/TR/xmlschema-2/#decimal",
        parse_decimal,
    ),
    datetime.date: _scalar(
        "Date", 'A calendar day: `"2026-05-03"`.', "https://www.rfc-editor.org/rfc/rfc3339#section-5.6", parse_date
    ),
    datetime.datetime: _scalar(
        "DateTime",
        'A moment in ISO 8601, answered in UTC: `"2026-05-03T10:00:00+00:00"`.',
        "https://www.rfc-editor.org/rfc/rfc3339",
        parse_datetime,
    ),
    Json: _scalar("JSON", "Any JSON value.", "https://www.rfc-editor.org/rfc/rfc8259", _as_given),
}
"""Python type -> scalar of the schema."""
