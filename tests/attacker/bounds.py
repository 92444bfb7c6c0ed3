"""What an operation may take, whoever asks it: the bounds of the attacker's tests, all in one place."""

from pathlib import Path
from typing import Final

MIB: Final = 1024 * 1024

ADMITTED: Final = 1 / 3
"""Of what is drawn so much has to be admitted: an attacker whom the first rule stops finds out nothing."""

NODES: Final = 6_000
"""Objects and fields that are compiled, of each kind of row again: 20 µs of Python each. Honest documents: 130."""

SQL: Final = 256 * 1024
"""Bytes of all statements of one operation together."""

RELATIONS: Final = 2_500
"""Tables and sub-selects in all statements of one operation together: what the planner goes through."""

ANSWER: Final = 2 * MIB
"""Bytes that an answer may have whatever it costs."""

BYTES_OF_A_POINT: Final = 64
"""Bytes that an answer may have for each point of its cost. A point is a value: its name and some words."""

BACKEND: Final = 64 * MIB
"""Bytes that a backend takes for one operation above what a new one has."""

# What is reported, and never asserted

BEGINNING: Final = 0.0005
"""Seconds of CPU that any operation may take."""

EXCESS: Final = 20
"""How many times more CPU than the median operation of its cost makes an operation an outlier."""

WORST: Final = 12
"""So many of the worst operations are written down."""

WORST_FILE: Final = Path("worst-operations.jsonl")
"""Where the long form writes the worst, each on a line."""

REPORT_FILE: Final = Path("worst-operations.txt")
"""Where it writes its report, which is printed at the end."""
