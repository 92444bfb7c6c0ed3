"""`enfact token`: a session for scripts and local development."""

from typing import Annotated

import typer

from gateway.cli.terminal import Data, refusals, run, settings_of


def token(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The address of a confirmed account.")],
    data: Data = None,
) -> None:
    """Open a session for somebody and print its token, nothing else.

    For scripts and local development: TOKEN=$(enfact token lambert@demo.enfact.test). Whoever may use the database may
    do this without a password. The session is like one of a login: the account sees it among its sessions as opened by
    the operator, and can end it. It ends after 14 days without use.
    """
    with refusals():
        settings = settings_of(data=data)
        from gateway.cli.database import using_database
        from resolvers.admin.session_token import open_token

        typer.echo(run(using_database(settings, lambda database: open_token(database, email))))
