"""`enfact secrets`: the secrets of connections and their keys."""

import typer

from gateway.cli.terminal import Data, refusals, run, settings_of

commands = typer.Typer(rich_markup_mode="markdown", invoke_without_command=True)


@commands.callback()
def secrets(context: typer.Context, data: Data = None) -> None:
    """Show how many secrets of connections each key can read, and how many no key can.

    The keys come from ENFACT_SECRET_KEYS, newest first, separated by commas. Without DATABASE_URL the keys in
    secrets.key of the data folder, one a line, are used too. The newest key encrypts; all of them decrypt. A copy of
    the database together with the keys reveals the secrets, so keep the keys elsewhere. A secret whose key is lost has
    to be entered again.

    To replace a key:

    1. Print a new one: enfact secrets new-key.
    2. Put it before the others, and restart every gateway.
    3. Encrypt every secret with it: enfact secrets rotate.
    4. When enfact secrets shows that no secret needs the old key, remove it and restart again.
    """
    context.obj = data
    if context.invoked_subcommand is None:
        with refusals():
            settings = settings_of(data=data)
            from gateway.cli import secrets as stored

            run(stored.show(settings))


@commands.command()
def rotate(context: typer.Context, data: Data = None) -> None:
    """Encrypt every secret with the newest key. Gateways may run meanwhile; it can be repeated at any time.

    The exit code is 1 when no key can read some of the secrets: these stay as they are.
    """
    with refusals():
        settings = settings_of(data=data or context.obj)
        from gateway.cli import secrets as stored

        run(stored.reseal(settings))


@commands.command(name="new-key")
def new_key_() -> None:
    """Print a new key for ENFACT_SECRET_KEYS or secrets.key."""
    from db.secrets import new_key

    typer.echo(new_key())
