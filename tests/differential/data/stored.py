"""The data set as a template database, which is filled once for all processes."""

import hashlib

from db.connection import connect
from tests.differential.data.dataset import build
from tests.support.databases import FENCED, Databases, fenced_template


async def data_set_template(databases: Databases) -> str:
    """The name of the database with the data set, with a fence."""
    source = await fenced_template(databases)
    content = hashlib.sha256(f"{source}{build().tables}".encode()).hexdigest()
    return await databases.template(f"{FENCED}data_set", content, _fill, source=source)


async def _fill(dsn: str) -> None:
    connection = await connect(dsn)
    try:
        async with connection.transaction():
            await build().write(connection)
        await connection.execute("analyze")
    finally:
        await connection.close()
