"""The progress of a command, on standard error: a moving line on a terminal, else one plain line for each step."""

import contextlib
import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, Protocol

from gateway.cli.terminal import console

if TYPE_CHECKING:
    from rich.progress import TaskID

    from gateway.settings import Settings

STAGES = {
    "compose": "Making the demo (about ten seconds)",
    "write": "Writing the demo",
    "analyze": "Gathering statistics",
    "multiply": "Multiplying the demo",
    "reseal": "Encrypting the secrets",
}
"""The stages of the work of commands, in words."""


class Progress(Protocol):
    """The progress of a command that takes a while."""

    def step(self, words: str) -> None:
        """Begin a step; the step before is done."""
        ...

    def report(self, stage: str, done: int, total: int) -> None:
        """Report that `done` of `total` parts of a stage are done."""
        ...

    def stop(self) -> None:
        """Show nothing any more; harmless when repeated."""
        ...


class ProgressLines:
    """A line for each step and stage, for logs and pipes; nothing when `quiet`."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._last = ""

    def step(self, words: str) -> None:
        """Print the step."""
        if not self._quiet and words != self._last:
            self._last = words
            sys.stderr.write(f"enfact: {words} …\n")
            sys.stderr.flush()

    def report(self, stage: str, done: int, total: int) -> None:
        """Print the stage with its first report."""
        self.step(STAGES.get(stage, stage))

    def stop(self) -> None:
        """Nothing is left to remove."""


class Bar:
    """One line with a spinner and a bar, which is gone at the end."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, SpinnerColumn, TaskProgressColumn, TextColumn
        from rich.progress import Progress as Shown

        self._shown = Shown(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), transient=True,
            console=console(), redirect_stdout=False, redirect_stderr=False,
        )  # fmt: skip
        self._task: TaskID | None = None
        self._words = ""

    def step(self, words: str) -> None:
        """Show the step, without a measure."""
        self._show(words, None)

    def report(self, stage: str, done: int, total: int) -> None:
        """Show the stage, with its part that is done."""
        self._show(STAGES.get(stage, stage), total)
        if self._task is not None:
            self._shown.update(self._task, completed=done)

    def _show(self, words: str, total: int | None) -> None:
        if words == self._words:
            return
        self._words = words
        if self._task is not None:
            self._shown.remove_task(self._task)
        self._task = self._shown.add_task(f"{words} …", total=total)
        self._shown.start()

    def stop(self) -> None:
        """Remove the line."""
        self._shown.stop()


@contextlib.contextmanager
def progress_of(settings: "Settings") -> Generator[Progress]:
    """The progress of a command within the block.

    Nothing is shown when standard error is said to be JSON (ENFACT_LOG_FORMAT=json) or silent (ENFACT_LOG_LEVEL=off).
    """
    quiet = settings.log_format == "json" or settings.log_level == "off"
    progress = Bar() if sys.stderr.isatty() and not quiet else ProgressLines(quiet=quiet)
    try:
        yield progress
    finally:
        progress.stop()
