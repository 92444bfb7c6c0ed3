"""tracing.py: by which variables a gateway records traces, and what it says where it cannot."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

from gateway.logs import open_log
from gateway.traces import tracing
from gateway.traces.traced import MOST_STATEMENTS, Traced
from gateway.traces.tracing import tracer_of
from resolvers.stages import Stage
from tests.support.databases import ROOT

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


def said(environ: Mapping[str, str]) -> list[tuple[str, ...]]:
    """What the log says where no tracer is made."""
    lines = io.StringIO()
    assert tracer_of(open_log("info", "json", lines), tuple, environ) is None
    return [(line["set"], line["hint"]) for line in map(json.loads, lines.getvalue().splitlines())]


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {ENDPOINT: " "},
        {"OTEL_SERVICE_NAME": "x", "OTEL_TRACES_EXPORTER": "otlp"},
        {ENDPOINT: "http://collector:4318", "OTEL_SDK_DISABLED": "true"},
        {ENDPOINT: "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"},
        {ENDPOINT: "http://collector:4318", "OTEL_TRACES_EXPORTER": "console"},
    ],
    ids=str,
)
def test_without_a_receiver_there_is_no_tracer(environ: dict[str, str]) -> None:
    assert said(environ) == []


def test_where_the_packages_are_missing_the_log_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "PACKAGES", ("enfact_nowhere.sdk",))
    assert said({ENDPOINT: "http://c:4318"}) == [(ENDPOINT, "install enfact-gateway[otel]")]


@pytest.mark.parametrize("protocol", ["grpc", "http/json"])
def test_another_protocol_is_said(monkeypatch: pytest.MonkeyPatch, protocol: str) -> None:
    monkeypatch.setattr(tracing, "PACKAGES", ("json",))
    variable = "OTEL_EXPORTER_OTLP_PROTOCOL"
    environ = {ENDPOINT: "http://c:4317", variable: protocol}
    assert said(environ) == [(variable, "spans leave by http/protobuf only")]


def test_without_the_variables_a_worker_loads_nothing_of_it() -> None:
    code = (
        "import sys, gateway.server.worker; from gateway.app import create_app; from gateway.settings import Settings\n"
        "app = create_app(Settings(database_url='postgresql://nobody@127.0.0.1:1/x'))\n"
        "print([name for name in sys.modules if name.partition('.')[0] in ('opentelemetry', 'google', 'requests')],"
        " app._endpoint._tracer)"
    )
    given = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=given, capture_output=True, text=True, check=True
    )
    assert ended.stdout == "[] None\n"


def test_a_stop_watch_keeps_what_its_span_says() -> None:
    ended: list[Traced] = []
    traced = Traced(("a" * 32, "b" * 16), ended.append)
    traced.end(Stage.READ)
    for n in range(MOST_STATEMENTS + 5):
        traced.ran(f"select {n}")
    traced.chose("query", "Who", "c" * 64)
    assert ended == []
    traced.finish("FORBIDDEN", {"http.response.status_code": 403})
    assert ended == [traced]
    assert [stage for stage, _ in traced.ended] == [Stage.READ] == list(traced.took)
    assert len(traced.statements) == MOST_STATEMENTS
    assert (traced.kind, traced.name, traced.code) == ("query", "Who", "FORBIDDEN")
