"""The schema as text: gives the SDL of this version, and what breaks when another text is replaced by it."""

from graphql import BreakingChange, GraphQLError, GraphQLSchema, build_schema, find_breaking_changes

from schema import schema


class NoSchema(ValueError):
    """A text is not a schema; the message says where."""


def current() -> str:
    """The SDL of this version."""
    return schema.as_str().rstrip("\n") + "\n"


def compare(text: str) -> list[str] | None:
    """None when `text` is the SDL of this version, else the breaking changes from `text` to it (maybe none).

    Raises NoSchema when `text` is none.
    """
    new = current()
    if text == new:
        return None
    changes = find_breaking_changes(_built(text), _built(new))
    return sorted(_words(change) for change in changes)


def _built(text: str) -> GraphQLSchema:
    try:
        return build_schema(text)
    except (GraphQLError, TypeError) as error:
        reason = error.message if isinstance(error, GraphQLError) else str(error)
        raise NoSchema(f"The file is not a schema: {reason}") from error


def _words(change: BreakingChange) -> str:
    return f"{change.description} ({change.type.name})"
