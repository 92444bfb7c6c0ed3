"""`enfact doctor`: what is wrong with the database, and what to do."""

import typer

from gateway.cli.terminal import Data, refusals, run, settings_of


def doctor(data: Data = None) -> None:
    """Look at the database as the gateway would use it: schema, rights, settings, clock, notifications, replicas.

    It changes nothing. What is wrong is said with what to do, and the exit code is 1 then.
    """
    with refusals():
        settings = settings_of(data=data)
        from gateway.cli.doctor import examine

        if not run(examine(settings)):
            raise typer.Exit(1)
