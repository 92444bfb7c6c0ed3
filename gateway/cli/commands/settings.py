"""`enfact settings`: every setting, with its default, its value in force and where that comes from."""

from typing import Annotated

import typer

from gateway.cli.terminal import print_table, refusals


def settings(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Only this one, such as ENFACT_PORT or port.")
    ] = None,
) -> None:
    """Show every setting: its variable, its value in force and where that comes from, its default and what it means.

    Secrets are never shown. A variable with a wrong value is listed with what is wrong, and the exit code is 1.
    """
    with refusals():
        from gateway.cli.settings import explain, near, table_of
        from gateway.variables import variable

        lines = explain()
        if name is not None:
            wanted = name.upper() if name.upper().startswith("ENFACT_") else variable(name.lower())
            chosen = [line for line in lines if line.variable in (name.upper(), wanted)]
            if not chosen:
                raise typer.BadParameter(f"{name} is no setting.{near(wanted, lines)}", param_hint="NAME")
            lines = chosen
        print_table(table_of(lines))
        if any(line.problem for line in lines):
            raise typer.Exit(1)
