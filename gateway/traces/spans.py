"""Spans of OpenTelemetry, sent by OTLP over HTTP from a thread of this process; its queue is bounded.

Names and attributes are those of the semantic conventions for GraphQL servers and databases.
"""

import asyncio
import hashlib
import os
import threading
from collections.abc import Mapping
from functools import lru_cache, partial
from importlib.metadata import version
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)

from gateway.trace_context import Parent
from gateway.traces.traced import Traced
from schema.errors import ErrorCode

SERVICE: Final = "enfact-gateway"
UNNAMED: Final = "GraphQL Operation"
FLUSH: Final = 5.0
"""Seconds for which the end of the process waits for the receiver of spans."""

STEP: Final = 0.02
OURS: Final = frozenset({ErrorCode.INTERNAL, ErrorCode.UNAVAILABLE, ErrorCode.TIMEOUT})
"""The errors that are the span's, too: the gateway failed, not its client."""

NOWHERE: Final = Context()
POSTGRESQL: Final = {"db.system.name": "postgresql"}


class SpanTracer:
    """Begins spans and sends them, by OpenTelemetry's variables.

    A span is called by the kind of its operation, as the conventions say; the name is added if it is one of `names`:
    those of strangers would have no end.
    """

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._provider = TracerProvider(resource=_resource(os.environ), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer(SERVICE, version(SERVICE))

    def begin(self, parent: Parent | None) -> Traced | None:
        """The stop-watch of an operation whose span begins now; None where the sampler leaves it out."""
        around = _context(parent) if parent is not None else NOWHERE
        span = self._tracer.start_span(UNNAMED, around, SpanKind.SERVER)
        if not span.is_recording():
            return None
        context = span.get_span_context()
        return Traced((f"{context.trace_id:032x}", f"{context.span_id:016x}"), partial(self._record, span))

    async def close(self) -> None:
        """Send what waits, within a few seconds: the receiver may be away."""
        thread = threading.Thread(target=self._provider.shutdown, daemon=True)
        thread.start()
        for _ in range(int(FLUSH / STEP)):
            if not thread.is_alive():
                return
            await asyncio.sleep(STEP)

    def _record(self, span: Span, traced: Traced) -> None:
        if traced.kind:
            named = traced.name is not None and traced.name in self._names
            span.update_name(f"{traced.kind} {traced.name}" if named else traced.kind)
        span.set_attributes(_attributes(traced))
        for stage, at in traced.ended:
            span.add_event(stage, timestamp=at)
        if traced.code in OURS:
            span.set_status(Status(StatusCode.ERROR, traced.code))
        span.end()


def _attributes(traced: Traced) -> dict[str, str | int | tuple[str, ...]]:
    """The attributes of a span."""
    said: dict[str, str | int | tuple[str, ...]] = {**traced.attributes}
    if traced.kind:
        said["graphql.operation.type"] = traced.kind
        said["graphql.document.hash"] = f"sha256:{traced.digest}"
    if traced.name is not None:
        said["graphql.operation.name"] = traced.name
    if traced.statements:
        said |= POSTGRESQL
        said["db.query.hash"] = tuple(map(_digest, traced.statements))
    if traced.code is not None:
        said["error.type"] = traced.code
    return said


def _context(parent: Parent) -> Context:
    """The context of a span that the client has begun."""
    around = SpanContext(
        int(parent.trace_id, 16),
        int(parent.span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(parent.flags & TraceFlags.SAMPLED),
        trace_state=TraceState(parent.state) if parent.state else None,
    )
    return set_span_in_context(NonRecordingSpan(around), NOWHERE)


@lru_cache(maxsize=256)
def _digest(sql: str) -> str:
    """The SHA-256 of a statement; statements are kept compiled, so the same ones come again and again."""
    return hashlib.sha256(sql.encode()).hexdigest()


def _resource(environ: Mapping[str, str]) -> Resource:
    """The service that sends the spans: by OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, else this product."""
    given = Resource.create({SERVICE_VERSION: version(SERVICE), "process.pid": os.getpid()})
    is_named = environ.get("OTEL_SERVICE_NAME") or f"{SERVICE_NAME}=" in environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return given if is_named else given.merge(Resource({SERVICE_NAME: SERVICE}))
