"""PostgreSQL's own floor: the statements of `bare` run by pgbench, with the CPU that its backends take."""

import hashlib
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from db.embedded.binaries import find_binaries
from tests.bench import dataset, processes
from tests.bench.cluster import RUN
from tests.bench.contenders.statements import BARE
from tests.bench.operations import COMPANY, OPERATIONS

END_SECONDS: Final = 0.5
USER: Final = "pgbench"
CLIENTS: Final = 2
COUNT: Final = re.compile(r"number of transactions actually processed: (\d+)")


class Failed(RuntimeError):
    """pgbench did not run; the message has what it said."""


def floor(
    socket: str, postmaster: int, operations: Sequence[str], seconds: int, step: Callable[[str, int], None]
) -> Mapping[str, float]:
    """Milliseconds of PostgreSQL's CPU for one run of each operation that reads. Raises Failed."""
    found: dict[str, float] = {}
    for name in operations:
        if name == "write":
            continue
        before = processes.ended_children(postmaster)
        count = _pgbench(socket, name, seconds)
        time.sleep(END_SECONDS)  # its backends end a moment after it, and count once they have
        found[name] = round((processes.ended_children(postmaster) - before) / 1e6 / count, 4)
        step(f"{name}: pgbench", 1)
    return found


def script(name: str) -> str:
    """The statement with pgbench's variables in the place of parameters."""
    return BARE[name].replace("$1", ":hash").replace("$2", ":company").replace("\n", " ") + ";\n"


def _pgbench(socket: str, name: str, seconds: int) -> int:
    chosen = os.environ.get("ENFACT_PG_BIN")
    program = find_binaries(Path(chosen) if chosen else None).folder / "pgbench"
    if not program.exists():
        raise Failed(f"there is no {program}")
    hashed = hashlib.sha256(OPERATIONS[name].token.encode()).hexdigest()
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script(name))
        file.flush()
        done = subprocess.run(
            [
                program, "-n", "-M", "prepared", "-f", file.name, "-c", str(CLIENTS), "-j", "1", "-T", str(seconds),
                "-D", f"hash=\\x{hashed}", "-D", f"company={dataset.key('company', COMPANY)}", "-U", USER, RUN,
            ],
            env={"PGHOST": socket, "PGOPTIONS": "-c plan_cache_mode=force_generic_plan -c jit=off", "PATH": ""},
            capture_output=True, text=True, check=False, timeout=60 + seconds,
        )  # fmt: skip
    counted = COUNT.search(done.stdout)
    if done.returncode != 0 or counted is None or int(counted[1]) == 0:
        raise Failed(f"pgbench, {name}: {done.stderr.strip()[-600:]}")
    return int(counted[1])
