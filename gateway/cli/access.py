"""The output of `enfact access`: the permission matrix of a company, as a table for people or JSON for tools."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from gateway.cli.terminal import print_table, say
from resolvers.admin.matrix_report import Inspected

EVERYTHING, NOTHING = "everything that is active", "nothing"


def print_matrix(found: Inspected, at: datetime | None) -> None:
    """Print one line for each person: name, address, role, and the apps they reach."""
    matrix = found.matrix
    when = f" at {at.isoformat(sep=' ', timespec='seconds')}" if at is not None else ""
    say(f"{found.name}{when}: version {matrix['version']}")
    table = Table(pad_edge=False)
    for column in ("person", "address", "as"):
        table.add_column(column)
    table.add_column("reaches", ratio=1)
    for row in matrix["rows"]:
        person = row["user"] or row["externalUser"]
        name = f"{person['firstName']} {person['lastName']}"
        table.add_row(*map(Text, (name, person["email"], _standing(row), _reach(row["cells"]))))
    print_table(table)
    active = ", ".join(app["app"] for app in matrix["apps"])
    say(f"Active: {active or NOTHING}")


def as_json(found: Inspected) -> str:
    """The whole matrix as JSON, for tools."""
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
