"""CPU time and memory of processes, read from the kernel (Linux)."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

PROC = Path("/proc")


def tree(root: int) -> list[int]:
    """A process and all its descendants."""
    found = [root]
    for pid in found:
        found += _children(pid)
    return found


def cpu(pids: list[int]) -> int:
    """Nanoseconds of CPU of these processes, with all their threads; ended processes count as 0."""
    return sum(_of_process(pid) for pid in pids)


def resident(pids: list[int]) -> float:
    """Resident memory of these processes in MiB; shared pages count for each of them."""
    return sum(_resident_pages(pid) for pid in pids) * os.sysconf("SC_PAGESIZE") / 2**20


def backends(postmaster: int) -> Mapping[str, list[int]]:
    """PostgreSQL's backend processes by database user, from their titles."""
    found: dict[str, list[int]] = {}
    for pid in _children(postmaster):
        words = _title(pid).split()
        if len(words) > 3 and words[0] == "postgres:" and words[3].startswith(("[local]", "127.")):
            found.setdefault(words[1], []).append(pid)
    return found


def _children(pid: int) -> Iterator[int]:
    for task in _tasks(pid):
        try:
            yield from map(int, (task / "children").read_text().split())
        except OSError:
            continue


def _tasks(pid: int) -> list[Path]:
    try:
        return list((PROC / str(pid) / "task").iterdir())
    except OSError:
        return []


def _of_process(pid: int) -> int:
    total = 0
    for task in _tasks(pid):
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except (OSError, IndexError):
            continue
    return total


def _resident_pages(pid: int) -> int:
    try:
        return int((PROC / str(pid) / "statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0


def _title(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
