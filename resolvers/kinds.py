"""What the kinds of an interface share of a selection: takes the fields selected of each, gives them in parts.

A field that all kinds have alike is compiled once, whatever else is selected of one kind or the other.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from graphql import GraphQLObjectType

from resolvers.selection import SelectedField

Types: TypeAlias = tuple[GraphQLObjectType, ...]
Fields: TypeAlias = tuple[SelectedField, ...]
Kinds: TypeAlias = Mapping[GraphQLObjectType, Fields]
Alike: TypeAlias = Callable[[GraphQLObjectType, SelectedField], Hashable]
"""What is equal for fields of two types that give the same JSON."""


@dataclass(frozen=True, slots=True)
class Part:
    """Fields that follow each other in the response: one group of all kinds, or of each group of kinds its own."""

    groups: tuple[tuple[Types, Fields], ...]

    @property
    def is_shared(self) -> bool:
        """Whether the fields are those of all kinds."""
        return len(self.groups) == 1


def parts(kinds: Kinds, alike: Alike) -> list[Part]:
    """The fields of all kinds in the order of the response of each.

    Without a field that all kinds share, or with one that may be left out, there is one part.
    """
    marks = {type_: [alike(type_, field) for field in fields] for type_, fields in kinds.items()}
    sparse = any(field.optional for fields in kinds.values() for field in fields)
    cuts = [] if sparse or len(set(map(tuple, marks.values()))) == 1 else list(_shared(marks))
    found: list[Part] = []
    begin = dict.fromkeys(kinds, 0)
    for at in cuts:
        found += _apart(kinds, marks, begin, at)
        shared = next(fields[at[type_]] for type_, fields in kinds.items())
        if found and found[-1].is_shared:
            ((types, fields),) = found.pop().groups
            found.append(Part(((types, (*fields, shared)),)))
        else:
            found.append(Part(((tuple(kinds), (shared,)),)))
        begin = {type_: place + 1 for type_, place in at.items()}
    return found + _apart(kinds, marks, begin, {type_: len(fields) for type_, fields in kinds.items()})


def _shared(marks: Mapping[GraphQLObjectType, list[Hashable]]) -> Iterator[Mapping[GraphQLObjectType, int]]:
    """Where the fields that all kinds have stand in each of them, as far as they follow each other everywhere."""
    places = {type_: {mark: n for n, mark in enumerate(of)} for type_, of in marks.items()}
    last = dict.fromkeys(marks, -1)
    for mark in next(iter(marks.values())):
        if all(of.get(mark, -1) > last[type_] for type_, of in places.items()):
            last = {type_: of[mark] for type_, of in places.items()}
            yield last


def _apart(
    kinds: Kinds,
    marks: Mapping[GraphQLObjectType, list[Hashable]],
    begin: Mapping[GraphQLObjectType, int],
    end: Mapping[GraphQLObjectType, int],
) -> list[Part]:
    """The part between two places, kinds with the same fields together; none where no kind has any."""
    groups: dict[tuple[Hashable, ...], list[GraphQLObjectType]] = {}
    for type_ in kinds:
        groups.setdefault(tuple(marks[type_][begin[type_] : end[type_]]), []).append(type_)
    if list(groups) == [()]:
        return []
    return [Part(tuple((tuple(types), kinds[types[0]][begin[types[0]] : end[types[0]]]) for types in groups.values()))]
