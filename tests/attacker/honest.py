"""Honest operations: those of the goldens, the benchmark, the README and the client programs in the tests."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    OperationDefinitionNode,
    OperationType,
    is_required_input_field,
    parse,
    validate,
)

from resolvers.gates.coordinates import type_at
from schema import schema
from tests.attacker.drawing import Ids
from tests.attacker.victim import Asked
from tests.bench.loads.operations import OPERATIONS
from tests.differential.oracle.core import nullable_of
from tests.golden.case import Case, read_cases
from tests.support.databases import ROOT

TEXTS: Final = re.compile(r'`([^`]+)`|"""(.+?)"""|"((?:[^"\\\n]|\\.)+)"', re.DOTALL)
"""The forms of text that can contain a document in Markdown, JavaScript, Python and JSON."""

CLIENTS: Final = ("scripts/*.mjs", "*/program.ts", "*/*.graphql", "*/src/*.js")
DEFINITION: Final = re.compile(r"^(?=query|mutation|\{)", re.MULTILINE)
LOCAL: Final = "@argumentDefinitions", "@connection", "@catch"
"""Directives that the compilers of clients remove."""


def honest(ids: Ids) -> Iterator[tuple[str, Asked]]:
    """Operations, each with the name of its source; mutations are last."""
    found = list({asked.text: (name, asked) for name, asked in _all(ids)}.values())
    yield from sorted(found, key=lambda one: one[1].is_mutation)


def _all(ids: Ids) -> Iterator[tuple[str, Asked]]:
    for case in read_cases():
        text = "\n".join(line for line in case.query.splitlines() if not line.startswith("#"))
        if _is_answered(case) and not text.startswith("subscription"):
            yield case.name, Asked(text, case.variables, case.viewer, case.hidden_fields.name.lower())
    for operation in OPERATIONS.values():
        yield operation.name, _asked(operation.query, ids, operation.variables)
    for name, text in documents():
        yield name, _asked(text, ids, {})


def _is_answered(case: Case) -> bool:
    """Whether the golden's entitled viewer gets data."""
    told = json.loads(case.json.read_text(encoding="utf-8"))
    return "data" in told["entitled"]


def documents() -> Iterator[tuple[str, str]]:
    """The documents in the README and in the client programs, with their files."""
    files = [
        ROOT / "README.md",
        *(file for pattern in CLIENTS for file in sorted((ROOT / "tests/clients").glob(pattern))),
    ]
    for file in files:
        whole = file.read_text(encoding="utf-8")
        if file.suffix == ".graphql":
            yield from ((file.name, text) for text in DEFINITION.split(whole) if is_operation(text))
        for found in TEXTS.finditer(whole):
            text = (found[1] or found[2] or found[3]).replace('\\"', '"')
            if is_operation(text):
                yield file.name, text


def is_operation(text: str) -> bool:
    """Whether a text is a valid query or mutation."""
    try:
        parsed = parse(text)
    except GraphQLError:
        return False
    wanted = {OperationType.QUERY, OperationType.MUTATION}
    operations = [node for node in parsed.definitions if isinstance(node, OperationDefinitionNode)]
    return [node.operation in wanted for node in operations] == [True] and not validate(schema.core, parsed)


def _asked(text: str, ids: Ids, given: Any) -> Asked:
    """The operation of an owner, with values for its required variables."""
    return Asked(text, {**_needed(parse(text), ids), **given}, "lambert")


def _needed(parsed: DocumentNode, ids: Ids) -> dict[str, Any]:
    (node,) = [node for node in parsed.definitions if isinstance(node, OperationDefinitionNode)]
    types = {of.variable.name.value: type_at(schema.core, of.type) for of in node.variable_definitions or ()}
    return {name: _value(type_, ids) for name, type_ in types.items() if str(type_).endswith("!")}


def _value(type_: Any, ids: Ids) -> Any:
    match nullable_of(type_):
        case GraphQLList():
            return []
        case GraphQLInputObjectType() as of:
            members = {name: member for name, member in of.fields.items() if is_required_input_field(member)}
            return {name: _value(member.type, ids) for name, member in members.items()}
        case GraphQLEnumType() as of:
            return next(iter(of.values))
        case of:
            return {"ID": ids["com"][0], "Int": 1, "Boolean": True}.get(of.name, "x")
