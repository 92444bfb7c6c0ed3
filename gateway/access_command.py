"""`enfact access`: who may see what in a company, now or at a moment, for people as a table and for tools as JSON."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from resolvers.inspection import Inspected

EVERYTHING, NOTHING = "everything that is active", "nothing"


def moment(text: str) -> datetime:
    """A moment in ISO 8601; without an offset it is one of this machine's clock. Raises ValueError."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except OverflowError as error:
        raise ValueError(str(error)) from error


def print_matrix(console: Console, found: Inspected, at: datetime | None) -> None:
    """Print one line for each person: who it is, and which apps it reaches."""
    matrix = found.matrix
    when = f" at {at.isoformat(sep=' ', timespec='seconds')}" if at is not None else ""
    table = Table(title=Text(f"{found.name}{when}: version {matrix['version']}"), title_justify="left", pad_edge=False)
    for column in ("person", "address", "as"):
        table.add_column(column)
    table.add_column("reaches", ratio=1)
    for row in matrix["rows"]:
        person = row["user"] or row["externalUser"]
        name = f"{person['firstName']} {person['lastName']}"
        table.add_row(*map(Text, (name, person["email"], _standing(row), _reach(row["cells"]))))
    console.print(table)
    active = ", ".join(app["app"] for app in matrix["apps"])
    console.print(Text(f"Active: {active or NOTHING}"))


def as_json(found: Inspected) -> str:
    """Everything, for tools."""
    return json.dumps({"id": found.id, "name": found.name, "permissionMatrix": found.matrix}, indent=2)


def _standing(row: Mapping[str, Any]) -> str:
    user, external = row["user"], row["externalUser"]
    if user:
        return f"{user['role'].lower()}{', invited' if user['status'] == 'PENDING' else ''}"
    until = external["until"]
    return f"{external['kind'].lower()}{f' until {until[:16]}' if until else ''}"


def _reach(cells: list[Mapping[str, Any]]) -> str:
    reached = [cell["app"] for cell in cells if cell["effective"]]
    if len(reached) == len(cells):
        return EVERYTHING if cells else NOTHING
    return ", ".join(reached) or NOTHING
