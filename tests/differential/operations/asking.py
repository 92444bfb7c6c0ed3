"""Requests that name a coordinate of the gate table, with a placeholder for the name; for the mode `absent`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, cast

from graphql import GraphQLEnumType, GraphQLInputObjectType

from resolvers.gates.table import NODE, CoordinateKind, GatedCoordinate, Reached
from schema.declarations.gates import Gate
from tests.differential.operations.walking import alone, live_input, mutation
from tests.differential.oracle.core import is_list, named_of
from tests.differential.oracle.gating import field_gates, own_gates, printed_schema, type_gates

OPEN: Final = "\0"
"""The placeholder for the name, in the document or in the variables."""

PATHS: Final = 1
"""Maximum number of paths of a line in questions: validation differs only by the last step and its arguments."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request with a placeholder, and the hidden name for it."""

    name: str
    query: str
    variables: Any = field(default_factory=dict[str, Any])

    def body(self, name: str) -> dict[str, Any]:
        """The request with a name in place of the placeholder."""
        return {"query": self.query.replace(OPEN, name), "variables": _filled(self.variables, name)}

    @property
    def unknown(self) -> str:
        """A name of the same length that does not exist in the schema."""
        names = ("QZ" * len(self.name), "ZQ" * len(self.name))
        return next(name[: len(self.name)] for name in names if name[: len(self.name)] not in known_names())


@cache
def known_names() -> set[str]:
    """Every name of the schema."""
    schema = printed_schema()
    members = [member for type_ in schema.type_map.values() for member in _members(type_)]
    return {*schema.type_map, *members}


def questions(line: GatedCoordinate) -> Iterator[Question]:
    """The requests with which a viewer who lacks only the line's gate may try to detect its coordinate."""
    if line.kind is CoordinateKind.MUTATION:
        yield _opened(mutation(line).query, [str(line.name)])
        return
    if line.kind is CoordinateKind.TYPE:
        yield from _of_type(line.type_name)
    using = [path for path in line.paths if path.given and not path.live]
    reading = [path for path in line.paths if not path.given and line.kind is not CoordinateKind.ENUM_VALUE]
    for path in (*reading[:PATHS], *using[:PATHS]):
        question = _on_the_way(line, path)
        if question is not None:
            yield question
    for path in using[:1]:
        yield from _in_variables(line, path)
    live = live_input(line)
    if live is not None:
        yield _opened(live.query, [line.coordinate.partition(".")[2]])


def of_gone(name: str) -> Iterator[Question]:
    """The requests that name a type of any kind."""
    yield Question(name, f"query ($v: {OPEN}) {{ __typename }}")
    yield Question(name, f"query ($v: [{OPEN}!]!) {{ __typename }}")
    yield from _of_type(name)


def _of_type(name: str) -> Iterator[Question]:
    yield Question(name, f'{{ node(id: "x") {{ id ... on {OPEN} {{ id }} }} }}')
    yield Question(name, f"{{ viewer {{ ...F }} }} fragment F on {OPEN} {{ id }}")
    yield Question(name, f"query ($v: {OPEN}) {{ __typename }}")
    yield Question(name, f'{{ __type(name: "{OPEN}") {{ name kind fields {{ name }} }} }}')
    yield Question(name, "query ($n: String!) { __type(name: $n) { name kind fields { name } } }", {"n": OPEN})


def _on_the_way(line: GatedCoordinate, path: Reached) -> Question | None:
    """The question with the placeholder at the first step, or the argument at the end, of a path behind the gate."""
    text = alone(line, path).query
    names: list[str] = []
    type_, arguments = printed_schema().type_map["Company"], {}
    for step in path.steps:
        if step == NODE:
            type_ = printed_schema().type_map["Node"]
            continue
        if step.on is not None:
            names.append(step.on)
            if line.gate in type_gates(printed_schema().type_map[step.on]):
                return _opened(text, names)
        parent = printed_schema().type_map[step.on] if step.on else type_
        declared = parent.fields[step.name]
        names.append(step.name)
        if line.gate in field_gates(declared):
            return _opened(text, names)
        type_, arguments = named_of(declared.type), declared.args
    return _given(text, names, arguments, path.given, line.gate)


def _given(text: str, names: list[str], members: Any, given: tuple[str, ...], gate: Gate) -> Question | None:
    for name in given:
        names.append(name)
        declared = members[name]
        if gate in own_gates(declared):
            return _opened(text, names)
        if hasattr(declared, "type"):
            members = _members(named_of(declared.type))
    return None


def _opened(text: str, names: list[str]) -> Question:
    """The question of a text, with the placeholder for the last of these names, which stand in it in this order."""
    start, end = 0, 0
    for name in names:
        found = re.compile(rf"\b{name}\b").search(text, end)
        assert found is not None, (name, text)
        start, end = found.span()
    return Question(names[-1], text[:start] + OPEN + text[end:])


def _in_variables(line: GatedCoordinate, path: Reached) -> Iterator[Question]:
    """The questions with the argument of the last field as a variable, with the placeholder in its value."""
    argument, *inside = path.given
    type_: Any = None
    parent = printed_schema().type_map["Company"]
    for step in path.steps:
        if step == NODE:
            parent = printed_schema().type_map["Node"]
            continue
        declared = printed_schema().type_map[step.on].fields[step.name] if step.on else parent.fields[step.name]
        type_, parent = declared.args.get(argument), named_of(declared.type)
    text = alone(line, path).query
    literal = re.search(rf"\b{argument}: (\[[^\]]*\]|\{{[^{{}}]*(\{{[^{{}}]*\}})?[^{{}}]*\}}|\w+)", text)
    if not inside or literal is None or line.gate in own_gates(type_):
        return
    value = _json(type_.type, tuple(inside), line.gate)
    text = text[: literal.start()] + f"{argument}: $v" + text[literal.end() :]
    yield Question(inside[-1], f"query ($v: {type_.type}) {text}", {"v": value})


def _json(type_: Any, given: tuple[str, ...], gate: Gate) -> Any:
    """The value of a variable with the placeholder for the last of the names."""
    named = named_of(type_)
    match named:
        case GraphQLEnumType():
            value: Any = OPEN
        case GraphQLInputObjectType() if len(given) == 1:
            value = {OPEN: None}
        case _:
            value = {given[0]: _json(named.fields[given[0]].type, given[1:], gate)}
    return [value] if is_list(type_) else value


def _members(type_: Any) -> Any:
    return getattr(type_, "fields", None) or getattr(type_, "values", None) or {}


def _filled(value: Any, name: str) -> Any:
    match value:
        case dict():
            members = cast("dict[str, Any]", value)
            return {key.replace(OPEN, name): _filled(item, name) for key, item in members.items()}
        case list():
            return [_filled(item, name) for item in cast("list[Any]", value)]
        case str():
            return value.replace(OPEN, name)
        case _:
            return value
