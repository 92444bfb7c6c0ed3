"""A second implementation of pg_trgm's word similarity.

It follows PostgreSQL with a locale whose letters are those of ASCII, as in the embedded server.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

THRESHOLD: Final = 0.5
WORD: Final = re.compile("[A-Za-z0-9]+")


def trigrams(text: str) -> Iterator[str]:
    """The trigrams of a text, word by word."""
    for word in WORD.findall(text):
        padded = f"  {word.lower()} "
        yield from (padded[n : n + 3] for n in range(len(padded) - 2))


def word_similarity(sought: str, text: str) -> float:
    """The similarity of the sought text to the best run of trigrams of another text, from 0 to 1.

    A run ends at a sought trigram. Its start moves forward as long as that raises the similarity, and never back.
    """
    wanted, found = frozenset(trigrams(sought)), list(trigrams(text))
    best, lower = 0.0, -1
    for upper, trigram in enumerate(found):
        if trigram not in wanted:
            continue
        lower = upper if lower < 0 else lower
        starts = range(lower, upper + 1)
        lower = max(starts, key=lambda start: (_alike(wanted, found[start : upper + 1]), -start))
        best = max(best, _alike(wanted, found[lower : upper + 1]))
    return best


def _alike(wanted: frozenset[str], run: Sequence[str]) -> float:
    shared = wanted & set(run)
    return len(shared) / (len(wanted) + len(set(run)) - len(shared))
