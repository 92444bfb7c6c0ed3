"""The lower bound of PostgreSQL alone: the statements of `bare` run by pgbench, and the CPU of its backends."""

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
from tests.bench.contenders.statements import BARE
from tests.bench.data import dataset
from tests.bench.data.cluster import RUN
from tests.bench.loads.operations import COMPANY, OPERATIONS, READS
from tests.bench.measures import processes
from tests.bench.report.spread import Estimate, estimate

LOOK_SECONDS: Final = 0.005
SECONDS: Final = 1
"""Seconds of a round."""
USER: Final = "pgbench"
CLIENTS: Final = 2
COUNT: Final = re.compile(r"number of transactions actually processed: (\d+)")


class Failed(RuntimeError):
    """pgbench failed; the message contains its output."""


def floor(
    socket: str, postmaster: int, operations: Sequence[str], rounds: int, step: Callable[[str, float], None]
) -> Mapping[str, Estimate]:
    """Milliseconds of PostgreSQL's CPU for one run of each operation that reads. Raises Failed."""
    reads = [name for name in operations if name in READS]
    found: dict[str, list[float]] = {name: [] for name in reads}
    for n in range(rounds):
        first = n % max(1, len(reads))
        for name in reads[first:] + reads[:first]:
            step(f"{name}, round {n + 1}: pgbench", n / rounds)
            done, spent = _pgbench(socket, postmaster, name)
            found[name].append(spent / 1e6 / done)
    return {name: estimate(values) for name, values in found.items()}


def script(name: str) -> str:
    """The statement with pgbench's variables in place of parameters."""
    return BARE[name].replace("$1", ":hash").replace("$2", ":company").replace("\n", " ") + ";\n"


def _pgbench(socket: str, postmaster: int, name: str) -> tuple[int, int]:
    """The number of runs of the statement, and the nanoseconds of CPU of its backends at the last reading."""
    chosen = os.environ.get("ENFACT_PG_BIN")
    program = find_binaries(Path(chosen) if chosen else None).folder / "pgbench"
    if not program.exists():
        raise Failed(f"there is no {program}")
    hashed = hashlib.sha256(OPERATIONS[name].token.encode()).hexdigest()
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script(name))
        file.flush()
        process = subprocess.Popen(
            [
                program, "-n", "-M", "prepared", "-f", file.name, "-c", str(CLIENTS), "-j", "1", "-T", str(SECONDS),
                "-D", f"hash=\\x{hashed}", "-D", f"company={dataset.key('company', COMPANY)}", "-U", USER, RUN,
            ],
            env={"PGHOST": socket, "PGOPTIONS": "-c plan_cache_mode=force_generic_plan -c jit=off", "PATH": ""},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        spent = _watch(process, postmaster)
        out, err = process.communicate()
    counted = COUNT.search(out)
    if process.returncode != 0 or counted is None or int(counted[1]) == 0:
        raise Failed(f"pgbench, {name}: {err.strip()[-600:]}")
    return int(counted[1]), spent


def _watch(process: "subprocess.Popen[str]", postmaster: int) -> int:
    """Read the CPU of the backends until they end, because it cannot be read afterwards; returns the last reading."""
    spent = 0
    while process.poll() is None:
        spent = max(spent, processes.cpu(processes.backends(postmaster).get(USER, [])))
        time.sleep(LOOK_SECONDS)
    return spent
