"""`enfact schema`: the schema as text, whole or as somebody sees it, or compared with another."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.terminal import Data, refusals, run, say, settings_of


def schema(
    check: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="Compare FILE with the schema of this version."),
    ] = None,
    as_: Annotated[
        str | None, typer.Option("--as", metavar="EMAIL", help="What the account with this address sees of it.")
    ] = None,
    errors: Annotated[
        bool, typer.Option("--errors", help="For clients that send `Hidden-Fields: error`: with @semanticNonNull.")
    ] = False,
    data: Data = None,
) -> None:
    """Print the GraphQL schema (SDL).

    With --check FILE it is compared with FILE instead: breaking and dangerous changes are listed, and the exit code is
    1 when FILE differs. With --as EMAIL only the part is printed that this account can see in at least one of its
    companies.
    """
    if sum((check is not None, as_ is not None, errors)) > 1:
        raise typer.BadParameter("only one of --check, --as and --errors", param_hint="--check")
    with refusals():
        if as_ is not None:
            settings = settings_of(data=data)
            from gateway.cli.database import using_database
            from resolvers.admin.matrix_report import schema_seen_by

            typer.echo(run(using_database(settings, lambda database: schema_seen_by(database, as_))), nl=False)
        elif check is not None:
            _compare(check)
        elif errors:
            from gateway.cli import sdl_of_errors

            typer.echo(sdl_of_errors.text(), nl=False)
        else:
            from gateway.cli import sdl

            typer.echo(sdl.current(), nl=False)


def _compare(file: Path) -> None:
    from gateway.cli import sdl

    difference = sdl.compare(file.read_text(encoding="utf-8"))
    if difference is None:
        typer.echo(f"{file} is the schema of this version.")
        return
    say(f"{file} differs from the schema of this version: enfact schema > {file}")
    for change in difference:
        say(change)
    raise typer.Exit(1)
