"""Counting on the way of each request: some additions to the worker's own numbers, without a lock, a task or a text."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Final, Protocol, TypeAlias

from gateway.metrics.registry import APPS, BOUNDS, CODES, FIGURES, GAUGE, GONE, STAGES, SUM, WIDTH, CounterLayout
from gateway.shared_page import SharedCounters
from resolvers.request import DocumentReference, ErrorEntry, Note, Result
from resolvers.stages import Stage, Stages
from schema.errors import ErrorCode

SAMPLED: Final = 16
"""The stages of one request in this number are measured, since that takes longer than all other counting."""


Names: TypeAlias = Mapping[str, Sequence[str]]
"""The names of the operations of persisted documents, by ids or by texts."""


class NamesOperation(Protocol):
    """The parameters of a request that tell which operation it asks for (`gateway/http/parameters.py`)."""

    @property
    def query(self) -> str:
        """The document as text, "" if it is named by reference."""
        ...

    @property
    def operation_name(self) -> str | None:
        """The name of the operation in the document."""
        ...

    @property
    def reference(self) -> DocumentReference | None:
        """The reference to a persisted document."""
        ...


class Metrics:
    """The counters of this worker. Operations are counted by name where the document is one of these."""

    def __init__(self, counters: SharedCounters, layout: CounterLayout, by_id: Names, by_text: Names) -> None:
        self._numbers = counters.mine
        self._layout = layout
        self._codes = {str(code): layout.codes_at + n for n, code in enumerate(CODES)}
        self._socket_codes = {str(code): layout.socket_codes_at + n for n, code in enumerate(CODES)}
        self._apps = {app: layout.apps_at + n for n, app in enumerate(APPS)}
        self._figures = _figures(layout, counters.mine)
        self._stages = {stage: layout.stages_at + WIDTH * n for n, stage in enumerate(STAGES)}
        self._by_id = _histograms(layout, by_id)
        self._by_text = _histograms(layout, by_text)
        self._requests = count()

    def is_sampled(self) -> bool:
        """True for each request whose stages are to be measured."""
        return next(self._requests) % SAMPLED == 0

    def ended(self, code: ErrorCode | None) -> None:
        """Count a request over HTTP by the code of its first error."""
        self._numbers[self._codes[code] if code is not None else self._layout.codes_at] += 1

    def ended_on_socket(self, code: ErrorCode | None) -> None:
        """Count an operation on a WebSocket by the code of the first error of its last result."""
        self._numbers[self._socket_codes[code] if code is not None else self._layout.socket_codes_at] += 1

    def took(self, given: NamesOperation | None, seconds: float) -> None:
        """Count the time of a request over HTTP."""
        numbers = self._numbers
        at = self._operation(given) if given is not None and self._by_id else self._layout.operations_at
        numbers[at + bisect_left(BOUNDS, seconds)] += 1
        numbers[at + SUM] += seconds

    def client_gone(self) -> None:
        """Count a request whose client did not wait for the answer."""
        self._numbers[self._codes[GONE]] += 1

    def measured(self, stages: Stages) -> None:
        """Count the stages of a sampled request; of one that was not read to its end nothing is known."""
        if Stage.READ not in stages.took:
            return
        for stage, seconds in stages.took.items():
            at = self._stages[stage]
            self._numbers[at + bisect_left(BOUNDS, seconds)] += 1
            self._numbers[at + SUM] += seconds

    def closed(self, result: Result) -> None:
        """Count the selections that an app hid or refused, by the app."""
        for app in (*_of_notes(result.hidden), *_of_errors(result.errors)):
            if app in self._apps:
                self._numbers[self._apps[app]] += 1

    def figures(self, values: Mapping[str, float]) -> None:
        """Write the figures that are looked at now and then, by their names; one that has no value is 0."""
        for name, (at, base) in self._figures.items():
            self._numbers[at] = base + values.get(name, 0.0)

    def close(self) -> None:
        """Leave what this process has counted, and nothing of what it is now."""
        for figure, (at, _) in zip(FIGURES, self._figures.values(), strict=True):
            if figure.kind == GAUGE:
                self._numbers[at] = 0.0

    def _operation(self, given: NamesOperation) -> int:
        """The place of the histogram of an operation: what the client says counts only if its document is known."""
        if given.query:
            document = self._by_text.get(given.query)
        elif (reference := given.reference) is not None:
            document = self._by_id.get(reference.document_id or reference.sha256_hash or "")
        else:
            document = None
        other = self._layout.operations_at
        return document.get(given.operation_name, other) if document is not None else other


def _figures(layout: CounterLayout, numbers: Sequence[float]) -> Mapping[str, tuple[int, float]]:
    """The place of each figure, by name, and what the processes before this one have counted there."""
    places = enumerate(FIGURES, layout.figures_at)
    return {figure.name: (at, numbers[at] if figure.kind != GAUGE else 0.0) for at, figure in places}


def _histograms(layout: CounterLayout, names: Names) -> Mapping[str, Mapping[str | None, int]]:
    """The places of the histograms of documents' operations, by name; None is for a request that gives no name."""
    at = {name: layout.operations_at + WIDTH * n for n, name in enumerate(layout.operations)}
    found: dict[str, dict[str | None, int]] = {}
    for document, operations in names.items():
        known: dict[str | None, int] = {name: at[name] for name in operations if name in at}
        found[document] = {None: known.get(operations[0], layout.operations_at), **known}
    return found


def _of_notes(notes: Iterable[Note]) -> Iterable[str]:
    return (note.app for note in notes if note.app is not None)


def _of_errors(errors: Iterable[ErrorEntry]) -> Iterable[str]:
    return (str(error.extensions["app"]) for error in errors if "app" in error.extensions)
