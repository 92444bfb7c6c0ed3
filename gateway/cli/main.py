"""The command `enfact`: registers the commands. Importing it loads nothing of the product, so help comes at once."""

import gateway.garbage  # noqa: F401  # pyright: ignore[reportUnusedImport]  (it has to come before all other imports)

# isort: split

import os
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.commands import (
    access,
    apps,
    copies,
    demo,
    doctor,
    documents,
    errors,
    grants,
    migrate,
    owner,
    plan,
    schema,
    secrets,
    serve,
    settings,
    support,
    token,
)
from gateway.cli.env_file import KEY, EnvFile
from gateway.cli.terminal import refusals, write_whole
from gateway.data_folder import default_data_folder

DISTRIBUTION = "enfact-gateway"

app = typer.Typer(
    name="enfact",
    rich_markup_mode="markdown",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The enFact gateway: GraphQL in which every app that is switched off for somebody is not there for them.",
    epilog="Every option and more can be set in the environment: ENFACT_PORT, ENFACT_DATA, DATABASE_URL and so on; "
    f"`enfact settings` explains them all. Data is kept in {default_data_folder()} unless ENFACT_DATA or --data says "
    "otherwise.",
)
app.command()(serve.serve)
app.command()(migrate.migrate)
app.command()(grants.grants)
app.command()(doctor.doctor)
app.command()(copies.backup)
app.command()(copies.restore)
app.command()(copies.revive)
app.command()(demo.demo)
app.command()(settings.settings)
app.command()(token.token)
app.command()(schema.schema)
app.command()(apps.apps)
app.command()(access.access)
app.command()(errors.errors)
app.command()(owner.owner)
app.add_typer(documents.commands, name="documents")
app.add_typer(plan.plans, name="plan")
app.add_typer(plan.trials, name="trial")
app.add_typer(secrets.commands, name="secrets")
app.add_typer(support.commands, name="support")


def print_version(wanted: bool) -> None:
    """Print the version and exit, when it is wanted."""
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 (only needed here)

        typer.echo(f"enfact {version(DISTRIBUTION)}")
        raise typer.Exit


@app.callback()
def enfact(
    context: typer.Context,
    env_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Read variables from a file (NAME=value on a line) too; those of the environment go before. "
            "On SIGHUP `enfact serve` reads it again.",
            show_default=False,
        ),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The options of `enfact` itself."""
    write_whole()
    if env_file is not None:
        context.meta[KEY] = file = EnvFile(env_file)
        with refusals():
            file.load(os.environ)
