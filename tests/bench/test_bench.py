"""The parts of the benchmark that compute without measuring, and that its operations still fit the schemas."""

import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from graphql import build_schema, parse, validate

from schema import schema
from schema.apps import CATALOGUE, App
from tests.bench import dataset, floor
from tests.bench.chart import MARKS, chart
from tests.bench.figures import Figures, Round, as_json, figures, percentile, ratio
from tests.bench.load import LoadError, ask, get, post, run
from tests.bench.normalise import FROM_POSTGRAPHILE, Differs, difference, normalised
from tests.bench.operations import OPERATIONS, READS
from tests.bench.readme import with_figures
from tests.bench.report import targets
from tests.bench.servers import CONTENDERS
from tests.bench.toggles import Toggles

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
ORDINARY = HERE / "contenders" / "ordinary.graphql"


def took(cpu_ms: float) -> Figures:
    return Figures(cpu_ms, cpu_ms / 2, cpu_ms / 2, 100.0, 1.0, 2.0, 64.0)


def one_round(server_cpu: int, latencies: list[float], rss: float = 10.0) -> Round:
    return Round(10, 2.0, server_cpu, 5_000_000, latencies, rss)


# --- statistics


@pytest.mark.parametrize(("part", "wanted"), [(0.5, 50), (0.99, 99), (0.995, 100), (1.0, 100), (0.0, 1)], ids=str)
def test_percentile_is_a_value_that_was_measured(part: float, wanted: float) -> None:
    assert percentile(range(1, 101), part) == wanted


def test_percentile_of_nothing() -> None:
    assert percentile([], 0.5) == 0.0


def test_figures_are_medians_over_rounds() -> None:
    rounds = [one_round(cpu, [0.001, 0.003], rss) for cpu, rss in ((10_000_000, 9), (90_000_000, 12), (20_000_000, 8))]
    found = figures(rounds)
    assert (found.cpu_server_ms, found.cpu_postgres_ms, found.cpu_ms) == (2.0, 0.5, 2.5)
    assert (found.rps, found.p50_ms, found.p99_ms, found.rss_mib) == (5.0, 1.0, 3.0, 12)


def test_ratio_is_left_open_where_something_was_not_measured() -> None:
    table = {"viewer": {"gateway": took(2.0), "bare": took(1.0)}, "deep": {"bare": took(1.0)}}
    assert ratio(table, "viewer", "bare") == 0.5
    assert ratio(table, "viewer", "gateway", "bare") == 2.0
    assert ratio(table, "deep", "bare") is None
    assert ratio(table, "matrix", "bare") is None


def test_json_has_what_was_measured_and_nothing_else() -> None:
    written = as_json({"viewer": {"gateway": took(0.123456)}}, machine={"processors": 2})
    assert written["operations"]["viewer"]["gateway"] == {
        "cpu_ms": 0.1235, "cpu_server_ms": 0.0617, "cpu_postgres_ms": 0.0617, "rps": 100.0, "p50_ms": 1.0,
        "p99_ms": 2.0, "rss_mib": 64.0,
    }  # fmt: skip
    assert list(written) == ["operations", "machine"]


def test_targets_judge_what_was_measured() -> None:
    table = {name: {"gateway": took(1.0), "hand_written": took(1.1), "mercurius": took(1.3)} for name in READS}
    found = {target.figure: target.reached for target in targets(table)}
    assert found["gateway against hand_written, each read"] is True
    assert found["mercurius against gateway, viewer"] is True
    assert found["mercurius against gateway, other reads"] is False
    assert found["postgraphile against gateway, each read"] is None
    assert found["memory of one worker under load"] is True


# --- one form for all answers


def test_normalised_answers_agree_across_forms() -> None:
    ours = (
        b'{"data":{"c":{"id":"inv_018cc25000007000800a0000000961ac","total":"12.50","at":"2026-01-01T00:00:00+00:00"}}}'
    )
    theirs = b'{"c":{"id":"018cc250-0000-7000-800a-0000000961ac","total":"12.5","at":"2026-01-01T01:00:00+01:00"}}'
    assert normalised(ours) == normalised(theirs)


@pytest.mark.parametrize("other", ['"12.51"', "null", '"2026-01-02"', "12"])
def test_normalised_answers_keep_differences(other: str) -> None:
    assert difference(normalised(b'{"a":["12.50"]}'), normalised(f'{{"a":[{other}]}}'.encode())) is not None


def test_an_answer_with_errors_is_refused() -> None:
    with pytest.raises(Differs, match="nonsense"):
        normalised(b'{"data":null,"errors":[{"message":"nonsense"}]}')


def test_difference_says_where() -> None:
    assert difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}) is None
    assert difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, "op") == "op.a[1].b is 3 instead of 2"
    assert difference({"a": [1]}, {"a": []}) == ".a has 0 items instead of 1"
    assert difference({"a": 1}, {"b": 1}) in (".a is only in one of them", ".b is only in one of them")


def test_postgraphile_is_put_into_the_gateways_shape() -> None:
    cells = [{"app": "QUOTES"}]
    given = {"company": {"version": 3, "rows": [{"id": "x", "firstName": "a", "lastName": "b", "cells": cells}]}}
    assert FROM_POSTGRAPHILE["matrix"](given) == {
        "company": {
            "permissionMatrix": {
                "version": 3,
                "rows": [{"user": {"id": "x", "firstName": "a", "lastName": "b"}, "cells": cells}],
            }
        }
    }


# --- operations


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_fit_the_gateways_schema(name: str) -> None:
    assert validate(schema.core, parse(OPERATIONS[name].query)) == []


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_fit_the_schema_of_the_ordinary_contenders(name: str) -> None:
    query = OPERATIONS[name].query
    assert validate(build_schema(ORDINARY.read_text()), parse(query)) == []


@pytest.mark.parametrize("name", READS)
def test_pgbench_gets_variables_only(name: str) -> None:
    statement = floor.script(name)
    assert ":hash" in statement
    assert "$" not in statement
    assert set(re.findall(r"(?<!:):([a-z_]\w*)", statement)) <= {"hash", "company"}


def test_every_contender_has_a_mark() -> None:
    assert set(MARKS) == set(CONTENDERS)


# --- chart


def test_chart_is_well_formed_and_shows_every_contender() -> None:
    row = {name: took(1.0 + n) for n, name in enumerate(CONTENDERS)}
    drawn = chart(dict.fromkeys(OPERATIONS, row))
    root = ET.fromstring(drawn)
    titles = [title.text for title in root.iter("{http://www.w3.org/2000/svg}title")]
    for _, words, _ in MARKS.values():
        assert titles.count(words) == len(OPERATIONS) + 1  # and once in the legend
    assert "prefers-color-scheme: dark" in drawn


def test_chart_keeps_marks_apart() -> None:
    drawn = chart({"viewer": {"gateway": took(1.0), "bare": took(1.0), "ariadne": took(1.0)}})
    places = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', drawn)
    assert len(set(places)) == len(places)


def test_chart_needs_the_gateway() -> None:
    with pytest.raises(ValueError, match="nothing to compare"):
        chart({"viewer": {"bare": took(1.0)}})


# --- the README


def test_the_readme_shows_the_figures_of_the_last_whole_run() -> None:
    readme, results = (ROOT / "README.md").read_text(), json.loads((HERE / "results.json").read_text())
    assert with_figures(readme, results) == readme


def test_a_readme_without_a_place_for_figures_is_refused() -> None:
    results = json.loads((HERE / "results.json").read_text())
    with pytest.raises(LookupError):
        with_figures("# A product\n\n30 gated fields cost 1.10 times the same.\n", results)


# --- data set


def test_keys_rise_and_never_meet() -> None:
    places = [(0, 0), (0, 1), (1, 0), (1, 4_000), (2, 0)]
    keys = [dataset.key("document", *place) for place in places]
    assert keys == sorted(set(keys))
    assert not {key.int for key in keys} & {dataset.key("contact", *place).int for place in places}
    assert {key.version for key in keys} == {7}


def test_masks_have_the_bits_that_the_catalogue_says() -> None:
    mask = dataset.bits([App.QUOTES, App.DISCOUNTS])
    assert len(mask) == 256
    assert {n for n, bit in enumerate(mask) if bit == "1"} == {
        CATALOGUE[App.QUOTES].position,
        CATALOGUE[App.DISCOUNTS].position,
    }


def test_rows_fit_their_columns() -> None:
    for batch in dataset.batches():
        for row in islice(batch.rows, 3):
            assert len(row) == len(dataset.COLUMNS[batch.table].split()), batch.table


def test_lines_add_up_to_their_document() -> None:
    batches = {batch.table: batch.rows for batch in dataset.batches()}
    document = dict(zip(dataset.COLUMNS["document"].split(), next(iter(batches["document"])), strict=True))
    names = dataset.COLUMNS["document_line"].split()
    lines = [dict(zip(names, row, strict=True)) for row in islice(batches["document_line"], dataset.LINES)]
    assert all(line["document_id"] == document["id"] for line in lines)
    assert sum(_cents(line["total_excl"]) for line in lines) == _cents(document["total_excl"])


def _cents(amount: str | None) -> int:
    assert amount is not None
    return int(amount.replace(".", ""))


def test_toggles_change_something_every_time() -> None:
    toggles = Toggles()
    held = {(member, app) for member in range(1, dataset.MEMBERS) for app in dataset.granted(103, member)}
    for version in range(1, 5_000):
        change = toggles.next(3)
        assert (change.company, change.version) == (103, version)
        assert change.granted != ((change.member, change.app) in held)
        held ^= {(change.member, change.app)}
    assert toggles.is_done(3, b'{"version" : 5000}')
    assert not toggles.is_done(3, b'{"version":4999}')
    assert not toggles.is_done(3, b'{"permissionMatrix":null}')


# --- load


@contextmanager
def serving(answer: bytes) -> Generator[int]:
    """The port of a server that gives `answer` to one request."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def test_answers_are_read_by_their_length() -> None:
    with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") as port:
        assert ask(port, get("/", "token")) == b"hello"


def test_answers_in_chunks_are_put_together() -> None:
    chunks = b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
    with serving(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunks) as port:
        assert ask(port, get("/", None)) == b"hello"


def test_an_answer_that_is_no_success_is_loud() -> None:
    with (
        serving(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n") as port,
        pytest.raises(LoadError, match="401"),
    ):
        ask(port, get("/", None))


def test_a_run_counts_its_requests() -> None:
    with serving(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}") as port:
        done = run(port, 4, 1, lambda number: post(f"/{number}", None, b"{}"))
    assert len(done.latencies) == 1
    assert 0 < done.latencies[0] <= done.seconds


def test_requests_carry_the_token() -> None:
    sent = post("/graphql", "secret", json.dumps({"query": "{ a }"}).encode())
    assert b"\r\nauthorization: Bearer secret\r\n" in sent
    assert sent.endswith(b'\r\n\r\n{"query": "{ a }"}')
    assert b"content-length: 18\r\n" in sent


def test_the_gateway_compiles_without_its_gates() -> None:
    """In a process of its own, since the gates of this one's schema are needed."""
    code = (
        "from tests.bench.contenders import ungated\n"
        "from resolvers.execution import default_compiler\n"
        "assert ungated.strip() > 100\n"
        "default_compiler()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, "")
