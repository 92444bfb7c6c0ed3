"""`enfact migrate`: the database at this version's tables."""

from gateway.cli.progress import progress_of
from gateway.cli.terminal import Data, refusals, run, say, settings_of


def migrate(data: Data = None) -> None:
    """Migrate the database to this version; harmless when it is up to date already, and when others use it.

    It waits for locks in short tries (ENFACT_MIGRATION_PATIENCE), and goes on where it was when it is started again.
    """
    with refusals():
        settings = settings_of(data=data)
        with progress_of(settings) as progress:
            progress.step("Migrating the database")
            from gateway.cli.database import migrate_database

            run(migrate_database(settings))
        say("The database is up to date.")
