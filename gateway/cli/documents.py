"""The report of `enfact documents check`: the fields of operations that each role would not see, without a database."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from gateway.cli.terminal import print_table
from gateway.persisted_manifests import read_manifest, reason
from resolvers.admin.role_report import Audience, RoleReport, UnseenSelection, role_report
from resolvers.execution.product import default_compiler
from resolvers.operation.documents import Documents
from resolvers.request import RequestError
from resolvers.request_limits import TRUSTED, Limits
from schema.apps import App
from schema.declarations.gates import Gate

EVERYTHING = "sees everything"
UNKNOWN = "needs real values to be known (such as the text of an operation)"


@dataclass(frozen=True, slots=True)
class Checked:
    """One operation of a manifest: its report (`foresight`), or the `error` for which its document is refused."""

    id: str
    name: str | None
    foresight: RoleReport | None = None
    error: str = ""


def check_manifest(manifest: Path, limits: Limits) -> Iterator[Checked]:
    """Every operation of a manifest, within these limits. Raises ManifestBroken for a file that is not a manifest."""
    compiler = default_compiler()
    documents = Documents(compiler.schema, limits.times(TRUSTED))
    for id_, text in read_manifest(manifest).items():
        try:
            document = documents.find(text)
        except RequestError as refused:
            yield Checked(id_, None, error=reason(refused))
            continue
        for name, operation in document.operations.items():
            yield Checked(id_, name, role_report(operation, compiler))


def print_report(found: Iterable[Checked], max_cost: int) -> None:
    """Print the report as a table."""
    table = Table(show_lines=True, pad_edge=False)
    for column in ("operation", "role"):
        table.add_column(column, overflow="fold")
    table.add_column("does not see", ratio=1, overflow="fold")
    for one in found:
        if one.foresight is None:
            continue
        label = Text(one.name or one.id)
        if one.foresight.cost:
            label.append(f"\ncosts up to {one.foresight.cost:,}", "red" if one.foresight.cost > max_cost else "dim")
        if not one.foresight.sights:
            table.add_row(label, "", UNKNOWN)
        for n, audience in enumerate(one.foresight.sights):
            table.add_row(label if n == 0 else "", audience.value, Text(_words(audience, one.foresight)))
    if table.row_count:
        print_table(table)


def _words(audience: Audience, foresight: RoleReport) -> str:
    sight = foresight.sights[audience]
    lines = [_line(unseen) for unseen in sight.unseen]
    if sight.left_out:
        lines.append(f"leaves out rows and values of {_names(sight.left_out)}")
    if audience is Audience.EMPLOYEE and foresight.apps:
        rest = [".".join(unseen.path) for unseen in foresight.sights[Audience.EXTERNAL].unseen]  # EXTERNAL: every app
        lines.append(f"with {_names(foresight.apps)}: {'all but ' + ', '.join(rest) if rest else EVERYTHING}")
    return "\n".join(lines) or EVERYTHING


def _line(unseen: UnseenSelection) -> str:
    path = ".".join(unseen.path)
    if unseen.gate is None:
        return f"{path} (signed in)"
    return f"{path} ({unseen.gate.name}{', refused' if unseen.refused else ''})"


def _names(gates: Iterable[Gate]) -> str:
    return ", ".join(gate.name for gate in gates)


def as_json(found: Iterable[Checked]) -> str:
    """The report as JSON, for tools."""
    checked = list(found)
    return json.dumps(
        {
            "operations": [
                {"id": one.id, "name": one.name, "cost": one.foresight.cost, "roles": _roles(one.foresight)}
                for one in checked
                if one.foresight
            ],
            "invalid": [{"id": one.id, "error": one.error} for one in checked if one.foresight is None],
        },
        indent=2,
    )


def _roles(foresight: RoleReport) -> Mapping[str, Any]:
    roles: dict[str, dict[str, Any]] = {
        audience.value: {
            "hidden": [
                {"path": unseen.path, **_gate(unseen.gate), **({"refused": True} if unseen.refused else {})}
                for unseen in sight.unseen
            ],
            "leftOut": [_gate(gate) for gate in sight.left_out],
        }
        for audience, sight in foresight.sights.items()
    }
    if roles:
        roles[Audience.EMPLOYEE]["apps"] = [app.name for app in foresight.apps]
    return roles


def _gate(gate: Gate | None) -> Mapping[str, str]:
    if gate is None:
        return {"needs": "SIGN_IN"}
    return {"app" if isinstance(gate, App) else "role": gate.name}
