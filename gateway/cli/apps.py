"""The output of `enfact apps`: the gate table, as a table for people or as JSON for tools."""

import json
from itertools import groupby

from graphql import GraphQLInterfaceType
from rich.table import Table

from gateway.cli.terminal import print_table, say
from resolvers.gates.table import CoordinateKind, GatedCoordinate, gate_table
from schema import schema
from schema.apps import CATALOGUE, App, AppKind, Plan, app_label
from schema.declarations.gates import Gate
from schema.localization.language import Language

KINDS = {
    AppKind.BASE: "Base modules, active for every company",
    AppKind.APP: "Apps that a company activates",
    AppKind.PART: "Parts, active for every company",
    AppKind.CONNECTION: "Connections that a company activates",
}
NAMED = (CoordinateKind.TYPE, CoordinateKind.FIELD, CoordinateKind.MUTATION, CoordinateKind.SUBSCRIPTION)
"""The kinds of coordinate that a summary lists by name; the others are counted."""

SHOWN = 4
"""Maximum number of paths printed for a coordinate; the JSON has them all."""


def print_gates(only: App | None, language: Language) -> None:
    """Print what each app gates; for one app (`only`) also the paths that lead there."""
    lines = _by_gate()
    if only is not None:
        print_table(_paths(only, lines.get(only, []), language))
        return
    for n, (kind, entries) in enumerate(groupby(CATALOGUE.values(), lambda entry: entry.kind)):
        table = Table(title=KINDS[kind], title_justify="left", pad_edge=False, expand=True)
        table.add_column("app", no_wrap=True)
        table.add_column("kind")
        table.add_column("label")
        table.add_column("plan")
        table.add_column("gates", ratio=1)
        for entry in entries:
            plan = "" if entry.plan is Plan.FREE else entry.plan.name
            gates = _summary(entry.app, lines.get(entry.app, []))
            table.add_row(entry.app.name, kind.name, app_label(entry.app, language), plan, gates)
        print_table(table, header=n == 0)
    say("enfact apps APP shows every path to what an app gates; --json has everything.")


def table_as_json(only: App | None = None) -> str:
    """The gate table, whole or of one app, as JSON: gate, kind, coordinate, paths from a company or from `node`."""
    lines = [
        {
            "app" if isinstance(line.gate, App) else "role": line.gate.name,
            "kind": line.kind.value,
            "coordinate": line.coordinate,
            "paths": [str(path) for path in line.paths],
        }
        for line in gate_table(schema.core)
        if only is None or line.gate is only
    ]
    return json.dumps(lines, indent=2)


def _by_gate() -> dict[Gate, list[GatedCoordinate]]:
    lines = sorted(gate_table(schema.core), key=lambda line: line.gate.name)
    return {gate: list(of) for gate, of in groupby(lines, lambda line: line.gate)}


def _summary(app: App, lines: list[GatedCoordinate]) -> str:
    """A short list of what an app gates: types, fields and enum values by name, inputs by number."""
    if CATALOGUE[app].always_visible:
        return "never hidden"
    shown = [line.coordinate for line in lines if line.kind in NAMED]
    shown = [coordinate for coordinate in shown if not _inherited(coordinate, shown)]
    values = [
        line.coordinate
        for line in lines
        if line.kind is CoordinateKind.ENUM_VALUE and not all(p.given for p in line.paths)
    ]
    inputs = len(lines) - len(shown) - len(values)
    return ", ".join((*shown, *values, *([f"{inputs} input{'s' * (inputs > 1)}"] if inputs else ()))) or "nothing"


def _inherited(coordinate: str, shown: list[str]) -> bool:
    """True if the same field of an interface of its type is listed already."""
    name, _, field = coordinate.partition(".")
    parents: tuple[GraphQLInterfaceType, ...] = getattr(schema.core.type_map[name], "interfaces", ())
    return bool(field) and any(f"{parent.name}.{field}" in shown for parent in parents)


def _paths(app: App, lines: list[GatedCoordinate], language: Language) -> Table:
    table = Table(title=f"{app.name}: {app_label(app, language)}", title_justify="left", show_lines=True)
    table.add_column("coordinate")
    table.add_column("kind")
    table.add_column("reached by")
    for line in lines:
        more = len(line.paths) - SHOWN
        paths = [str(path) for path in line.paths[:SHOWN]] + ([f"and {more} more"] if more > 0 else [])
        table.add_row(line.coordinate, line.kind.value, "\n".join(paths))
    return table
