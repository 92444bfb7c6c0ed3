"""What schemathesis is told of the schema and of right answers; it runs in a virtual environment of its own."""
# pyright: basic, reportMissingImports=false

import os
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

CODES = set(os.environ["CODES"].split(","))
"""The codes that an answer may carry."""

IDS = os.environ["IDS"].split(",")
"""Global ids of things that are there, so that what is asked for is found."""

DIGITS = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**10), max_value=10**10)

schemathesis.graphql.scalar("ID", (st.sampled_from(IDS) | st.sampled_from(IDS) | st.text()).map(nodes.String))
schemathesis.graphql.scalar("Date", st.dates().map(lambda day: nodes.String(day.isoformat())))
schemathesis.graphql.scalar("DateTime", st.datetimes().map(lambda at: nodes.String(at.isoformat() + "Z")))
schemathesis.graphql.scalar("Decimal", DIGITS.map(lambda number: nodes.String(str(number))))
schemathesis.graphql.scalar("JSON", st.just(nodes.Object([])))


@schemathesis.check
def closed_list(_context: Any, response: Any, _case: Any) -> None:
    """No server error, and no code that is not listed."""
    body = response.json()
    codes = [error.get("extensions", {}).get("code") for error in body.get("errors", ())]
    if response.status_code >= 500 or not set(codes) <= CODES:
        raise AssertionError(f"{response.status_code} {codes}")
