"""`enfact documents`: what the operations of a manifest would not show to whom, without a database."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.manifests import read_manifest, reason
from gateway.terminal import console, refusals, settings_of
from resolvers.execution import default_compiler
from resolvers.foresight import Audience, Foresight, Unseen, foresee
from resolvers.operation import Documents
from resolvers.request import RequestError
from schema.apps import App
from schema.declarations import Gate

EVERYTHING = "sees everything"
UNKNOWN = "needs real values to be known (such as a cursor)"

commands = typer.Typer(
    rich_markup_mode="markdown",
    no_args_is_help=True,
    help="Trusted documents: the operations that clients know in advance.",
)


@commands.callback()
def documents() -> None:
    """Trusted documents: the operations that clients know in advance."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An operation of a manifest; without a foresight `error` says why its document is refused."""

    id: str
    name: str | None
    foresight: Foresight | None = None
    error: str = ""


@commands.command()
def check(
    manifest: Annotated[Path, typer.Argument(metavar="MANIFEST", help="The manifest, as the client's tool wrote it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Everything, for tools.")] = False,
) -> None:
    """Print which fields of each operation each role would not see; exit code 1 when one does not fit the schema.

    MANIFEST is what graphql-codegen (client preset, persistedDocuments), relay-compiler (persistConfig) or Apollo's
    generate-persisted-query-manifest writes. No database is asked: every app counts as active.

    OWNER and EXTERNAL (an accountant) hold every app. EMPLOYEE is one without any app; what hangs on a hidden field is
    not listed again, and "with" names the apps to switch on for the rest. ANONYMOUS is not signed in. A field is shown
    by its path in the response with the app or the role that it needs; "refused" is one that would be an error, for an
    argument of it is behind the app. "leaves out" names what rows and values are skipped for, without a word.

    "costs up to" is with every page as large as its variable allows; in red, above ENFACT_MAX_COST, which refuses it.

    Variables that are optional count as left out, so a filter that a client builds itself is not judged. To admit
    nothing but these operations, start the gateway with ENFACT_DOCUMENTS=MANIFEST and ENFACT_DOCUMENTS_ONLY=true.
    """
    with refusals():
        found, max_cost = list(check_manifest(manifest)), settings_of().max_cost
    if as_json:
        typer.echo(_as_json(found))
    else:
        _print(Console(), found, max_cost)
    invalid = [one for one in found if one.foresight is None]
    for one in invalid:
        console().print(f"[red]enfact:[/] {manifest}: operation", Text(f"{one.id}: {one.error}"), soft_wrap=True)
    if invalid:
        raise typer.Exit(1)


def check_manifest(manifest: Path) -> Iterator[Checked]:
    """Every operation of a manifest. Raises ManifestBroken for a file that is none."""
    compiler = default_compiler()
    documents = Documents(compiler.schema)
    for id_, text in read_manifest(manifest).items():
        try:
            document = documents.find(text)
        except RequestError as refused:
            yield Checked(id_, None, error=reason(refused))
            continue
        for name, operation in document.operations.items():
            yield Checked(id_, name, foresee(operation, compiler))


def _print(output: Console, found: Iterable[Checked], max_cost: int) -> None:
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
        output.print(table)


def _words(audience: Audience, foresight: Foresight) -> str:
    sight = foresight.sights[audience]
    lines = [_line(unseen) for unseen in sight.unseen]
    if sight.left_out:
        lines.append(f"leaves out rows and values of {_names(sight.left_out)}")
    if audience is Audience.EMPLOYEE and foresight.apps:
        rest = [".".join(unseen.path) for unseen in foresight.sights[Audience.EXTERNAL].unseen]  # who holds every app
        lines.append(f"with {_names(foresight.apps)}: {'all but ' + ', '.join(rest) if rest else EVERYTHING}")
    return "\n".join(lines) or EVERYTHING


def _line(unseen: Unseen) -> str:
    path = ".".join(unseen.path)
    if unseen.gate is None:
        return f"{path} (signed in)"
    return f"{path} ({unseen.gate.name}{', refused' if unseen.refused else ''})"


def _names(gates: Iterable[Gate]) -> str:
    return ", ".join(gate.name for gate in gates)


def _as_json(found: Iterable[Checked]) -> str:
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


def _roles(foresight: Foresight) -> Mapping[str, Any]:
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
