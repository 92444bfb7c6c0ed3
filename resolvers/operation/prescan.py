"""A scan of a document's text before it is parsed: finds texts that are too large in a tenth of the parser's time.

It counts by patterns alone, and for a document that can be parsed never counts too many. The exact sizes are measured
after parsing (`limits.py`). No text makes the scan slow: each pattern matches wherever it begins, so no character is
looked at twice.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

COMMENT: Final = r"#[^\n\r]*"
STRING: Final = r'"""(?:[^"\\]|\\"""|\\|"(?!""))*(?:"""|\Z)|"(?:[^"\\\n\r]|\\.)*"?'
"""A string, closed or not."""

PLAIN: Final = r"\.\.\.|-?\d[\w.+-]*|\$?\w+|[^\s\w,.]"
"""A token other than a string."""

WORDS: Final = re.compile(f"({COMMENT})|{STRING}|{PLAIN}", re.DOTALL)
QUIET: Final = re.compile(f"{COMMENT}|{STRING}", re.DOTALL)
TOKEN: Final = re.compile(f'""|{PLAIN}')
ARGUMENTS: Final = re.compile(r"\([^()]*\)?")
LIST: Final = re.compile(r"\[[^\[\]{}]*\]?")
"""A list without lists or objects in it."""


def tokens_and_comments(text: str, most: int) -> tuple[int, int]:
    """The number of tokens and the number of comments; counting stops at `most` of both together."""
    comments = [found.group(1) is not None for found in islice(WORDS.finditer(text), most)]
    return len(comments) - sum(comments), sum(comments)


def quiet(text: str) -> str:
    """The text without comments and with empty strings."""
    return QUIET.sub(lambda found: "" if found[0][0] == "#" else '""', text)


def counts(text: str) -> Iterator[tuple[str, int]]:
    """The numbers of `aliases`, `directives` and `spreads` in a quiet text, and of `items` in its longest list."""
    selections = ARGUMENTS.sub("", text)
    yield "aliases", selections.count(":")
    yield "directives", text.count("@")
    yield "spreads", selections.count("...")
    yield "items", max((len(TOKEN.findall(found)) - 2 for found in LIST.findall(text)), default=0)
