"""The limits on one request, in one table; the settings start from them, so that it loads the standard library only.

What a limit counts is said beside it; a request beyond one is refused with GRAPHQL_PARSE_FAILED or
GRAPHQL_VALIDATION_FAILED (of documents) or BAD_USER_INPUT (of variables and arguments).
"""

from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """Maximum size of one document."""

    source: int = 65_536  # characters
    name: int = 100  # characters; names are repeated in answers, notes and errors
    tokens: int = 2_000
    comments: int = 2_000
    operations: int = 20
    fragments: int = 100  # validation compares the fragments of a selection set in pairs
    depth: int = 12  # fields inside each other, without introspection
    introspection_depth: int = 20  # from `__schema` or `__type` on; the standard query needs 15
    aliases: int = 30
    directives: int = 50
    root_fields: int = 20  # of one operation, after expanding fragments
    spreads: int = 400  # fragment spreads and inline fragments
    fields: int = 3_000  # after expanding fragments, all operations together
    items: int = 1_000  # of one list; `VARIABLE_ITEMS` bounds the lists in variables
    comparisons: int = 50_000  # n fields of one response name make n(n-1)/2 pairs for validation

    def times(self, factor: float) -> "Limits":
        """Limits that are so many times as large, but for names, which are repeated in answers."""
        larger = {name: int(factor * getattr(self, name)) for name in self.__slots__ if name != "name"}
        return replace(self, **larger)

    def of_length(self, source: int) -> "Limits":
        """Limits for documents of `source` characters: what a longer text has more of grows with it.

        A shorter text may have as many of each as before; depth, aliases and root fields stay, whatever the length.
        """
        longer = self.times(max(1.0, source / self.source))
        return replace(
            longer,
            source=source,
            depth=self.depth,
            introspection_depth=self.introspection_depth,
            aliases=self.aliases,
            root_fields=self.root_fields,
        )


TRUSTED: Final = 4
"""The factor by which a trusted document may be larger."""

NESTING: Final = 100
"""Selections inside each other, spreads counted, in any document: it bounds the recursion of the meter."""

VALUES: Final = 16_000
"""Values in the variables of a request, in all their lists and objects together."""

NESTED: Final = 30
"""Lists and objects inside each other in the variables; it bounds the recursion of their coercion."""

VARIABLE_ITEMS: Final = 1_000
"""Items of a list in the variables, whatever it is for."""

LIST_ITEMS: Final = 100
"""Ids, texts or enum values in a list that a field takes."""

MOST_CRITERIA: Final = 50
"""Criteria of a list's filter, and filters in one list inside it (`and`, `or`)."""

DEEPEST_FILTER: Final = 5
"""Filters inside each other, the outermost counted."""

OBJECTS: Final = 150
"""Input objects inside each other in an argument: filters have filters in lists inside them."""

LONGEST_CRITERION: Final = 200
"""Characters of a text in a filter."""

SHORTEST_SOUGHT, LONGEST_SOUGHT = 2, 100
"""Minimum and maximum of the characters of a text to search for."""

MOST_MONTHS: Final = 120
"""Months that a period may touch."""

PAGE_DEFAULT, PAGE_MAX = 50, 100
"""Items of a page: where none are asked for, and at most."""

CURSOR_LENGTH, CURSOR_KEYS = 4_000, 20
"""Characters of a cursor, and keys in it."""

MAX_COST: Final = 100_000
"""Cost of an operation (`resolvers/compilation/cost.py`)."""
