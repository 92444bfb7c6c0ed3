"""Reduces an operation that shows a fault: removes parts as long as the fault stays."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

from graphql import (
    REMOVE,
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    Node,
    ObjectFieldNode,
    VariableDefinitionNode,
    VariableNode,
    parse,
    print_ast,
    visit,
)
from graphql.language import Visitor

from tests.differential.checks.comparison import is_valid
from tests.differential.operations.drawn import Case

PARTS: Final = (FieldNode, FragmentSpreadNode, InlineFragmentNode, ArgumentNode, DirectiveNode, ObjectFieldNode)

Fault = Callable[[Case], Awaitable[object]]
"""Returns the fault of a case; None or a false value when there is none."""


async def reduce_case(case: Case, fault: Fault, rounds: int = 400) -> Case:
    """A minimal case with the same fault, or the smallest one after `rounds` tries."""
    smaller = True
    while smaller:
        smaller = False
        for candidate in _smaller(case):
            rounds -= 1
            if rounds < 0:
                return case
            if is_valid(candidate) and await fault(candidate):
                case, smaller = candidate, True
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    """The case without one part, large parts first."""
    document = parse(case.query)
    parts: list[Node] = []

    class Find(Visitor):
        def enter(self, node: Node, *_: object) -> None:
            if isinstance(node, PARTS):
                parts.append(node)

    visit(document, Find())
    for part in sorted(parts, key=lambda part: part.loc.start - part.loc.end if part.loc else 0):
        yield _without(case, document, part)


def _without(case: Case, document: DocumentNode, part: Node) -> Case:
    kept: Any = visit(document, _Drop(lambda node: node is part))
    spread = set(_names(kept, FragmentSpreadNode))
    kept = visit(kept, _Drop(lambda node: isinstance(node, FragmentDefinitionNode) and node.name.value not in spread))
    uses = list(_names(kept, VariableNode))
    once = {name for name in uses if uses.count(name) == 1}
    kept = visit(
        kept, _Drop(lambda node: isinstance(node, VariableDefinitionNode) and node.variable.name.value in once)
    )
    return Case(print_ast(kept), {name: value for name, value in case.variables.items() if name in set(uses) - once})


class _Drop(Visitor):
    """Removes the nodes that pass a test."""

    def __init__(self, doomed: Callable[[Any], bool]) -> None:
        super().__init__()
        self.doomed = doomed

    def enter(self, node: Any, *_: object) -> Any:
        return REMOVE if self.doomed(node) else None


def _names(document: Any, kind: type[Any]) -> Iterator[str]:
    found: list[str] = []

    class Find(Visitor):
        def enter(self, node: Any, *_: object) -> None:
            if isinstance(node, kind):
                found.append(node.name.value)

    visit(document, Find())
    yield from found
