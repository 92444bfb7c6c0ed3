"""Traces by the variables of OpenTelemetry; where they ask for none, nothing of it is loaded.

Spans leave by OTLP over HTTP once OTEL_EXPORTER_OTLP_ENDPOINT (or ..._TRACES_ENDPOINT) names who receives them.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from typing import Final, Protocol

from gateway.logs import Log, causes
from gateway.trace_context import Parent
from gateway.traces.traced import Traced

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL: Final = "http/protobuf"
PACKAGES: Final = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
EXTRA: Final = "install enfact-gateway[otel]"


class Tracer(Protocol):
    """Begins the spans of operations."""

    def begin(self, parent: Parent | None) -> Traced | None:
        """The stop-watch of an operation whose span begins now; None where it is not recorded."""
        ...

    async def close(self) -> None:
        """Send what waits, within a few seconds."""
        ...


def tracer_of(log: Log, names: Callable[[], Iterable[str]], environ: Mapping[str, str] = os.environ) -> Tracer | None:
    """The tracer that the environment asks for; None without one.

    What hinders it goes to the log, since a gateway without traces is better than none. `names` returns the names of
    the operations that spans may be called by.
    """
    endpoint = _first(ENDPOINTS, environ)
    exporter = environ.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower()
    disabled = environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    if endpoint is None or disabled or exporter != "otlp":
        return None
    if not all(map(_is_installed, PACKAGES)):
        log.event("no traces are sent", set=endpoint, hint=EXTRA)
        return None
    protocol = _first(PROTOCOLS, environ)
    if protocol is not None and environ[protocol].strip().lower() != PROTOCOL:
        log.event("no traces are sent", set=protocol, hint=f"spans leave by {PROTOCOL} only")
        return None
    from gateway.traces.spans import SpanTracer  # noqa: PLC0415 (an extra, and 8 MiB of each process)

    try:
        return SpanTracer(frozenset(names()))
    except Exception as error:  # noqa: BLE001 (a variable that OpenTelemetry refuses)
        log.event("no traces are sent", **causes(error))
        return None


def _first(names: Iterable[str], environ: Mapping[str, str]) -> str | None:
    """The first of these variables that has a value."""
    return next((name for name in names if environ.get(name, "").strip()), None)


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # nor is the package around it
        return False
