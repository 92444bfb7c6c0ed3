"""How long commands take before a person sees something, in CPU time, as multiples of what Python itself takes."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.support.commands import ENFACT, environment

NOTHING: Final = [sys.executable, "-c", "pass"]
HALF_A_SECOND: Final = 40
"""So many times the start of Python is half a second on a machine where that takes 12 ms."""

RUNS: Final = 3
NOWHERE: Final = "postgresql://nobody@127.0.0.1:1/none"


def ended(command: list[str]) -> float:
    """The CPU seconds of a command until its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment(), capture_output=True, check=True, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def heard(command: list[str]) -> float:
    """The CPU seconds of a command until its first line on standard error."""
    with subprocess.Popen(command, env=environment(DATABASE_URL=NOWHERE), stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "enfact: Loading the gateway …\n".encode()
        status = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii")
        user, system = status.rpartition(")")[2].split()[11:13]
        process.kill()
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def ratio(measure: Callable[[list[str]], float], *arguments: str) -> float:
    """What a command takes, as a multiple of Python's start; the least of some runs of each, taken in turns."""
    runs = [(ended(NOTHING), measure([*ENFACT, *arguments])) for _ in range(RUNS)]
    return min(ours for _, ours in runs) / min(python for python, _ in runs)


def test_help_takes_half_a_second_at_most() -> None:
    assert ratio(ended, "--help") < HALF_A_SECOND


def test_a_start_shows_a_sign_of_life_within_a_second() -> None:
    assert ratio(heard, "serve", "--port", "0") < 2 * HALF_A_SECOND
