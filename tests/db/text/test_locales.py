"""The locale of a database makes no difference to texts, and another encoding than UTF-8 is refused."""

from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

import pytest

from db.connection import connect
from db.database import Database
from db.errors import DatabaseMisconfigured
from db.migrate import migrate
from db.text.folding import fold, reading_key
from db.text.functions import functions
from resolvers.app_rows import app_rows
from tests.db.text.test_folding import ALIKE, IN_ORDER, SAME
from tests.support.databases import Databases

LOCALES = (
    "locale_provider builtin builtin_locale 'C.UTF-8' locale 'C'",
    "locale_provider builtin builtin_locale 'PG_UNICODE_FAST' locale 'C'",
    "locale_provider libc locale 'C'",
    "locale_provider libc locale 'C.UTF-8'",
)
TEXTS = [*IN_ORDER, *(text for alike in ALIKE for text in alike)]
BY_KEY = 'select array_agg(t order by reading_key(t) collate "C", n) from unnest($1::text[]) with ordinality u(t, n)'


@pytest.fixture
async def made(databases: Databases, request: pytest.FixtureRequest) -> AsyncGenerator[str]:
    """A database with these options."""
    name = f"{urlsplit(await databases.clone('template0')).path[1:]}"
    dsn = databases.dsn(name)
    await databases.drop(dsn)
    admin = await connect(databases.server)
    try:
        await admin.execute(f'create database "{name}" template template0 {request.param}')
        yield dsn
        await databases.drop(dsn)
    finally:
        await admin.close()


@pytest.mark.parametrize("made", [f"encoding 'UTF8' {locale}" for locale in LOCALES], indirect=True)
async def test_a_locale_makes_no_difference(made: str) -> None:
    database = await Database.open(made)
    try:
        async with database.transaction() as connection:
            for function in functions():
                await connection.execute(function)
        folded, keys, _ = await database.read(SAME, [TEXTS])
        assert (folded, keys) == ([*map(fold, TEXTS)], [*map(reading_key, TEXTS)])
        assert (await database.read(BY_KEY, [TEXTS]))[0] == sorted(TEXTS, key=reading_key)
    finally:
        await database.close()


@pytest.mark.parametrize("made", ["encoding 'SQL_ASCII' locale_provider libc locale 'C'"], indirect=True)
async def test_another_encoding_is_refused(made: str) -> None:
    with pytest.raises(DatabaseMisconfigured, match="has the encoding SQL_ASCII; UTF8 is needed"):
        await migrate(made, app_rows())
    with pytest.raises(DatabaseMisconfigured, match="UTF8 is needed"):
        await Database.open(made)
