"""The gateway of another checkout of this repository, as a contender.

Its own code creates its data set, since older code may refuse a newer schema; code with the same data set shares the
database of the others. It runs with the packages of its own .venv.
"""

import asyncio
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.contenders.servers import BEFORE, UNLIMITED, Contender, gateway_command, graphql, graphql_change
from tests.bench.loads.generator import LoadError

NEWER: Final = {"create_customer": "createCustomer", "update_customer": "updateCustomer"}
"""The operations that older code does not support, with their mutations."""

ABOUT: Final = """
try:
    from tests.bench.data.cluster import fingerprint
except ImportError:
    from tests.bench.cluster import fingerprint
print(fingerprint())
try:
    from schema import schema
    print(*schema.core.mutation_type.fields)
except (ImportError, AttributeError):
    print()
"""
FILL: Final = """
import asyncio, sys
from db.connection import connect
from db.migrate import migrate
try:
    from resolvers.app_rows import app_rows
except ImportError:
    from resolvers.catalogue import app_rows
try:
    from tests.bench.data import dataset
except ImportError:
    from tests.bench import dataset

async def fill(dsn):
    await migrate(dsn, app_rows())
    connection = await connect(dsn)
    await dataset.load(connection, lambda done, total: print(done, total, flush=True))
    await connection.close()

asyncio.run(fill(sys.argv[1]))
"""
"""The program that the other checkout's Python runs, on its own code."""

SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Checkout:
    """Another checkout; `fingerprint` is the hash of the sources of its data set, `commit` its short name.

    `lacks` are the operations that it does not support.
    """

    folder: Path
    fingerprint: str
    commit: str
    lacks: frozenset[str] = frozenset()

    @property
    def contender(self) -> Contender:
        """The gateway of the checkout."""
        return Contender(
            BEFORE,
            f"the gateway of {self.commit}",
            lambda place: gateway_command(str(_python(self.folder)), place),
            graphql,
            graphql_change,
            lacks=self.lacks,
            environment=lambda place: self._unlimited,
            root=self.folder,
        )

    @property
    def _unlimited(self) -> Mapping[str, str]:
        """The settings without rate limits; only those that the checkout has, since it refuses others."""
        settings = (self.folder / "gateway" / "settings.py").read_text()
        return {
            name: value for name, value in UNLIMITED.items() if f"{name.removeprefix('ENFACT_').lower()}:" in settings
        }

    async def fill(self, dsn: str, progress: Callable[[int, int], None]) -> None:
        """Load its schema and data set into an empty database. Raises LoadError."""
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
    """The checkout in a folder. Raises LoadError when its gateway cannot run."""
    folder = folder.resolve()
    if not _python(folder).exists():
        raise LoadError(f"{folder} has no .venv: run ./dev check there, which installs it")
    found, _, mutations = _run([str(_python(folder)), "-c", ABOUT], folder).partition("\n")
    lacks = frozenset(name for name, mutation in NEWER.items() if mutation not in mutations.split())
    return Checkout(folder, found, _run(["git", "describe", "--always", "--dirty"], folder), lacks)


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
