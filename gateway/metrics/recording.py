"""Counting on the way of each request: some additions to the worker's own numbers, without a lock, a task or a text."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Final

from gateway.http.parameters import Parameters
from gateway.metrics.layout import APPS, BOUNDS, CODES, GONE, STAGES, SUM, WIDTH, Layout
from gateway.shared_page import SharedCounters
from resolvers.request import ErrorEntry, Note, Result
from resolvers.stages import Stage, Stages
from schema.errors import ErrorCode

SAMPLED: Final = 16
"""Of so many requests one has its stages measured, since that takes longer than all other counting."""


class Metrics:
    """The counters of this worker; `references` has the operation names of persisted documents by their ids."""

    def __init__(self, counters: SharedCounters, layout: Layout, references: Mapping[str, str]) -> None:
        self._numbers = counters.mine
        self._layout = layout
        self._codes = {str(code): layout.codes_at + n for n, code in enumerate(CODES)}
        self._apps = {app: layout.apps_at + n for n, app in enumerate(APPS)}
        self._stages = {stage: layout.stages_at + WIDTH * n for n, stage in enumerate(STAGES)}
        self._names = {name: layout.operations_at + WIDTH * n for n, name in enumerate(layout.operations)}
        self._references = {id_: self._names[name] for id_, name in references.items() if name in self._names}
        self._requests = count()

    def is_sampled(self) -> bool:
        """True for each request whose stages are to be measured."""
        return next(self._requests) % SAMPLED == 0

    def ended(self, code: ErrorCode | None) -> None:
        """Count a request over HTTP by the code of its first error."""
        self._numbers[self._codes[code] if code is not None else self._layout.codes_at] += 1

    def took(self, given: Parameters | None, seconds: float) -> None:
        """Count the time of a request over HTTP."""
        numbers = self._numbers
        at = self._operation(given) if given is not None and self._references else self._layout.operations_at
        numbers[at + bisect_left(BOUNDS, seconds)] += 1
        numbers[at + SUM] += seconds

    def client_gone(self) -> None:
        """Count a request whose client did not wait for the answer."""
        self._numbers[self._codes[GONE]] += 1

    def measured(self, stages: Stages) -> None:
        """Count the stages of a sampled request, of which rendering is the last."""
        if Stage.RENDER not in stages.took:
            stages.end(Stage.RENDER)
        for stage, seconds in stages.took.items():
            at = self._stages[stage]
            self._numbers[at + bisect_left(BOUNDS, seconds)] += 1
            self._numbers[at + SUM] += seconds

    def closed(self, result: Result) -> None:
        """Count the selections that an app hid or refused, by the app."""
        for app in (*_of_notes(result.hidden), *_of_errors(result.errors)):
            if app in self._apps:
                self._numbers[self._apps[app]] += 1

    def figures(self, values: Iterable[float]) -> None:
        """Write the figures that are looked at now and then, in the order of `FIGURES`."""
        for n, value in enumerate(values, self._layout.figures_at):
            self._numbers[n] = value

    def _operation(self, given: Parameters) -> int:
        """Where the histogram of an operation stands."""
        named = self._names.get(given.operation_name) if given.operation_name is not None else None
        if named is None and (reference := given.reference) is not None:
            named = self._references.get(reference.document_id or reference.sha256_hash or "")
        return named or self._layout.operations_at


def _of_notes(notes: Iterable[Note]) -> Iterable[str]:
    return (note.app for note in notes if note.app is not None)


def _of_errors(errors: Iterable[ErrorEntry]) -> Iterable[str]:
    return (str(error.extensions["app"]) for error in errors if "app" in error.extensions)
