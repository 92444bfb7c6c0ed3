"""What the commands share: the data folder's option, errors as sentences, settings from options, a loop."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Coroutine, Generator, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from uvicorn.loops.auto import auto_loop_factory

from db.embedded import EmbeddedError
from db.errors import DatabaseError
from db.installation import DemoExposed, DemoRefused
from db.secrets import KeyFileBroken, NoSecretKey
from gateway import sdl
from gateway.manifests import ManifestBroken
from gateway.server import ListenError
from gateway.settings import Settings
from gateway.workers import WorkersEnd
from resolvers.inspection import InspectionRefused
from resolvers.support import SupportRefused

T = TypeVar("T")

OF_TESTS = "TEST_"
"""What variables that are for the tests begin with, after ENFACT_."""


class UnknownSetting(Exception):
    """A variable of the environment has the name of no setting."""


REFUSALS = (
    ListenError,
    EmbeddedError,
    DatabaseError,
    DemoRefused,
    DemoExposed,
    SupportRefused,
    InspectionRefused,
    WorkersEnd,
    KeyFileBroken,
    NoSecretKey,
    sdl.NoSchema,
    ManifestBroken,
    UnknownSetting,
)
"""Errors whose message is written for the person at the terminal."""

Data = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Folder of the embedded PostgreSQL (one of this user's), made when missing. Not used with DATABASE_URL.",
        show_default=False,
    ),
]


@contextlib.contextmanager
def refusals() -> Generator[None, None, None]:
    """Errors that a person can mend become one sentence on standard error and exit code 1."""
    try:
        yield
    except REFUSALS as refused:
        console().print(f"[red]enfact:[/] {escape(str(refused))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    except ValidationError as invalid:
        for error in invalid.errors(include_input=False, include_url=False):
            name = "_".join(str(part) for part in error["loc"])
            variable = name if name.isupper() else f"ENFACT_{name.upper()}"
            console().print(
                f"[red]enfact:[/] {variable}: {error['msg'].removeprefix('Value error, ')}",
                highlight=False,
                soft_wrap=True,
            )
        raise typer.Exit(1) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(128 + signal.SIGINT) from None


def settings_of(**options: object) -> Settings:
    """The settings of the environment, with the options that were given on the command line.

    Raises UnknownSetting and ValidationError.
    """
    check_names(os.environ)
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    return Settings(**given)


def check_names(environment: Iterable[str]) -> None:
    """Refuse what looks like a setting and is none: a limit with a misspelt name would not be there."""
    variables = {name.upper(): field.validation_alias for name, field in Settings.model_fields.items()}
    for name in sorted(environment):
        said = name.upper().removeprefix("ENFACT_")
        if said == name.upper() or said.startswith(OF_TESTS) or (said in variables and not variables[said]):
            continue
        near = (
            f" Did you mean {variables[other] or f'ENFACT_{other}'}?" for other in get_close_matches(said, variables, 1)
        )
        raise UnknownSetting(f"{name} is no setting.{''.join(near)}")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """What the coroutine gives, run to its end on a loop of its own."""
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        return runner.run(coroutine)


def console() -> Console:
    """The terminal, for what is said to a person beside the output."""
    return Console(stderr=True)
