"""The work of `enfact doctor`: prints the findings about a database."""

from typing import Final

from rich.table import Table
from rich.text import Text

from db.diagnosis import Finding, Requirements, diagnose
from db.replica_diagnosis import diagnose_replicas
from gateway.cli.terminal import print_table
from gateway.pool import pool_settings
from gateway.server.database import open_dsn
from gateway.settings import Settings

MARKS: Final = {True: ("good", "green"), None: ("could be better", "yellow"), False: ("wrong", "red")}
OWN: Final = 4
"""Connections of a worker beside its pool: readiness, listening, notifying; and letters, of one process."""


async def examine(settings: Settings) -> bool:
    """Print the findings; False when anything is wrong. Raises EmbeddedError."""
    pool = pool_settings(settings)
    async with open_dsn(settings) as dsn:
        replicas, listen_dsn = settings.replicas, settings.listen_dsn(dsn)
        each = pool.places + OWN + bool(replicas.dsns)  # one to look with
        found = [one async for one in diagnose(dsn, Requirements(pool.of_session, settings.workers * each, listen_dsn))]
        found += [one async for one in diagnose_replicas(replicas.dsns, replicas.lag, listen_dsn)]
    print_table(_table(found))
    return all(finding.is_good is not False for finding in found)


def _table(found: list[Finding]) -> Table:
    table = Table(pad_edge=False)
    for column in ("subject", "state", "words"):
        table.add_column(column, overflow="fold")
    for finding in found:
        table.add_row(finding.subject, Text(*MARKS[finding.is_good]), Text(finding.words))
    return table
