"""The texts of a case's `.sql` and `.json` files, from its outcomes."""

import json
import re
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from gateway.http.rendering import render
from tests.golden.case import Case
from tests.golden.layout import lay_out
from tests.golden.world import Outcome, Ran, Viewing, World

WIDTH: Final = 100
ARGUMENT: Final = 120
SAME: Final = "as entitled"
NEW_KEY: Final = "<new key>"
KEY: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def record(world: World, case: Case) -> dict[str, str]:
    """The texts of a case's files, by their suffixes."""
    outcomes = await world.run_all(case)
    return {".sql": sql_text(outcomes), ".json": json_text(outcomes)}


def sql_text(outcomes: Mapping[Viewing, Outcome]) -> str:
    """The statements of the entitled viewer, laid out, each with its arguments."""
    return "\n".join(_statement(ran) for ran in outcomes[Viewing.ENTITLED].statements)


def _statement(ran: Ran) -> str:
    arguments = [f"-- ${n} = {_argument(value)}\n" for n, value in enumerate(ran.arguments, 1)]
    return lay_out(ran.sql.strip().rstrip(";")).rstrip("\n") + ";\n" + "".join(arguments)


def _argument(value: object) -> str:
    match value:
        case bytes():
            return "<hash of a token>"
        case datetime():
            return "<moment>"
        case UUID() if _is_new(value):
            return NEW_KEY
        case list():
            text = f"[{', '.join(_argument(item) for item in cast('list[object]', value))}]"
        case None:
            return "null"
        case _:
            text = KEY.sub(lambda found: NEW_KEY if _is_new(UUID(found[0])) else found[0], str(value))
    return text if len(text) <= ARGUMENT else f"{text[:ARGUMENT]}…"


def _is_new(key: UUID) -> bool:
    """Whether a key (uuidv7, which begins with milliseconds) was created by this run."""
    return abs((key.int >> 80) / 1_000 - time.time()) < 86_400


def json_text(outcomes: Mapping[Viewing, Outcome]) -> str:
    """The answer of each viewer, as a client reads it; one that equals the entitled viewer's is not written again."""
    answers = {viewing.value: read_answer(outcome) for viewing, outcome in outcomes.items()}
    entitled = _lines(answers[Viewing.ENTITLED.value])
    shown = {
        name: SAME if n and _lines(answer) == entitled else answer for n, (name, answer) in enumerate(answers.items())
    }
    return "\n".join(_lines(shown)) + "\n"


def read_answer(outcome: Outcome) -> Any:
    """The response as a client reads it. Raises ValueError when an object has a key twice."""
    return json.loads(render(outcome.result, "golden"), object_pairs_hook=_distinct)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f"a key stands twice among {[key for key, _ in pairs]}")
    return found


def _lines(value: Any) -> list[str]:
    """Lines of JSON; every value that fits on a line is on one."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) <= WIDTH or not isinstance(value, dict | list):
        return [flat]
    if isinstance(value, dict):
        return _bracketed("{", (_member(key, item) for key, item in value.items()), "}")  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return _bracketed("[", (_lines(item) for item in value), "]")  # pyright: ignore[reportUnknownVariableType]


def _member(key: str, value: Any) -> list[str]:
    first, *rest = _lines(value)
    return [f"{json.dumps(key)}: {first}", *rest]


def _bracketed(opening: str, items: Iterable[list[str]], closing: str) -> list[str]:
    lines = [opening]
    for item in items:
        lines.extend(f"  {line}" for line in item)
        lines[-1] += ","
    lines[-1] = lines[-1].removesuffix(",")
    return [*lines, closing]
