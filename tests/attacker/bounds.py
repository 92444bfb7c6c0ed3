"""The bounds on the work of one operation, for any caller; all bounds of the attacker's tests."""

from pathlib import Path
from typing import Final

MIB: Final = 1024 * 1024

ADMITTED: Final = 1 / 3
"""The part of drawn operations that has to be admitted: operations that the first rule refuses test nothing else."""

NODES: Final = 6_000
"""Maximum number of compiled objects and fields, counted for each kind of row; 20 µs of Python each. Honest: 130."""

SQL: Final = 256 * 1024
"""Maximum number of bytes of all statements of one operation together."""

RELATIONS: Final = 2_500
"""Maximum number of tables and sub-selects in all statements of one operation: the work of the planner."""

ANSWER: Final = 2 * MIB
"""Maximum number of bytes of an answer of any cost."""

BYTES_OF_A_POINT: Final = 64
"""Maximum number of bytes of an answer for each point of its cost. A point is a value: its name and some words."""

BACKEND: Final = 64 * MIB
"""Maximum number of bytes that a backend takes for one operation, beyond those of a new backend."""

# Values for the report, which are never asserted

BEGINNING: Final = 0.0005
"""Seconds of CPU that every operation may take, beside those for its cost."""

EXCESS: Final = 20
"""The factor of CPU above the median for its cost from which an operation is an outlier."""

WORST: Final = 12
"""Maximum number of worst operations that are written down."""

WORST_FILE: Final = Path("worst-operations.jsonl")
"""The file for the worst operations of the long form, one a line."""

REPORT_FILE: Final = Path("worst-operations.txt")
"""The file for the report of the long form, which is printed at the end."""
