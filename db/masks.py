"""SQL of masks of apps: bit strings of 256 positions, the length of the columns (db/tables/metadata.py)."""

from typing import Final

NO_APPS: Final = "repeat('0', 256)::bit(256)"
ALL_APPS: Final = f"B'{'1' * 256}'"
"""A constant: the linter of migrations takes no function as the default of a column added later."""
