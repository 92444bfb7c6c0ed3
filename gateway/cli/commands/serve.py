"""`enfact serve`: the gateway, with its database, migrations and demo."""

import os
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.env_file import EnvFile, file_of
from gateway.cli.progress import Progress, progress_of
from gateway.cli.terminal import Data, refusals, run, sentences, settings_of
from gateway.demo_logins import FIRST_STEPS, LOGINS, PASSWORD, logins

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.server.startup import Started, Watch
    from gateway.settings import Settings


def serve(  # noqa: PLR0913, PLR0917 (its parameters are the options)
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on (127.0.0.1).", show_default=False)] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on (8000); 0 takes a free one.", show_default=False)
    ] = None,
    data: Data = None,
    workers: Annotated[int | None, typer.Option(help="Processes that share the port (1).", show_default=False)] = None,
    no_demo: Annotated[bool, typer.Option("--no-demo", help="Leave an empty embedded database empty.")] = False,
    no_migrate: Annotated[
        bool, typer.Option("--no-migrate", help="Leave the database as it is: enfact migrate is run elsewhere.")
    ] = False,
    expose_demo: Annotated[
        bool, typer.Option("--expose-demo", help="Let others reach a demo, whose passwords everybody knows.")
    ] = False,
) -> None:
    """Start the gateway: the database, its migrations and, on the first start, the demo.

    Without DATABASE_URL an embedded PostgreSQL runs in the data folder as long as the gateway does. A second gateway
    on the same folder (with another port) shares it. Ctrl+C or SIGTERM stops the gateway after running requests;
    SIGHUP replaces its workers, if there are several, one by one by others with the settings of now.
    """
    with refusals():
        from gateway.server.listener import listen

        options = {
            "host": host, "port": port, "data": data, "workers": workers, "expose_demo": expose_demo or None,
        }  # fmt: skip
        settings = settings_of(**options)
        listener = listen(settings.host, settings.port)
        with progress_of(settings) as progress:
            progress.step("Loading the gateway")
            from gateway.server import startup

            watch = _watch(settings, progress, partial(_settings_of_now, file_of(context), options))
            run(startup.serve(settings, listener, watch, demo=not no_demo, migrate=not no_migrate))


def _watch(settings: "Settings", progress: Progress, read: "Callable[[], Settings]") -> "Watch":
    """The progress of a start on the terminal; `read` returns the settings of now."""
    from gateway.server.startup import Watch

    return Watch(progress.step, progress.report, lambda started: _greet(settings, started, progress), read)


def _settings_of_now(file: EnvFile | None, options: Mapping[str, object]) -> "Settings":
    """The settings by the file of now, the environment and the options. Raises SettingsRefused."""
    from gateway.server.reloading import SettingsRefused

    try:
        if file is not None:
            file.load(os.environ)
        return settings_of(**options)
    except Exception as error:  # noqa: BLE001 (any error: the workers stay as they are)
        raise SettingsRefused(" ".join(sentences(error))) from None


def _greet(settings: "Settings", started: "Started", progress: Progress) -> None:
    progress.stop()
    typer.echo(f"enFact gateway: {started.url}/graphql")
    if settings.has_console:
        typer.echo(f"In a browser: {started.url}/console/")
    if started.data is not None:
        typer.echo(f"Data folder: {started.data}")
    if started.demo:
        typer.echo(f"\n{logins()}\n\n{FIRST_STEPS.format(url=started.url, email=LOGINS[0][0], password=PASSWORD)}")
