"""The command `enfact`: serve, migrate, demo, schema, apps, access, support, secrets."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Coroutine, Generator
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn
from uvicorn.loops.auto import auto_loop_factory

from db.embedded import EmbeddedError
from db.errors import DatabaseError
from db.installation import DemoRefused
from db.secrets import KeyFileBroken, NoSecretKey, new_key
from gateway import boot, sdl
from gateway.server import ListenError, listen
from gateway.settings import Settings
from gateway.workers import WorkersEnd
from resolvers.inspection import InspectionRefused
from resolvers.support import SupportAccount, SupportRefused
from schema.apps import App
from schema.language import Language

T = TypeVar("T")

REFUSALS = (
    ListenError,
    EmbeddedError,
    DatabaseError,
    DemoRefused,
    SupportRefused,
    InspectionRefused,
    WorkersEnd,
    KeyFileBroken,
    NoSecretKey,
    sdl.NoSchema,
)
"""Errors whose message is written for the person at the terminal."""

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

Data = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Folder of the embedded PostgreSQL (one of this user's), made when missing. Not used with DATABASE_URL.",
        show_default=False,
    ),
]

app = typer.Typer(
    name="enfact",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The enFact gateway: GraphQL in which every app that is switched off for somebody is not there for them.",
    epilog="Every option and more can be set in the environment: ENFACT_PORT, ENFACT_DATA, DATABASE_URL and so on.",
)
secrets = typer.Typer(invoke_without_command=True, add_completion=False)
app.add_typer(secrets, name="secrets")

support = typer.Typer(no_args_is_help=True, help="Accounts of the support staff.")
app.add_typer(support, name="support")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (127.0.0.1).", show_default=False)] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on (8000); 0 takes a free one.", show_default=False)
    ] = None,
    data: Data = None,
    workers: Annotated[int | None, typer.Option(help="Processes that share the port (1).", show_default=False)] = None,
    no_demo: Annotated[bool, typer.Option("--no-demo", help="Leave an empty embedded database empty.")] = False,
) -> None:
    """Start the gateway: database, migrations, and on a first start the demo.

    Without DATABASE_URL an embedded PostgreSQL runs in the data folder as long as the gateway does. A second gateway
    on the same folder (with another port) shares it. Ctrl+C, or SIGTERM, lets running requests finish.
    """
    with refusals():
        settings = _settings(host=host, port=port, data=data, workers=workers)
        listener = listen(settings.host, settings.port)
        with _progress() as progress:
            watch = boot.Watch(progress, lambda started: _greet(started, progress))
            _run(boot.serve(settings, listener, watch, demo=not no_demo))


@app.command()
def migrate(data: Data = None) -> None:
    """Bring the database to the schema of this version; harmless when it is there already."""
    with refusals():
        _run(boot.migrate_database(_settings(data=data)))
        _console().print("The database is up to date.")


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
            _run(boot.fill_database(_settings(data=data), progress, scale))
        _console().print(_logins(), highlight=False)


@app.command()
def schema(
    check: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="Compare FILE with the schema of this version."),
    ] = None,
) -> None:
    """Print the GraphQL schema (SDL).

    With --check FILE it is compared instead: breaking changes are named, and the exit code is 1 when FILE differs.
    """
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

    if as_json:
        typer.echo(gates.table_as_json())
        return
    only = App.__members__.get(app.upper()) if app is not None else None
    if app is not None and only is None:
        raise typer.BadParameter(f"there is no app {app}; enfact apps lists them all", param_hint="APP")
    gates.print_table(Console(), only, language)


@secrets.callback()
def secrets_(context: typer.Context, data: Data = None) -> None:
    """Show with which keys the secrets of connections can be read, and how many cannot.

    The keys are those of ENFACT_SECRET_KEYS, newest first, with commas between them; without DATABASE_URL also those in
    secrets.key of the data folder, one a line. The newest encrypts, all of them read. Whoever has a copy of the
    database and the keys has the secrets: keep the keys elsewhere. A secret whose key is lost has to be entered again.

    To replace a key: enfact secrets new-key prints one. Put it before the others, and restart every gateway. Then
    enfact secrets rotate encrypts everything anew; once enfact secrets shows that no secret needs the old key, take it
    away and restart again.
    """
    context.obj = data
    if context.invoked_subcommand is None:
        from gateway import secrets_command  # noqa: PLC0415 (only this command needs it)

        with refusals():
            _run(secrets_command.show(_settings(data=data), Console()))


@secrets.command()
def rotate(context: typer.Context, data: Data = None) -> None:
    """Encrypt every secret with the newest key. Gateways may run meanwhile; it can be repeated at any time.

    The exit code is 1 when there are secrets that no key at hand reads: they stay as they are.
    """
    from gateway import secrets_command  # noqa: PLC0415 (only this command needs it)

    with refusals():
        _run(secrets_command.rotate(_settings(data=data or context.obj), _console()))


@secrets.command(name="new-key")
def new_key_() -> None:
    """Print a new key for ENFACT_SECRET_KEYS or secrets.key."""
    typer.echo(new_key())


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
        found = _run(boot.inspect_access(_settings(data=data), company, then))
    if as_json:
        typer.echo(matrix.as_json(found))
        return
    matrix.print_matrix(Console(), found, then)


@support.command()
def add(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The address to sign in with; it never changes.")],
    first_name: Annotated[str, typer.Option(help="First name, as owners of companies see it.")] = "Support",
    last_name: Annotated[str, typer.Option(help="Last name.")] = "enFact",
    language: Annotated[Language, typer.Option(help="Language of messages.", case_sensitive=False)] = Language.FR,
    data: Data = None,
) -> None:
    """Make a support account; the password is asked for, or is the first line of standard input.

    It enters a company only while an owner there has switched support access on.
    """
    with refusals():
        account = SupportAccount.of(email, first_name, last_name, language)
        entered = _run(boot.add_support(_settings(data=data), account, _read_password()))
        _console().print(f"{account.email} may sign in. Companies that let support in now: {entered}.", highlight=False)


def _read_password() -> str:
    """A password from the person at the terminal, who types it twice and unseen, or from a program."""
    if sys.stdin.isatty():
        return typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return sys.stdin.readline().rstrip("\r\n")


@contextlib.contextmanager
def refusals() -> Generator[None, None, None]:
    """Errors that a person can mend become one sentence on standard error and exit code 1."""
    try:
        yield
    except REFUSALS as refused:
        _console().print(f"[red]enfact:[/] {escape(str(refused))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    except ValidationError as invalid:
        for error in invalid.errors(include_input=False, include_url=False):
            name = "_".join(str(part) for part in error["loc"])
            variable = name if name.isupper() else f"ENFACT_{name.upper()}"
            _console().print(
                f"[red]enfact:[/] {variable}: {error['msg'].removeprefix('Value error, ')}",
                highlight=False,
                soft_wrap=True,
            )
        raise typer.Exit(1) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(128 + signal.SIGINT) from None


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
        """Leave the terminal to others; harmless when repeated."""
        self._bars.stop()


@contextlib.contextmanager
def _progress() -> Generator[DemoProgress, None, None]:
    progress = DemoProgress(_console())
    try:
        yield progress
    finally:
        progress.stop()


def _settings(**options: object) -> Settings:
    """The settings of the environment, with the options that were given on the command line."""
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    return Settings(**given)


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        return runner.run(coroutine)


def _console() -> Console:
    return Console(stderr=True)


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
