"""The catalogue of errors, as `enfact errors` and the page schema/ERRORS.md show it."""

import sys
from collections.abc import Iterator
from typing import Final

from gateway.http.error_catalogue import HEADER, Line, of_payloads, of_validation, top_level

EXCEPTIONS: Final = """\
`data` beside `errors` has the status 294 for clients that name application/graphql-response+json in Accept, else 200.
An unknown hash of a persisted document has 200. A request that cannot be read at all (no JSON, a header twice) is
BAD_USER_INPUT with 400."""


def page() -> str:
    """The catalogue as the page schema/ERRORS.md."""
    return (
        "\n\n".join(
            (
                "# Errors",
                "Written by `./dev golden` from the closed lists; `enfact errors` prints the same.",
                "## Top-level errors",
                "In `errors`, as `extensions.code`. The status is that of a request without `data`.",
                _table(HEADER, top_level()),
                EXCEPTIONS,
                "## Errors of a mutation",
                "In `errors` of its payload, for people, as `code`.",
                _table(("code", "meaning", "what to do"), of_payloads()),
                "## Reasons of VALIDATION",
                "In `reason` of such an error.",
                _table(("reason", "meaning"), of_validation()),
            )
        )
        + "\n"
    )


def print_errors() -> None:
    """Print the catalogue: as the page on a terminal; into a pipe or a file a line for each code, after a header."""
    if sys.stdout.isatty():
        sys.stdout.write(page())
        return
    for line in (HEADER, *top_level(), *of_payloads(), *of_validation()):
        sys.stdout.write("\t".join(line) + "\n")


def _table(heads: tuple[str, ...], lines: Iterator[Line]) -> str:
    rows = [[cell for cell in line if cell] for line in lines]
    marks = "|".join("---" for _ in heads)
    return "\n".join([f"| {' | '.join(heads)} |", f"|{marks}|", *(f"| {' | '.join(row)} |" for row in rows)])
