"""A glance at a document's text before it is parsed: tells what is too large at a tenth of what parsing it takes.

It counts what can be counted without understanding, and in a document that can be parsed never more than there is. What
it lets pass is measured when it is parsed (`limits`). No text makes it slow: every pattern matches wherever it begins,
so no character is looked at twice.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

COMMENT: Final = r"#[^\n\r]*"
STRING: Final = r'"""(?:[^"\\]|\\"""|\\|"(?!""))*(?:"""|\Z)|"(?:[^"\\\n\r]|\\.)*"?'
"""A string, closed or not."""

PLAIN: Final = r"\.\.\.|-?\d[\w.+-]*|\$?\w+|[^\s\w,.]"
"""A token that is no string."""

WORDS: Final = re.compile(f"({COMMENT})|{STRING}|{PLAIN}", re.DOTALL)
QUIET: Final = re.compile(f"{COMMENT}|{STRING}", re.DOTALL)
TOKEN: Final = re.compile(f'""|{PLAIN}')
ARGUMENTS: Final = re.compile(r"\([^()]*\)?")
LIST: Final = re.compile(r"\[[^\[\]{}]*\]?")
"""A list of what is neither a list nor an object."""


def tokens_and_comments(text: str, most: int) -> tuple[int, int]:
    """How many tokens and how many comments there are; no more than `most` of both together are counted."""
    comments = [found.group(1) is not None for found in islice(WORDS.finditer(text), most)]
    return len(comments) - sum(comments), sum(comments)


def quiet(text: str) -> str:
    """The text without comments, its strings empty."""
    return QUIET.sub(lambda found: "" if found[0][0] == "#" else '""', text)


def counts(text: str) -> Iterator[tuple[str, int]]:
    """How many there are of some things in a quiet text: `aliases`, `directives`, `spreads`, `items` of a list."""
    selections = ARGUMENTS.sub("", text)
    yield "aliases", selections.count(":")
    yield "directives", text.count("@")
    yield "spreads", selections.count("...")
    yield "items", max((len(TOKEN.findall(found)) - 2 for found in LIST.findall(text)), default=0)
