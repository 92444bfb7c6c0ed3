"""The directive by which a client lets hidden fields be left out of an answer."""

from typing import Any

import strawberry
from strawberry.directive import DirectiveLocation, DirectiveValue


@strawberry.directive(
    name="optional",
    locations=[DirectiveLocation.FIELD, DirectiveLocation.FRAGMENT_SPREAD, DirectiveLocation.INLINE_FRAGMENT],
    description="What the viewer may not see is left out, key and all, silently: the field, or each in a fragment.",
)
def optional(value: DirectiveValue[Any]) -> Any:
    """The value as it is: what is hidden is left out where the answer is written."""
    return value
