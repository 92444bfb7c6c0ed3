"""`enfact access`: the permission matrix of a company, now or at a moment."""

from datetime import datetime
from typing import Annotated

import typer

from gateway.cli.terminal import Data, refusals, run, settings_of


def access(
    company: Annotated[str, typer.Option(metavar="NAME|ID", help="The company, by its name or its global id.")],
    at: Annotated[
        str | None,
        typer.Option(metavar="MOMENT", help="As it was then, in ISO 8601; without an offset, of this machine's clock."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, for tools.")] = False,
    data: Data = None,
) -> None:
    """Show who may see what in a company, now or at a moment: the permission matrix that its owners see."""
    try:
        then = moment(at) if at is not None else None
    except ValueError:
        raise typer.BadParameter(f"{at} is no moment, such as 2026-05-03T10:00", param_hint="--at") from None
    with refusals():
        settings = settings_of(data=data)
        from gateway.cli import access as matrix
        from gateway.cli.database import using_database
        from resolvers.admin.matrix_report import inspect_matrix

        found = run(using_database(settings, lambda database: inspect_matrix(database, company, then)))
        if as_json:
            typer.echo(matrix.as_json(found))
        else:
            matrix.print_matrix(found, then)


def moment(text: str) -> datetime:
    """A moment in ISO 8601; without an offset it is in this machine's time zone. Raises ValueError."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except OverflowError as error:
        raise ValueError(str(error)) from error
