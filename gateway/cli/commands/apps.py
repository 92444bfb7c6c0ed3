"""`enfact apps`: the gate table."""

from typing import Annotated

import typer

from gateway.cli.commands.languages import Code
from gateway.cli.terminal import refusals


def apps(
    app: Annotated[
        str | None, typer.Argument(metavar="[APP]", help="Only this app, with every path to what it gates.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, for tools.")] = False,
    typescript: Annotated[
        bool, typer.Option("--typescript", help="The apps behind each field, as a module of TypeScript.")
    ] = False,
    language: Annotated[Code, typer.Option(help="Language of the labels.", case_sensitive=False)] = "EN",
) -> None:
    """Show what each app gates: the types, fields and values that are hidden from users who do not hold the app.

    Into a pipe or a file a table goes with tabs between its columns, and whole.
    """
    with refusals():
        if typescript:
            from gateway.cli.typescript import module

            typer.echo(module(), nl=False)
            return
        from gateway.cli import apps as gates
        from schema.apps import App
        from schema.localization.language import Language

        only = App.__members__.get(app.upper()) if app is not None else None
        if app is not None and only is None:
            raise typer.BadParameter(f"there is no app {app}; enfact apps lists them all", param_hint="APP")
        if as_json:
            typer.echo(gates.table_as_json(only))
        else:
            gates.print_gates(only, Language[language])
