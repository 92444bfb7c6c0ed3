"""The directive with which a client leaves hidden fields out of a response, and the locations of all directives."""

from typing import Any, Final

import strawberry
from graphql import DirectiveLocation as Place
from graphql import GraphQLDirective
from strawberry.directive import DirectiveLocation, DirectiveValue


@strawberry.directive(
    name="optional",
    locations=[DirectiveLocation.FIELD, DirectiveLocation.FRAGMENT_SPREAD, DirectiveLocation.INLINE_FRAGMENT],
    description="What the viewer may not see is left out, key and all, silently: the field, or each in a fragment.",
)
def optional(value: DirectiveValue[Any]) -> Any:
    """Returns the value unchanged: the compiled statement leaves out the hidden fields."""
    return value


DRAFT: Final = frozenset({Place.DIRECTIVE_DEFINITION})
"""Locations that no released specification has; readers of introspection refuse a location that they do not know."""


def released(directive: GraphQLDirective) -> GraphQLDirective:
    """The directive with the locations of the released specification (September 2025)."""
    if not DRAFT & {*directive.locations}:
        return directive
    anew: dict[str, Any] = {**directive.to_kwargs()}
    anew["locations"] = [place for place in directive.locations if place not in DRAFT]
    return GraphQLDirective(**anew)
