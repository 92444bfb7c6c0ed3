"""The fields of all objects that people write: a version, the last change, authors, deletion."""

import datetime
from collections.abc import Callable
from typing import Any, TypeVar

import strawberry

from schema.declarations.criteria import DateTimeCriterion
from schema.declarations.fields import field, input_field
from schema.declarations.listing import reads
from schema.declarations.object_types import extends, value
from schema.types.core.access import User

T = TypeVar("T", bound=type)


@value("Who wrote something.")
class Author:
    name: str = field("The name of who it was, as the company knows it.")
    user: User | None = field("The user; null for somebody from outside.")


@strawberry.interface(description="An object that people write.")
class Versioned:
    version: int = field("Grows with each change of the object or its parts; an update may expect one.")
    updated_at: datetime.datetime = field("When it was changed last.")
    created_by: Author | None = field("Who made it; null for an import, and where that is not known.")
    updated_by: Author | None = field("Who changed it last; null as for `createdBy`.")


def versioned_filter(of: type) -> Callable[[T], T]:
    """Add the criteria that filters of versioned objects have: the last change, and whether they were deleted."""

    def declare(filter_: T) -> T:
        @extends(filter_)
        class Criteria:
            updated_at: DateTimeCriterion | None = reads(of, "updated_at")
            deleted: bool | None = _deleted()

        return filter_

    return declare


def _deleted() -> Any:
    criterion = input_field(
        "Whether it was deleted; the list leaves out what was, unless its filter itself has `deleted: true`."
    )
    criterion.metadata = {"reads": ("updated_at",), "absent": None, "deleted": True}
    return criterion
