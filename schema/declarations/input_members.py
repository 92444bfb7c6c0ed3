"""The members of input objects that are made, not declared: combinations of filters, tests for absent values."""

from collections.abc import Iterable, Mapping
from typing import Final

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField

from schema.declarations.fields import camel

COMBINATIONS: Final = {
    "and": "Each of these filters holds.",
    "or": "At least one of these filters holds; none does in an empty list.",
    "not": "This filter does not hold; a row without a value holds no comparison.",
}
"""The members of every filter that combine filters of the same list."""


def combination(name: str, description: str, filter_: type) -> StrawberryField:
    """The member of a filter that combines filters of the same list."""
    annotation = filter_ | None if name == "not" else list[filter_] | None
    return _named_input(f"{name}_", name, description, annotation, {"combines": name})


def absences(criteria: Iterable[StrawberryField]) -> list[StrawberryField]:
    """A test for each criterion of an enum or a boolean that may be absent: `<criterion>IsNull`, with its gates."""
    found: list[StrawberryField] = []
    for criterion in criteria:
        reads = criterion.metadata.get("absent")
        if reads is not None:
            test = _named_input(
                f"{criterion.python_name}_is_null",
                f"{camel(criterion.python_name)}IsNull",
                f"Whether there is no {camel(reads)}.",
                bool | None,
                {"reads": (reads,), "is_null": True},
            )
            test.directives = criterion.directives
            found.append(test)
    return found


def _named_input(
    name: str, graphql_name: str, description: str, annotation: object, metadata: Mapping[str, object]
) -> StrawberryField:
    """A member of an input object that is no attribute of a class."""
    return StrawberryField(
        python_name=name,
        graphql_name=graphql_name,
        type_annotation=StrawberryAnnotation(annotation),
        description=description,
        default=strawberry.UNSET,
        metadata=metadata,
    )
