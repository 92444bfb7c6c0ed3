"""The text that Prometheus reads (exposition format 0.0.4), made of the counters of all workers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from gateway.metrics.registry import APPS, BOUNDS, CODES, FIGURES, STAGES, SUM, WIDTH, CounterLayout

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def page(layout: CounterLayout, sums: Sequence[float], others: Iterable[str]) -> str:
    """The whole text: what the workers counted (`sums`), and the lines of `others`."""
    return "\n".join([*_of_workers(layout, sums), *others, ""])


def family(name: str, kind: str, meaning: str, samples: Iterable[tuple[Mapping[str, str], float]]) -> Iterator[str]:
    """The lines of one family of numbers, each with its labels."""
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        yield f"{name}{_labels(labels)} {_number(value)}"


def _of_workers(layout: CounterLayout, sums: Sequence[float]) -> Iterator[str]:
    yield from family(
        "enfact_requests_total",
        "counter",
        "Requests over HTTP by the code of their first error; OK without one.",
        [({"code": str(code)}, sums[layout.codes_at + n]) for n, code in enumerate(CODES)],
    )
    yield from family(
        "enfact_socket_operations_total",
        "counter",
        "Operations on WebSockets by the code of the first error of their last result; OK without one.",
        [({"code": str(code)}, sums[layout.socket_codes_at + n]) for n, code in enumerate(CODES)],
    )
    yield from _histogram(
        "enfact_request_seconds",
        "Seconds of requests over HTTP, by the operations of the manifests; other ones together.",
        "operation",
        [(name, sums[at : at + WIDTH]) for name, at in _places(layout.operations, layout.operations_at)],
    )
    yield from _histogram(
        "enfact_stage_seconds",
        "Seconds of the stages of requests, of one request in 16.",
        "stage",
        [(name, sums[at : at + WIDTH]) for name, at in _places(STAGES, layout.stages_at)],
    )
    yield from family(
        "enfact_closed_gates_total",
        "counter",
        "Selections that were hidden or refused since their app was not there for the caller.",
        [({"app": app}, sums[layout.apps_at + n]) for n, app in enumerate(APPS)],
    )
    for n, figure in enumerate(FIGURES):
        yield from family(figure.name, figure.kind, figure.meaning, [({}, sums[layout.figures_at + n])])


def _places(names: Sequence[str], first: int) -> Iterator[tuple[str, int]]:
    return ((str(name), first + WIDTH * n) for n, name in enumerate(names))


def _histogram(name: str, meaning: str, label: str, rows: Iterable[tuple[str, Sequence[float]]]) -> Iterator[str]:
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} histogram"
    for value, numbers in rows:
        total = 0.0
        for bound, number in zip((*map(str, BOUNDS), "+Inf"), numbers, strict=False):
            total += number
            yield f"{name}_bucket{_labels({label: value, 'le': bound})} {_number(total)}"
        yield f"{name}_sum{_labels({label: value})} {_number(numbers[SUM])}"
        yield f"{name}_count{_labels({label: value})} {_number(total)}"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
