"""`enfact backup`, `restore` and `revive`: a database in a file, back again, and safe to serve from."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.progress import progress_of
from gateway.cli.terminal import Data, refusals, run, say, settings_of

if TYPE_CHECKING:
    from db.revival import Found

File = Annotated[Path, typer.Argument(metavar="FILE", help="The file of the backup (pg_dump's custom format).")]


def backup(file: File, data: Data = None) -> None:
    """Write the whole database to a file, beside gateways that serve from it.

    The keys of stored secrets (ENFACT_SECRET_KEYS, or secrets.key of the data folder) are not in it: keep them
    elsewhere. The program is pg_dump of ENFACT_PG_BIN, or the one of the embedded PostgreSQL; it must not be older
    than the server.
    """
    with refusals():
        settings = settings_of(data=data)
        with progress_of(settings) as progress:
            progress.step("Writing the backup")
            from gateway.cli.copies import back_up_database

            run(back_up_database(settings, file))
        say(f"The database is in {file}.")


def restore(file: File, data: Data = None) -> None:
    """Load a backup into an empty database, wholly or not at all. Rights are not in it: enfact grants prints them.

    Run enfact revive before a gateway serves from it: credentials and letters are those of the backup.
    """
    with refusals():
        settings = settings_of(data=data)
        with progress_of(settings) as progress:
            progress.step("Loading the backup")
            from gateway.cli.copies import restore_database

            run(restore_database(settings, file))
        say("The backup is loaded. Next: enfact revive, then enfact migrate if this version is newer.")


def revive(
    data: Data = None,
    since: Annotated[
        datetime | None,
        typer.Option(help="Also print the changes of access from this moment on (UTC).", show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Make a restored or copied database safe to serve from: end all sessions and API keys, delete waiting letters.

    What ended or was taken away after the backup would be there again otherwise, and letters would be sent twice.
    Rights are those of the backup: the moment of the newest change of access in it is printed.
    """
    if not yes and not sys.stdin.isatty():
        raise typer.BadParameter("it asks before it deletes: add --yes where nobody can answer", param_hint="--yes")
    with refusals():
        settings = settings_of(data=data)
        from gateway.cli.copies import revive_database

        run(revive_database(settings, lambda found: _asked(found, yes=yes), since and since.replace(tzinfo=UTC)))


def _asked(found: "Found", *, yes: bool) -> bool:
    newest = found.newest.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if found.newest is not None else "never"
    say(f"Newest change of access in {found.name}: {newest}. Rights that were taken away later are there again.")
    question = f"End {found.sessions} sessions and {found.keys} API keys, and delete {found.letters} waiting letters?"
    return yes or typer.confirm(question, err=True)
