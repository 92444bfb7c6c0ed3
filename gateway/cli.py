"""The command `enfact`: serve, migrate, demo, schema, apps, access, documents, support, secrets, owner."""

import contextlib
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

from gateway import boot, documents_command, owner_command, sdl, secrets_command, support_command
from gateway.server import listen
from gateway.terminal import Data, console, refusals, run, settings_of
from schema.apps import App
from schema.language import Language

PASSWORD = "demo-enfact-2026"  # noqa: S105 (the demo's, which is printed for everyone)
LOGINS = (
    ("lambert@demo.enfact.test", "owner of Chauffage Lambert"),
    ("eva@demo.enfact.test", "its field worker: work orders, time tracking, agenda"),
    ("noah@demo.enfact.test", "its seller: quotes, invoices, discounts; also employee of Bières Delvaux"),
    ("delvaux@demo.enfact.test", "owner of Bières Delvaux"),
    ("compta@demo.enfact.test", "accountant of both and of 60 small companies"),
    ("hors-ligne@demo.enfact.test", "accountant without clients"),
)
FIRST_STEPS = """\
Sign in, and ask what you may see:

  LOGIN='mutation {{ login(input: {{email: \\"{email}\\", password: \\"{password}\\"}}) {{ token }} }}'
  TOKEN=$(curl -s {url}/graphql -H 'content-type: application/json' -d "{{\\"query\\": \\"$LOGIN\\"}}" \\
    | sed 's/.*"token" *: *"\\([^"]*\\)".*/\\1/')
  curl -s {url}/graphql -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \\
    -d '{{"query": "{{ viewer {{ companies {{ nodes {{ name access {{ apps }} }} }} }} }}"}}'
"""
STAGES = {
    "compose": "Making up the demo",
    "write": "Writing it",
    "analyze": "Gathering statistics",
    "multiply": "Multiplying it",
}

app = typer.Typer(
    name="enfact",
    rich_markup_mode="markdown",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The enFact gateway: GraphQL in which every app that is switched off for somebody is not there for them.",
    epilog="Every option and more can be set in the environment: ENFACT_PORT, ENFACT_DATA, DATABASE_URL and so on.",
)
app.add_typer(documents_command.commands, name="documents")
app.add_typer(secrets_command.commands, name="secrets")
app.add_typer(support_command.commands, name="support")
app.command()(owner_command.owner)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (127.0.0.1).", show_default=False)] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on (8000); 0 takes a free one.", show_default=False)
    ] = None,
    data: Data = None,
    workers: Annotated[int | None, typer.Option(help="Processes that share the port (1).", show_default=False)] = None,
    no_demo: Annotated[bool, typer.Option("--no-demo", help="Leave an empty embedded database empty.")] = False,
    expose_demo: Annotated[
        bool, typer.Option("--expose-demo", help="Let others reach a demo, whose passwords everybody knows.")
    ] = False,
) -> None:
    """Start the gateway: database, migrations, and on a first start the demo.

    Without DATABASE_URL an embedded PostgreSQL runs in the data folder as long as the gateway does. A second gateway
    on the same folder (with another port) shares it. Ctrl+C, or SIGTERM, lets running requests finish.
    """
    with refusals():
        settings = settings_of(host=host, port=port, data=data, workers=workers, expose_demo=expose_demo or None)
        listener = listen(settings.host, settings.port)
        with _progress() as progress:
            watch = boot.Watch(progress, lambda started: _greet(started, progress))
            run(boot.serve(settings, listener, watch, demo=not no_demo))


@app.command()
def migrate(data: Data = None) -> None:
    """Bring the database to the schema of this version; harmless when it is there already."""
    with refusals():
        run(boot.migrate_database(settings_of(data=data)))
        console().print("The database is up to date.")


@app.command()
def demo(
    data: Data = None,
    scale: Annotated[
        int,
        typer.Option(
            min=1, max=200, help="How many times the 62 companies are there; the copies' logins begin with 1., 2. …"
        ),
    ] = 1,
) -> None:
    """Load the demo into DATABASE_URL, or into the data folder: Belgian companies with years of documents.

    It only goes into a database without companies.
    """
    with refusals():
        with _progress() as progress:
            run(boot.fill_database(settings_of(data=data), progress, scale))
        console().print(_logins(), highlight=False)


@app.command()
def schema(
    check: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="Compare FILE with the schema of this version."),
    ] = None,
    as_: Annotated[
        str | None, typer.Option("--as", metavar="EMAIL", help="What the account with this address sees of it.")
    ] = None,
    data: Data = None,
) -> None:
    """Print the GraphQL schema (SDL).

    With --check FILE it is compared instead: breaking changes are named, and the exit code is 1 when FILE differs.
    With --as EMAIL only that is printed which the account holds in one of its companies.
    """
    if check is not None and as_ is not None:
        raise typer.BadParameter("--check compares the whole schema", param_hint="--as")
    if as_ is not None:
        with refusals():
            typer.echo(run(boot.inspect_schema(settings_of(data=data), as_)), nl=False)
        return
    if check is None:
        typer.echo(sdl.current(), nl=False)
        return
    with refusals():
        difference = sdl.compare(check.read_text(encoding="utf-8"))
    if difference is None:
        typer.echo(f"{check} is the schema of this version.")
        return
    typer.echo(f"{check} differs from the schema of this version: enfact schema > {check}", err=True)
    for change in difference:
        typer.echo(f"breaking: {change}", err=True)
    raise typer.Exit(1)


@app.command()
def apps(
    app: Annotated[
        str | None, typer.Argument(metavar="[APP]", help="Only this app, with every path to what it gates.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, for tools.")] = False,
    language: Annotated[Language, typer.Option(help="Language of the labels.", case_sensitive=False)] = Language.EN,
) -> None:
    """Show what each app gates: the types, fields and values that are not there for who does not hold it."""
    from gateway import apps as gates  # noqa: PLC0415 (only this command needs it)

    only = App.__members__.get(app.upper()) if app is not None else None
    if app is not None and only is None:
        raise typer.BadParameter(f"there is no app {app}; enfact apps lists them all", param_hint="APP")
    if as_json:
        typer.echo(gates.table_as_json(only))
        return
    gates.print_table(Console(), only, language)


@app.command()
def access(
    company: Annotated[str, typer.Option(metavar="NAME|ID", help="The company, by its name or its global id.")],
    at: Annotated[
        str | None,
        typer.Option(metavar="MOMENT", help="As it was then, in ISO 8601; without an offset, of this machine's clock."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, for tools.")] = False,
    data: Data = None,
) -> None:
    """Show who may see what in a company, now or at a moment: what its owners read in the permission matrix."""
    from gateway import access_command as matrix  # noqa: PLC0415 (only this command needs it)

    try:
        then = matrix.moment(at) if at is not None else None
    except ValueError:
        raise typer.BadParameter(f"{at} is no moment, such as 2026-05-03T10:00", param_hint="--at") from None
    with refusals():
        found = run(boot.inspect_access(settings_of(data=data), company, then))
    if as_json:
        typer.echo(matrix.as_json(found))
        return
    matrix.print_matrix(Console(), found, then)


class DemoProgress:
    """The bar of the demo's loading: it appears with the first report."""

    def __init__(self, console: Console) -> None:
        self._bars = Progress(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), console=console)
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` of `stage` is done."""
        if stage not in self._tasks:
            self._bars.start()
            self._tasks[stage] = self._bars.add_task(STAGES.get(stage, stage), total=total)
        self._bars.update(self._tasks[stage], completed=done, total=total)

    def stop(self) -> None:
        """Leave the terminal to others; harmless when repeated, and before the first report."""
        if self._tasks:
            self._bars.stop()


@contextlib.contextmanager
def _progress() -> Generator[DemoProgress, None, None]:
    progress = DemoProgress(console())
    try:
        yield progress
    finally:
        progress.stop()


def _greet(started: boot.Started, progress: DemoProgress) -> None:
    progress.stop()
    sys.stdout.write(f"enFact gateway: {started.url}/graphql\n")
    if started.demo:
        steps = FIRST_STEPS.format(url=started.url, email=LOGINS[0][0], password=PASSWORD)
        sys.stdout.write(f"\n{_logins()}\n\n{steps}")
    sys.stdout.flush()


def _logins() -> str:
    lines = [f"  {email:<28} {words}" for email, words in LOGINS]
    return "\n".join([f"Demo logins, all with the password {PASSWORD}:", *lines])


if __name__ == "__main__":
    app()
