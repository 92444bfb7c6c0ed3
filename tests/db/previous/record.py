"""Records the statements of this release, a pytest plugin: what the executor sends to the database while tests run.

At a release, with the folders whose tests run its operations:

    .venv/bin/python -m pytest -p tests.db.previous.record tests/golden tests/resolvers/mutations

adds them to `<revision>.sql` here: `tests/db/test_previous.py` holds every later schema against it.
"""

from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

import asyncpg

from db.schema_version import revisions
from resolvers.execution.executor import Executor

FOLDER: Final = Path(__file__).parent
BETWEEN: Final = "\n;\n"
ASKED: Final = ContextVar("ASKED", default=False)

found: set[str] = set()


def pytest_configure() -> None:
    """Let the executor and the driver's connections tell what they do."""
    for name in ("execute", "start"):
        setattr(Executor, name, _asking(getattr(Executor, name)))
    driver: Any = asyncpg.Connection
    for name in ("_execute", "_executemany"):
        setattr(driver, name, _recording(getattr(driver, name)))


def pytest_sessionfinish() -> None:
    """Add what was found to the file."""
    file = FOLDER / f"{revisions()[-1]}.sql"
    known = set(file.read_text(encoding="utf-8").split(BETWEEN)) if file.exists() else set[str]()
    file.write_text(BETWEEN.join(sorted(known | found)), encoding="utf-8")


def _asking(method: Any) -> Any:
    async def asking(*args: Any, **options: Any) -> Any:
        token = ASKED.set(True)
        try:
            return await method(*args, **options)
        finally:
            ASKED.reset(token)

    return asking


def _recording(method: Any) -> Any:
    async def recording(connection: Any, query: str, *args: Any, **options: Any) -> Any:
        done = await method(connection, query, *args, **options)
        if ASKED.get():
            found.add(query.strip())
        return done

    return recording
