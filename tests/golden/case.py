"""A golden case: a `.graphql` file with a head comment that states the viewer and the variables.

The head begins with a description; then come `viewer: <login>` (left out: anonymous), `without: <apps>` (those that the
toggled-off viewer lacks, OWNER for the role), `variables: <JSON>`, and `hidden: error` or `hidden: absent` (the mode of
hidden fields).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from schema.hidden_fields import HiddenFields

FOLDER: Final = Path(__file__).parent / "cases"
KEYS: Final = ("viewer", "without", "variables", "hidden")


@dataclass(frozen=True, slots=True)
class Case:
    """One operation; `without` names the apps (or the role OWNER) that the toggled-off viewer lacks."""

    file: Path
    query: str
    shows: str
    viewer: str | None = None
    without: tuple[str, ...] = ()
    variables: Mapping[str, Any] = field(default_factory=dict[str, Any])
    hidden_fields: HiddenFields = HiddenFields.NULL

    @property
    def name(self) -> str:
        """The common name of its files."""
        return self.file.stem

    @property
    def is_mutation(self) -> bool:
        """Whether it is a mutation."""
        return any(line.startswith("mutation") for line in self.query.splitlines())

    @property
    def sql(self) -> Path:
        """The file with its statements."""
        return self.file.with_suffix(".sql")

    @property
    def json(self) -> Path:
        """The file with its answers."""
        return self.file.with_suffix(".json")


def read_cases(folder: Path = FOLDER) -> list[Case]:
    """All cases, sorted by name. Raises ValueError for a head that does not have the module's form."""
    return [read_case(file) for file in sorted(folder.glob("*.graphql"))]


def read_case(file: Path) -> Case:
    """The case of a file. Raises as `read_cases` does."""
    query = file.read_text(encoding="utf-8")
    shows: list[str] = []
    head: dict[str, str] = {}
    for line in query.splitlines():
        if not line.startswith("#"):
            break
        key, _, value = line.removeprefix("#").strip().partition(": ")
        if key in KEYS:
            head[key] = value
        else:
            shows.append(line.removeprefix("#").strip())
    mode = head.get("hidden", "null").upper()
    if not shows or mode not in HiddenFields.__members__:
        raise ValueError(f"{file.name}: the head says neither what the case shows nor a known way of telling")
    variables = json.loads(head.get("variables", "{}"))
    without = tuple(head.get("without", "").split())
    return Case(file, query, " ".join(shows), head.get("viewer"), without, variables, HiddenFields[mode])
