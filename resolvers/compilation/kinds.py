"""The selected fields of an interface's kinds, split into parts that all kinds share and parts that differ.

A field that is alike for all kinds is compiled once, whatever else is selected of single kinds.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from graphql import GraphQLObjectType

from resolvers.operation.selection import SelectedField

Types: TypeAlias = tuple[GraphQLObjectType, ...]
Fields: TypeAlias = tuple[SelectedField, ...]
Kinds: TypeAlias = Mapping[GraphQLObjectType, Fields]
Alike: TypeAlias = Callable[[GraphQLObjectType, SelectedField], Hashable]
"""Returns a mark for a field of a type; fields of two types with equal marks have the same JSON."""


@dataclass(frozen=True, slots=True)
class Part:
    """Successive fields of the response: one group for all kinds, or one for each set of kinds with the same fields."""

    groups: tuple[tuple[Types, Fields], ...]

    @property
    def is_shared(self) -> bool:
        """True if all kinds share the fields."""
        return len(self.groups) == 1


def parts(kinds: Kinds, alike: Alike) -> list[Part]:
    """The fields of all kinds in parts; each kind's fields keep the order of its response.

    There is one part if the kinds share no field, or if a field may be left out.
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
    """The positions of each shared field in all kinds; a field in another order than those before it does not count."""
    positions = {type_: {mark: n for n, mark in enumerate(of)} for type_, of in marks.items()}
    last = dict.fromkeys(marks, -1)
    for mark in next(iter(marks.values())):
        if all(of.get(mark, -1) > last[type_] for type_, of in positions.items()):
            last = {type_: of[mark] for type_, of in positions.items()}
            yield last


def _apart(
    kinds: Kinds,
    marks: Mapping[GraphQLObjectType, list[Hashable]],
    begin: Mapping[GraphQLObjectType, int],
    end: Mapping[GraphQLObjectType, int],
) -> list[Part]:
    """The part between two places, with kinds of the same fields in one group; empty if no kind has a field there."""
    groups: dict[tuple[Hashable, ...], list[GraphQLObjectType]] = {}
    for type_ in kinds:
        groups.setdefault(tuple(marks[type_][begin[type_] : end[type_]]), []).append(type_)
    if list(groups) == [()]:
        return []
    return [Part(tuple((tuple(types), kinds[types[0]][begin[types[0]] : end[types[0]]]) for types in groups.values()))]
