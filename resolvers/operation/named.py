"""The operations of the manifests by their names, with the apps that each of their selections needs."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import GraphQLSchema

from resolvers.operation.explain import APP, ROLE, Way, ways_of
from resolvers.operation.operation import Operation
from resolvers.operation.sample_variables import plausible
from resolvers.request import RequestError


@dataclass(eq=False)
class NamedOperation:
    """An operation of a manifest. It is looked at with sample variables, since nobody sends any."""

    schema: GraphQLSchema
    operation: Operation

    @cached_property
    def needs(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """For each sort of selection the ways to see it without being an owner, as positions of the apps."""
        found: dict[tuple[tuple[int, ...], ...], None] = {}
        for variables in plausible(self.operation, self.schema):
            found |= dict.fromkeys(self._needs(variables))
        return tuple(found)

    def _needs(self, variables: Any) -> list[tuple[tuple[int, ...], ...]]:
        try:
            selections = ways_of(self.schema, self.operation, variables)
        except RequestError:  # a sample may be refused where a real value is not
            return []
        return [tuple(_apps(way) for way in ways if ROLE not in way) for ways in selections]


def _apps(way: Way) -> tuple[int, ...]:
    """The positions of the apps of a way."""
    return tuple(sorted(int(gate[1:]) for gate in way if gate.startswith(APP)))
