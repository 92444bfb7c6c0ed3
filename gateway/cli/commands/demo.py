"""`enfact demo`: the demo in an empty database, or anew in its own."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from gateway.cli.progress import Progress, progress_of
from gateway.cli.terminal import Data, refusals, run, say, settings_of
from gateway.demo_logins import logins


def demo(
    data: Data = None,
    scale: Annotated[
        int,
        typer.Option(
            min=1, max=200, help="How many times the 62 companies are there; the copies' logins begin with 1., 2. …"
        ),
    ] = 1,
    reset: Annotated[
        bool, typer.Option("--reset", help="First delete the demo that is there, with all that was done in it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before --reset.")] = False,
) -> None:
    """Load the demo: Belgian companies with years of documents.

    It goes into DATABASE_URL, or else into the data folder, and only into a database without companies.

    With --reset a demo is deleted first. Only a database that this command has filled is ever emptied, and none that
    a gateway serves from.
    """
    if reset and not yes and not sys.stdin.isatty():
        raise typer.BadParameter(
            "--reset asks before it deletes: add --yes where nobody can answer", param_hint="--yes"
        )
    with refusals():
        settings = settings_of(data=data)
        with progress_of(settings) as progress:
            progress.step("Opening the database")
            from gateway.cli.filling import fill_database

            may_empty = _asking(progress, yes=yes) if reset else None
            run(fill_database(settings, progress.report, scale, may_empty))
        say(logins())


def _asking(progress: Progress, *, yes: bool) -> Callable[[int], bool]:
    """The question before a demo is deleted: takes its number of companies, returns the consent."""

    def ask(companies: int) -> bool:
        progress.stop()
        return yes or typer.confirm(f"Delete the demo's {companies} companies and all that was done in them?", err=True)

    return ask
