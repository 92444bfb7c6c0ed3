"""A receiver of spans on loopback (OTLP over HTTP), which decodes what is sent to it."""

import asyncio
import gzip
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PATIENCE: Final = 120.0


@dataclass(frozen=True, slots=True)
class ReceivedSpan:
    """A span as it was received, with the attributes of its resource."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    state: str
    kind: int
    seconds: float
    attributes: dict[str, Any]
    events: list[str]
    is_error: bool
    resource: dict[str, Any]


@dataclass(slots=True)
class Receiver:
    """What was received: the spans, the bytes of all requests, and their paths and authorizations."""

    port: int = 0
    status: int = 200
    spans: list[ReceivedSpan] = field(default_factory=list[ReceivedSpan])
    raw: bytes = b""
    asked: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, "str | None"]])

    @property
    def url(self) -> str:
        """The address for OTEL_EXPORTER_OTLP_ENDPOINT."""
        return f"http://127.0.0.1:{self.port}"

    async def received(self, count: int) -> list[ReceivedSpan]:
        """The spans, once there are `count` of them."""
        async with asyncio.timeout(PATIENCE):
            while len(self.spans) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert len(self.spans) == count
        return list(self.spans)

    def take(self, path: str, authorization: str | None, body: bytes) -> None:
        """Take a request."""
        self.asked.append((path, authorization))
        self.raw += body
        request = ExportTraceServiceRequest.FromString(body)
        for group in request.resource_spans:
            resource = _values(group.resource.attributes)
            for scope in group.scope_spans:
                self.spans += [_span(one, resource) for one in scope.spans]


def _span(one: Any, resource: dict[str, Any]) -> ReceivedSpan:
    at = [event.time_unix_nano for event in one.events]
    assert at == sorted(at)
    assert all(one.start_time_unix_nano - 1e6 <= moment <= one.end_time_unix_nano + 1e6 for moment in at)
    return ReceivedSpan(
        one.name,
        one.trace_id.hex(),
        one.span_id.hex(),
        one.parent_span_id.hex(),
        one.trace_state,
        one.kind,
        (one.end_time_unix_nano - one.start_time_unix_nano) / 1e9,
        _values(one.attributes),
        [event.name for event in one.events],
        one.status.code == 2,
        resource,
    )


def _values(attributes: Any) -> dict[str, Any]:
    return {one.key: _value(one.value) for one in attributes}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    return [_value(one) for one in value.array_value.values] if kind == "array_value" else getattr(value, kind)


@contextmanager
def receiving() -> Generator[Receiver]:
    """A receiver, as long as the block runs."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers["content-encoding"] == "gzip":
                body = gzip.decompress(body)
            if receiver.status == 200:
                receiver.take(self.path, self.headers["authorization"], body)
            self.send_response(receiver.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_port
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
