"""`enfact grants`: what a database user needs that only serves."""

from typing import Annotated

import typer

from gateway.cli.terminal import refusals, settings_of


def grants(
    role: Annotated[str, typer.Argument(metavar="ROLE", help="The database user that serves; it has to exist.")],
    owner: Annotated[
        str | None,
        typer.Option(help="The user that migrates. Default: that of ENFACT_MIGRATE_URL.", show_default=False),
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="The database. Default: that of DATABASE_URL.", show_default=False)
    ] = None,
    schema: Annotated[str, typer.Option(help="The schema of the tables.")] = "public",
) -> None:
    """Print the SQL that lets a database user serve: rights to rows, of later tables too, and settings of its sessions.

    Run it after enfact migrate, as the user that migrates or as a superuser: enfact grants app | psql. It is harmless
    when it is repeated, and has to be after ENFACT_DEADLINE was changed, where a pooler is between.
    """
    with refusals():
        settings = settings_of()
        from db.dsn import user_and_database
        from db.grants import Parties
        from db.grants import grants as sql
        from gateway.pool import pool_settings

        dsn = settings.database_url.get_secret_value() if settings.database_url is not None else ""
        user, name = user_and_database(settings.migrate_dsn(dsn))
        parties = Parties(role, owner or user, database or name, schema)
        typer.echo(sql(parties, pool_settings(settings).of_session))
