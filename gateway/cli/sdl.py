"""The schema as text: the SDL of this version, and the changes from another SDL to it that clients may notice."""

from collections.abc import Sequence

from graphql import (
    BreakingChange,
    DangerousChange,
    GraphQLError,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
)

from schema import schema


class NoSchema(ValueError):
    """A text is not a GraphQL schema; the message says where."""


def current() -> str:
    """The SDL of this version."""
    return schema.as_str().rstrip("\n") + "\n"


def compare(text: str) -> list[str] | None:
    """None when `text` is the SDL of this version, else the changes from `text` to it, breaking ones first.

    A change is dangerous when old programs stay valid, but may meet what they do not know, as a new enum value. The
    list may be empty.

    Raises NoSchema when `text` is not a schema.
    """
    new = current()
    if text == new:
        return None
    before, now = _built(text), _built(new)
    breaking, dangerous = find_breaking_changes(before, now), find_dangerous_changes(before, now)
    return [*_lines("breaking", breaking), *_lines("dangerous", dangerous)]


def _built(text: str) -> GraphQLSchema:
    try:
        return build_schema(text)
    except (GraphQLError, TypeError) as error:
        reason = error.message if isinstance(error, GraphQLError) else str(error)
        raise NoSchema(f"The file is not a schema: {reason}") from error


def _lines(kind: str, changes: Sequence[BreakingChange] | Sequence[DangerousChange]) -> list[str]:
    return sorted(f"{kind}: {change.description} ({change.type.name})" for change in changes)
