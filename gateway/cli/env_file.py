"""A file of variables (--env-file), one NAME=value on a line; those of the environment itself go before."""

from collections.abc import MutableMapping
from errno import EILSEQ
from io import StringIO
from pathlib import Path
from typing import Final

import typer

KEY: Final = "enfact.env_file"
"""Under which the context of a command has the file."""


class EnvFile:
    """The variables of a file, put into an environment."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._put: set[str] = set()

    def load(self, environ: MutableMapping[str, str]) -> None:
        """Put what the file says now in place of what it said before. Raises OSError."""
        from dotenv import dotenv_values  # noqa: PLC0415 (most commands are given no file)

        try:
            text = self._path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise OSError(EILSEQ, "Is not in UTF-8", str(self._path)) from None
        if "\0" in text:  # no environment takes it, and what comes before it would be there for good
            raise OSError(EILSEQ, "Has a NUL character", str(self._path))
        said = dotenv_values(stream=StringIO(text), interpolate=False)
        for name in self._put:
            environ.pop(name, None)
        given = {name: value for name, value in said.items() if value and not environ.get(name)}
        environ.update(given)
        self._put = set(given)


def file_of(context: typer.Context) -> EnvFile | None:
    """The file that the command line names."""
    return context.meta.get(KEY)
