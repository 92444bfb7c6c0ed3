"""Parts that the commands share: the option --data, errors as sentences, settings from options, tables, the event loop.

Nothing of the product is imported here before it is used.
"""

import asyncio
import contextlib
import io
import os
import select
import signal
import sys
import traceback
from collections.abc import Coroutine, Generator, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from gateway.data_folder import default_data_folder

if TYPE_CHECKING:
    from pydantic import ValidationError
    from rich.console import Console, RenderableType
    from rich.table import Table

    from gateway.settings import Settings

T = TypeVar("T")

OF_TESTS: Final = "TEST_"
"""Prefix (after ENFACT_) of variables that only the tests use."""


class UnknownSetting(Exception):
    """A variable of the environment begins with ENFACT_ and is not a setting."""


class Declined(Exception):
    """The person at the terminal has said no."""


REFUSALS: Final = frozenset(
    {
        "db.backup.BackupFailed",
        "db.embedded.errors.EmbeddedError",
        "db.errors.DatabaseError",
        "db.installation.DemoExposed",
        "db.installation.DemoRefused",
        "db.revival.RevivalRefused",
        "db.secrets.KeyFileBroken",
        "db.secrets.NoSecretKey",
        "gateway.cli.sdl.NoSchema",
        "gateway.cli.terminal.Declined",
        "gateway.cli.terminal.UnknownSetting",
        "gateway.persisted_manifests.ManifestBroken",
        "gateway.server.listener.ListenError",
        "gateway.server.workers.WorkersEnd",
        "resolvers.admin.companies.InspectionRefused",
        "resolvers.mutations.steps.support_accounts.SupportRefused",
    }
)
"""Errors whose message is written for the person at the terminal; by name, since importing them all takes seconds."""

VALIDATION: Final = "pydantic_core._pydantic_core.ValidationError"

Data = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Folder of the embedded PostgreSQL (one of this user's), made when missing. Not used with DATABASE_URL. "
        f"Default: {default_data_folder()}",
        show_default=False,
    ),
]


@contextlib.contextmanager
def refusals() -> Generator[None]:
    """Turn errors into one sentence on standard error and exit code 1: what is wrong, and what a person can do."""
    try:
        yield
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(128 + signal.SIGINT) from None
    except Exception as error:
        if isinstance(error, BrokenPipeError):
            raise
        for sentence in sentences(error):
            complain(sentence)
        raise typer.Exit(1) from None


def sentences(error: Exception) -> list[str]:
    """The problem in words for a person, without values."""
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    if VALIDATION in names:
        return invalid_settings(error)  # pyright: ignore[reportArgumentType]  (it is not imported to be asked)
    if names & REFUSALS:
        return [str(error)]
    if isinstance(error, OSError) and error.strerror:
        return [f"{f'{error.filename}: ' if error.filename else ''}{error.strerror}."]
    return [_unexpected(error)]


def _unexpected(error: Exception) -> str:
    """The sentence for an error of the program: its kind and place. Its message may quote a secret."""
    if os.environ.get("ENFACT_LOG_LEVEL") == "debug":
        traceback.print_exception(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{type(error).__name__} at {frame.filename}:{frame.lineno}"
    return f"This is an error of the program ({place}). ENFACT_LOG_LEVEL=debug shows where it comes from."


def invalid_settings(invalid: "ValidationError") -> list[str]:
    """A sentence for each setting that is refused, without its value."""
    from gateway.variables import variable

    return [
        f"{variable('_'.join(map(str, error['loc'])))}: {error['msg'].removeprefix('Value error, ')}"
        for error in invalid.errors(include_input=False, include_url=False)
    ]


def settings_of(**options: object) -> "Settings":
    """The settings of the environment, overridden by the options of the command line (None: not given).

    Raises UnknownSetting and ValidationError.
    """
    from gateway.settings import Settings

    check_names(os.environ)
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    return Settings(**given)


def check_names(environment: Iterable[str]) -> None:
    """Raise UnknownSetting for a variable that looks like a setting and is not one, such as a misspelt limit."""
    from gateway.settings import Settings
    from gateway.variables import variable_of

    variables = {name.upper(): variable_of(name, field) for name, field in Settings.model_fields.items()}
    for name in sorted(environment):
        said = name.upper().removeprefix("ENFACT_")
        if said == name.upper() or said.startswith(OF_TESTS) or variables.get(said) == f"ENFACT_{said}":
            continue
        near = (f" Did you mean {variables[other]}?" for other in get_close_matches(said, variables, 1))
        raise UnknownSetting(f"{name} is no setting.{''.join(near)}")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on a loop of its own, and return its result."""
    from uvicorn.loops.auto import auto_loop_factory

    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        return runner.run(coroutine)


class _WaitingFile(io.FileIO):
    """A file that waits for its reader, also when another program has told its pipe not to wait."""

    def write(self, data: Any, /) -> int:
        """Write at least one byte; returns how many."""
        while not (written := super().write(data)):
            select.select([], [self], [])
        return written


def write_whole() -> None:
    """Make standard output a file that takes every text whole.

    With PYTHONUNBUFFERED, which images of containers set, Python writes a text once and never looks how much of it was
    taken: a pipe that is read slowly takes 64 KiB, and a signal ends the wait for the rest.
    """
    usual = sys.stdout
    if isinstance(usual, io.TextIOWrapper) and usual is sys.__stdout__:
        usual.flush()
        file = io.BufferedWriter(_WaitingFile(usual.fileno(), "w", closefd=False))
        sys.stdout = io.TextIOWrapper(file, usual.encoding, usual.errors, line_buffering=True)


def say(words: str) -> None:
    """Print a message to the person, beside the command's output: on standard error."""
    typer.echo(words, err=True)


def complain(sentence: str) -> None:
    """Print an error."""
    typer.echo(f"{typer.style('enfact:', fg='red')} {sentence}", err=True)


def console() -> "Console":
    """The terminal for what moves and has colours, beside the command's output: standard error."""
    from rich.console import Console

    return Console(stderr=True)


def print_table(table: "Table", *, header: bool = True) -> None:
    """Print a table: framed and fitted to a terminal; into a pipe or a file whole, with tabs between the columns.

    Without `header` a table in a file continues the one before.
    """
    if sys.stdout.isatty():
        from rich.console import Console

        Console().print(table)
        return
    columns = [[_plain(column.header), *map(_plain, column.cells)] for column in table.columns]
    for row in list(zip(*columns, strict=True))[not header :]:
        typer.echo("\t".join(row))


def _plain(cell: "RenderableType") -> str:
    """The text of a cell on one line: each line of it after the first is joined by a semicolon."""
    return "; ".join(" ".join(line.split()) for line in str(cell).splitlines() if line.strip())
