"""The shortest path to every field of the schema, as parts of documents."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLEnumType, GraphQLInterfaceType, GraphQLObjectType, is_leaf_type, is_required_argument

from resolvers.gates.coordinates import named_type
from schema import schema
from tests.differential.operations.walking import ASKED, SAMPLES


@dataclass(frozen=True, slots=True)
class Way:
    """A field, the steps to it (the last one is the field itself), and the selections of its value."""

    steps: tuple[str, ...]
    field: Any
    selected: str

    @property
    def text(self) -> str:
        """The part of a document that reads the field."""
        return around(self.steps, self.selected)


def around(steps: tuple[str, ...], selected: str) -> str:
    """The part of a document with a selection at the end of a path."""
    for step in reversed(steps):
        selected = f"{step} {{ {selected} }}"
    return selected


def needed(field: Any, roots: dict[str, str]) -> dict[str, str]:
    """The required arguments of a field, with sample values."""
    return {
        name: sample(name, argument, roots) for name, argument in field.args.items() if is_required_argument(argument)
    }


def arguments(given: dict[str, str]) -> str:
    """The arguments of a field, in parentheses."""
    return f"({', '.join(f'{name}: {value}' for name, value in given.items())})" if given else ""


def sample(name: str, argument: Any, roots: dict[str, str]) -> str:
    """A value for an argument."""
    named = named_type(argument)
    if name in roots or name in ASKED:
        return roots.get(name) or ASKED[name]
    return next(iter(named.values)) if isinstance(named, GraphQLEnumType) else SAMPLES[named.name]


def ways(roots: dict[str, str], *, without: str) -> Iterator["Way"]:
    """Each composite field of the schema by its shortest path, with all leaf fields; not by the root `without`."""
    root = schema.core.query_type
    assert root is not None
    waiting: deque[tuple[GraphQLObjectType, tuple[str, ...]]] = deque([(root, ())])
    seen = {root.name}
    while waiting:
        type_, steps = waiting.popleft()
        for name, field in type_.fields.items():
            returned, step = named_type(field), f"{name}{arguments(needed(field, roots))}"
            if is_leaf_type(returned) or (type_ is root and name == without):
                continue
            yield Way((*steps, step), field, " ".join(["__typename", *leaves(returned, roots)]))
            for kind in kinds(returned) if returned.name != "Node" else ():
                if kind.name not in seen:
                    seen.add(kind.name)
                    inside = (step,) if kind is returned else (step, f"... on {kind.name}")
                    waiting.append((kind, (*steps, *inside)))


def kinds(type_: Any) -> list[GraphQLObjectType]:
    """The type itself, or the types that implement the interface."""
    return list(schema.core.get_possible_types(type_)) if isinstance(type_, GraphQLInterfaceType) else [type_]


def leaves(type_: Any, roots: dict[str, str]) -> list[str]:
    """The leaf fields of a type."""
    if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        return []
    return [
        f"{name}{arguments(needed(field, roots))}"
        for name, field in type_.fields.items()
        if is_leaf_type(named_type(field))
    ]
