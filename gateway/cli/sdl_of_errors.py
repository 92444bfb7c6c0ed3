"""The schema as text for clients that send `Hidden-Fields: error`: a field that is null only by an error says so.

The directive is that of https://specs.apollo.dev/nullability/v0.4, which Relay and Apollo's compilers read. In the
other modes a hidden field is null without an error, so the schema itself does not have it.
"""

from typing import Any, Final, TypeVar

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldDefinitionNode,
    InterfaceTypeDefinitionNode,
    NameNode,
    Node,
    ObjectTypeDefinitionNode,
    parse,
    print_ast,
)

from resolvers.compilation.nullability import null_by_gates_alone
from resolvers.execution.product import default_compiler
from schema import schema

N = TypeVar("N", bound=Node)

DEFINITION: Final = '''\
"""
The field is null only where an error says so: the value is hidden from the viewer, or an argument was refused. Made
for `Hidden-Fields: error`; there is one error for each selection, whose path ends at the first list. See
https://specs.apollo.dev/nullability/v0.4.
"""
directive @semanticNonNull(
  """The dimensions of a list that it is about; 0 is the field's own value."""
  levels: [Int!]! = [0]
) on FIELD_DEFINITION
'''


def text() -> str:
    """The SDL of this version with `@semanticNonNull`."""
    document = parse(schema.as_str())
    marked = {*null_by_gates_alone(default_compiler().layout)}
    definitions = [_marked(definition, marked) for definition in document.definitions]
    return f"{DEFINITION}\n{print_ast(DocumentNode(definitions=tuple(definitions)))}\n"


def _marked(definition: Any, marked: set[tuple[str, str]]) -> Any:
    if not isinstance(definition, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
        return definition
    name = definition.name.value
    return _with(definition, fields=tuple(_field(name, field, marked) for field in definition.fields or ()))


def _field(owner: str, field: FieldDefinitionNode, marked: set[tuple[str, str]]) -> FieldDefinitionNode:
    if (owner, field.name.value) not in marked:
        return field
    directive = DirectiveNode(name=NameNode(value="semanticNonNull"), arguments=())
    return _with(field, directives=(*(field.directives or ()), directive))


def _with(node: N, **changes: Any) -> N:
    """A copy of a node with other members."""
    members: dict[str, Any] = {key: getattr(node, key) for key in node.keys} | changes
    return type(node)(**members)
