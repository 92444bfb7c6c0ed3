"""What selections lead to: takes nodes of a document, gives the fragments and variables used in them and below."""

from collections.abc import Iterable, Mapping

from graphql import FragmentDefinitionNode, FragmentSpreadNode, Node, VariableNode, visit
from graphql.language import Visitor


class Reach(Visitor):
    """The names of the variables and fragments that some nodes lead to, each in the order in which it was found.

    A fragment that the document does not have is named, too.
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
        """A variable is used."""
        self.variables[node.name.value] = None

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        """A fragment is used."""
        self.fragments[node.name.value] = None
