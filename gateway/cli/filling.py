"""The work of `enfact demo`."""

from collections.abc import Callable

from db.demo import load_demo
from db.demo.reset import empty_demo
from gateway.cli.terminal import Declined, say
from gateway.server.database import migrate_to_here, open_dsn
from gateway.settings import Settings

Report = Callable[[str, int, int], None]


async def fill_database(
    settings: Settings, report: Report, scale: int, may_empty: Callable[[int], bool] | None
) -> None:
    """Migrate, then load the demo, with its companies `scale` times.

    With `may_empty` (takes the number of companies, returns the consent) a demo that is there is deleted first. Raises
    DemoRefused for a database in use, Declined without consent, DatabaseError and EmbeddedError.
    """
    async with open_dsn(settings) as dsn:
        if may_empty is not None and not await empty_demo(dsn, may_empty):
            raise Declined("Nothing was deleted.")
        await migrate_to_here(settings, dsn, say)
        await load_demo(dsn, report, scale=scale)
