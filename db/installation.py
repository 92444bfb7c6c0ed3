"""The `installation` row of a database, which marks it as the demo; and the refusals to make or serve a demo."""

from typing import Final

from db.connection import LOOKS, SERVING, Connection

COUNT_GATEWAYS: Final = """
select count(*) from pg_stat_activity
where datname = current_database()
  and (application_name = any ($1::text[]) or starts_with(application_name, $2))
"""


class DemoRefused(Exception):
    """The demo cannot be loaded into this database; the message gives the operator the reason in one sentence."""


class DemoExposed(Exception):
    """The demo would be served beyond this machine; the message tells the operator what to do."""

    def __str__(self) -> str:
        return (
            "This database is the demo, whose passwords everybody knows, and others would reach it. Serve it on "
            "127.0.0.1 only, or say that you mean it: --expose-demo, or ENFACT_EXPOSE_DEMO=true."
        )


async def is_demo(connection: Connection) -> bool:
    """True when the migrated database was filled with the demo."""
    return bool(await connection.fetchval("select demo from installation"))


async def serving_gateways(connection: Connection) -> int:
    """The number of connections that gateways have to the database."""
    return await connection.fetchval(COUNT_GATEWAYS, SERVING, LOOKS)
