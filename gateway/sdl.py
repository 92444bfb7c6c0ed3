"""The schema as text: gives the SDL of this version, and what breaks when another text is replaced by it."""

from graphql import BreakingChange, build_schema, find_breaking_changes

from schema import schema


def current() -> str:
    """The SDL of this version."""
    return schema.as_str().rstrip("\n") + "\n"


def compare(text: str) -> list[str] | None:
    """None when `text` is the SDL of this version, else the breaking changes from `text` to it (maybe none)."""
    new = current()
    if text == new:
        return None
    changes = find_breaking_changes(build_schema(text), build_schema(new))
    return sorted(_words(change) for change in changes)


def _words(change: BreakingChange) -> str:
    return f"{change.description} ({change.type.name})"
