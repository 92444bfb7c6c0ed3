"""The output of `enfact settings`, made from the declared settings and the environment."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from rich.table import Table
from rich.text import Text

from gateway.cli.terminal import check_names, invalid_settings
from gateway.settings import Settings
from gateway.variables import text_of, variable_of

HIDDEN: Final = "(set, not shown)"
COLUMNS: Final = ("variable", "value", "from", "default", "meaning")


@dataclass(frozen=True, slots=True)
class ExplainedSetting:
    """One setting: its variable, value in force, source of the value, default and meaning, each as text.

    `problem` is what is wrong with the value in the environment; the value is not shown then.
    """

    variable: str
    value: str
    source: str
    default: str
    meaning: str
    problem: str = ""


def explain(environ: Mapping[str, str] = os.environ) -> list[ExplainedSetting]:
    """Every setting, in the order of their declaration. Raises UnknownSetting."""
    check_names(environ)
    problems = _problems()
    given = {name.upper(): value for name, value in environ.items() if value}
    return [_explained(name, field, given, problems) for name, field in Settings.model_fields.items()]


def table_of(lines: Iterable[ExplainedSetting]) -> Table:
    """The settings as a table."""
    table = Table(show_lines=True, pad_edge=False)
    for column in COLUMNS:
        table.add_column(column, overflow="fold", ratio=1 if column == "meaning" else None)
    for line in lines:
        value = Text(line.problem, "red") if line.problem else Text(line.value)
        table.add_row(line.variable, value, line.source, Text(line.default), Text(line.meaning))
    return table


def near(wanted: str, lines: Sequence[ExplainedSetting]) -> str:
    """A question after the setting that may have been meant; empty when none is like it."""
    found = get_close_matches(wanted, [line.variable for line in lines], 1)
    return f" Did you mean {found[0]}?" if found else ""


def _problems() -> dict[str, str]:
    """The problems of the environment, by variable."""
    try:
        Settings()
    except ValidationError as invalid:
        return dict(sentence.split(": ", 1) for sentence in invalid_settings(invalid))
    return {}


def _explained(name: str, field: FieldInfo, given: Mapping[str, str], problems: Mapping[str, str]) -> ExplainedSetting:
    known = variable_of(name, field)
    default = text_of(field.get_default(call_default_factory=True, validated_data={}))
    text, problem = given.get(known), problems.get(known, "")
    source = "environment" if text is not None else "default"
    value = default if text is None else "" if problem else HIDDEN if SecretStr in _kinds(field) else text
    return ExplainedSetting(known, value, source, default, field.description or "", problem)


def _kinds(field: FieldInfo) -> Sequence[object]:
    return getattr(field.annotation, "__args__", (field.annotation,))
