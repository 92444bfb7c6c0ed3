"""The gateway of another checkout of this repository: takes its folder, gives it as a contender with its own database.

Its code makes its data set itself, since older code may refuse a newer schema; code whose data set is made alike
shares the database of the others. It runs with the packages of its own .venv.
"""

import asyncio
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.load import LoadError
from tests.bench.servers import BEFORE, UNLIMITED, Contender, gateway_command, graphql, graphql_change

FINGERPRINT: Final = "from tests.bench.cluster import fingerprint; print(fingerprint())"
FILL: Final = """
import asyncio, sys
from db.connection import connect
from db.migrate import migrate
from resolvers.catalogue import app_rows
from tests.bench import dataset

async def fill(dsn):
    await migrate(dsn, app_rows())
    connection = await connect(dsn)
    await dataset.load(connection, lambda done, total: print(done, total, flush=True))
    await connection.close()

asyncio.run(fill(sys.argv[1]))
"""
"""Run by the other checkout's Python, on its own code."""

SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Checkout:
    """Another checkout; `fingerprint` is of what decides what its data set is, `commit` a short name for it."""

    folder: Path
    fingerprint: str
    commit: str

    @property
    def contender(self) -> Contender:
        """Its gateway."""
        return Contender(
            BEFORE,
            f"the gateway of {self.commit}",
            lambda place: gateway_command(str(_python(self.folder)), place),
            graphql,
            graphql_change,
            environment=lambda place: self._unlimited,
            root=self.folder,
        )

    @property
    def _unlimited(self) -> Mapping[str, str]:
        """No rate limits, of those that it has: a setting that it does not know is refused."""
        settings = (self.folder / "gateway" / "settings.py").read_text()
        return {
            name: value for name, value in UNLIMITED.items() if f"{name.removeprefix('ENFACT_').lower()}:" in settings
        }

    async def fill(self, dsn: str, progress: Callable[[int, int], None]) -> None:
        """Put its schema and data set into an empty database. Raises LoadError."""
        process = await asyncio.create_subprocess_exec(
            _python(self.folder), "-c", FILL, dsn, cwd=self.folder, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        async for line in process.stdout:
            done, total = map(int, line.split())
            progress(done, total)
        said = await process.stderr.read()
        if await process.wait() != 0:
            raise LoadError(f"{self.folder} cannot make its data set: {said.decode(errors='replace')[-1_000:]}")


def checkout(folder: Path) -> Checkout:
    """The checkout in a folder. Raises LoadError when its gateway could not run."""
    folder = folder.resolve()
    if not _python(folder).exists():
        raise LoadError(f"{folder} has no .venv: run ./dev check there, which installs it")
    said = _run([str(_python(folder)), "-c", FINGERPRINT], folder)
    return Checkout(folder, said, _run(["git", "describe", "--always", "--dirty"], folder))


def _python(folder: Path) -> Path:
    return folder / ".venv" / "bin" / "python"


def _run(command: list[str], folder: Path) -> str:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LoadError(f"{folder}: {error}") from None
    if done.returncode != 0:
        raise LoadError(f"{folder} is no checkout that can be compared with: {done.stderr.strip()[-600:]}")
    return done.stdout.strip()
