"""Fragments followed: the selections of a set with those of its fragments, and the names that some nodes lead to."""

from collections.abc import Iterable, Iterator, Mapping

from graphql import (
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    Node,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    visit,
)
from graphql.language import Visitor


def expanded(selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[SelectionNode]:
    """The selections of a set, after each fragment those inside it; of an undefined fragment only the spread.

    A fragment is followed each time that it is spread; it may not spread itself.
    """
    for selection in selections.selections:
        yield selection
        match selection:
            case InlineFragmentNode():
                yield from expanded(selection.selection_set, fragments)
            case FragmentSpreadNode() if selection.name.value in fragments:
                yield from expanded(fragments[selection.name.value].selection_set, fragments)
            case _:
                pass


class References(Visitor):
    """The names of the variables and fragments that some nodes lead to, in the order in which they were found.

    The name of a fragment that the document does not define is among them.
    """

    def __init__(self, nodes: Iterable[Node], fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        super().__init__()
        self.variables: dict[str, None] = {}
        self.fragments: dict[str, None] = {}
        for node in nodes:
            visit(node, self)
        read: set[str] = set()
        while waiting := [name for name in self.fragments if name in fragments and name not in read]:
            for name in waiting:
                read.add(name)
                visit(fragments[name], self)

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        """Record a variable."""
        self.variables[node.name.value] = None

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        """Record a fragment."""
        self.fragments[node.name.value] = None
