"""Tests of the benchmark's computations, and of its operations against the schemas; nothing is measured."""

import json
import re
import socket
import statistics
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_address
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, cast
from xml.etree import ElementTree as ET

import pytest
from graphql import Undefined, build_schema, parse, utilities, validate

from resolvers.operation.coercion import coerced_value
from schema import schema
from schema.apps import CATALOGUE, App
from tests.bench.contenders import customers
from tests.bench.contenders.before import checkout
from tests.bench.contenders.normalise import FROM_POSTGRAPHILE, Differs, difference, normalised, without_own
from tests.bench.contenders.servers import CONTENDERS
from tests.bench.data import cluster, dataset
from tests.bench.loads.customers import CustomerPatches, NewCustomers, new_customer
from tests.bench.loads.generator import LoadError, ask, get, post, run
from tests.bench.loads.operations import COMPANY, CONNECTIONS, OPERATIONS, READS, WRITES
from tests.bench.loads.storm import address
from tests.bench.loads.toggles import Toggles
from tests.bench.loads.worst import (
    Load,
    Requests,
    hostile_documents,
    introspection,
    loads,
    long_names,
    members,
    small_writes,
    wrong_documents,
)
from tests.bench.loads.writes import companies
from tests.bench.measures import floor
from tests.bench.measures.beside import (
    OWNER,
    SOMEBODY,
    WATCHER,
    Found,
    Sample,
    beside_targets,
    nothing_beside,
    owner_target,
    rounds_of,
)
from tests.bench.measures.extras import nothing_more
from tests.bench.measures.measuring import WRITERS, Plan, Turns, check_of
from tests.bench.measures.writing import ALONE, INPUT, compiled_ms, crowd_of
from tests.bench.report.change import Became, became, change_of, changes
from tests.bench.report.chart import MARKS, chart
from tests.bench.report.figures import Figures, Round, as_json, figures, percentile, ratio
from tests.bench.report.readme import GATES_FIGURE, with_figures
from tests.bench.report.spread import SURE, Estimate, Patience, Verdict, at_least, at_most, estimate, pooled, rank
from tests.bench.report.tables import percent, targets

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
ORDINARY = HERE / "contenders" / "ordinary.graphql"


def exactly(value: float) -> Estimate:
    return Estimate(value, value, value)


def took(cpu_ms: float, ours_ms: float = 1.0, doubt: float = 0.0) -> Figures:
    """Figures of a contender with this CPU, next to the gateway's `ours_ms`; `doubt` is the spread of the ratio."""
    times = cpu_ms / ours_ms
    ratio = Estimate(times, times * (1 - doubt), times * (1 + doubt))
    half, hundred, one, two, mib = (exactly(value) for value in (cpu_ms / 2, 100.0, 1.0, 2.0, 64.0))
    return Figures(7, exactly(cpu_ms), half, half, hundred, one, two, mib, ratio, exactly(cpu_ms - ours_ms))


def one_round(server_cpu: int, latencies: Sequence[float] = (0.001,), rss: float = 10.0) -> Round:
    return Round(10, 2.0, server_cpu, 0, latencies, rss)


def rounds(*server_ms: float) -> dict[int, Round]:
    """Rounds by their number, with these milliseconds per request."""
    return {n: one_round(round(10_000_000 * ms)) for n, ms in enumerate(server_ms)}


# --- statistics


@pytest.mark.parametrize(("part", "wanted"), [(0.5, 50), (0.99, 99), (0.995, 100), (1.0, 100), (0.0, 1)], ids=str)
def test_percentile_is_a_value_that_was_measured(part: float, wanted: float) -> None:
    assert percentile(range(1, 101), part) == wanted


def test_percentile_of_nothing() -> None:
    assert percentile([], 0.5) == 0.0


@pytest.mark.parametrize(
    ("count", "place"), [(1, 1), (2, 1), (5, 1), (6, 1), (8, 1), (9, 2), (12, 3), (15, 4), (20, 6), (25, 8)]
)
def test_the_interval_of_a_median_has_the_places_that_the_tables_say(count: int, place: int) -> None:
    assert rank(count) == place
    assert estimate(range(1, count + 1)) == Estimate((count + 1) / 2, place, count + 1 - place)


def test_an_interval_holds_the_true_median_as_often_as_it_says() -> None:
    chance = Random(7)
    held = sum(
        found.low <= 1.0 <= found.high
        for found in (estimate(chance.lognormvariate(0, 0.3) for _ in range(12)) for _ in range(2_000))
    )
    assert 0.95 <= held / 2_000 < 0.975


def test_more_certainty_takes_a_wider_interval() -> None:
    values = range(1, 31)
    assert estimate(values, SURE).spread > estimate(values).spread


def test_a_spread_is_the_wider_side_of_the_interval() -> None:
    assert Estimate(10.0, 9.0, 13.0).spread == 3.0
    assert Estimate(10.0, 9.0, 13.0).part == 0.3
    assert Estimate(2.0, 1.0, 4.0).inverse() == Estimate(0.5, 0.25, 1.0)
    assert Estimate(2.0, 1.0, 4.0).scaled(-10) == Estimate(-20.0, -40.0, -10.0)


def test_a_pooled_figure_is_of_all_values_and_its_spread_of_the_groups() -> None:
    groups = [[1.0] * 9, [1.0] * 9, [1.0] * 8 + [50.0]]
    found = pooled(groups, max)
    assert (found.value, found.low, found.high) == (50.0, 1.0, 50.0)
    assert pooled([[1.0, 3.0]] * 5, statistics.median) == exactly(2.0)


@pytest.mark.parametrize(
    ("low", "high", "most", "least"),
    [
        (0.8, 0.9, Verdict.REACHED, Verdict.MISSED),
        (0.9, 1.1, Verdict.OPEN, Verdict.OPEN),
        (1.1, 1.2, Verdict.MISSED, Verdict.REACHED),
        (1.0, 1.0, Verdict.REACHED, Verdict.REACHED),
    ],
)
def test_a_target_is_decided_by_the_whole_interval(low: float, high: float, most: Verdict, least: Verdict) -> None:
    found = Estimate((low + high) / 2, low, high)
    assert (at_most(1.0, found), at_least(1.0, found)) == (most, least)


def test_a_target_that_was_not_measured_is_neither_reached_nor_missed() -> None:
    assert (at_most(1.0, None), at_least(1.0, None)) == (Verdict.UNMEASURED, Verdict.UNMEASURED)


# --- rounds


PATIENCE = Patience(fewest=6, most=20, part=0.02)


def test_rounds_go_on_until_the_spread_is_known() -> None:
    steady, noisy = [1.0, 1.01, 0.99, 1.0, 1.0, 1.01], [1.0, 1.2, 0.8, 1.0, 0.7, 1.3]
    assert PATIENCE.is_over(steady)
    assert not PATIENCE.is_over(noisy)
    assert not PATIENCE.is_over(steady[:5])  # too few to know anything
    assert PATIENCE.is_over((noisy * 4)[:20])  # but not for ever


def turned(turns: Turns, cpu: Callable[[str, int], float], *, late_after: int = 1_000) -> list[list[str]]:
    """The contenders with a turn in each round."""
    order: dict[int, list[str]] = {}
    for contender in turns.all(lambda: turns.number >= late_after):
        order.setdefault(turns.number, []).append(contender)
        turns.done(contender, one_round(round(10_000_000 * cpu(contender, turns.number))))
    return list(order.values())


def plan(*, close: Patience = PATIENCE) -> Plan:
    return Plan(0.0, 0.0, 0.0, PATIENCE, close, 0, 0, 0)


def test_a_contender_leaves_when_its_ratio_is_known_and_the_gateway_stays_for_the_others() -> None:
    chance = Random(3)

    def cpu(contender: str, _number: int) -> float:
        return chance.uniform(1.0, 3.0) if contender == "ariadne" else 0.9 if contender == "bare" else 1.0

    turns = Turns(plan(), ["gateway", "bare", "ariadne"])
    turned(turns, cpu)
    assert {name: len(found) for name, found in turns.rounds.items()} == {"gateway": 20, "bare": 6, "ariadne": 20}


def test_what_disturbs_a_whole_round_disturbs_no_ratio() -> None:
    def cpu(contender: str, number: int) -> float:
        return (1.0 + number % 5) * (0.8 if contender == "bare" else 1.0)

    turns = Turns(plan(), ["gateway", "bare"])
    turned(turns, cpu)
    assert len(turns.rounds["bare"]) == 6
    found = figures(turns.rounds["bare"], turns.rounds["gateway"])
    assert found.ratio is not None
    assert (found.ratio.value, found.ratio.part) == pytest.approx((0.8, 0.0), abs=1e-6)
    assert found.cpu_ms.part > 0.5


def test_the_order_changes_each_round() -> None:
    turns = Turns(plan(), ["gateway", "bare", "ariadne"])
    order = turned(turns, lambda _contender, _number: 1.0)
    assert order[:4] == [
        ["gateway", "bare", "ariadne"],
        ["bare", "ariadne", "gateway"],
        ["ariadne", "gateway", "bare"],
        ["gateway", "bare", "ariadne"],
    ]


def test_rounds_end_when_it_is_late_but_not_before_the_fewest() -> None:
    chance = Random(5)
    turns = Turns(plan(), ["gateway", "ariadne"])
    assert len(turned(turns, lambda _contender, _number: chance.uniform(1, 9), late_after=2)) == 6


def test_the_gateway_before_is_looked_at_more_closely() -> None:
    values = [1.0, 1.015, 0.985] * 10
    turns = Turns(plan(close=Patience(6, 30, 0.01)), ["gateway", "before", "bare"])
    turned(turns, lambda contender, number: 1.0 if contender == "gateway" else values[number])
    assert len(turns.rounds["bare"]) == 6
    assert len(turns.rounds["before"]) > 6


# --- before and after


NOISE = (0.99, 1.0, 1.01, 1.0, 0.995, 1.005, 1.0, 0.99, 1.01, 1.0)


def pairs_of(quotient: float) -> list[tuple[float, float]]:
    return [(2.0, 2.0 * quotient * noise) for noise in NOISE]


@pytest.mark.parametrize(
    ("runs", "wanted"),
    [
        ((1.03, 1.03, 1.03), Became.WORSE),
        ((0.97, 0.97, 0.97), Became.BETTER),
        ((1.005, 1.005, 1.005), Became.SAME),  # less than the rounds differ among themselves
        ((1.00, 1.02, 1.04), Became.SAME),  # less than the runs differ among themselves
        ((1.04, 1.02, 1.01), Became.SAME),
        ((1.10, 1.08, 1.09), Became.WORSE),
        ((1.00, 1.03, 1.10), Became.OPEN),
    ],
)
def test_worse_is_what_is_so_by_more_than_the_spread_of_the_runs(runs: Sequence[float], wanted: Became) -> None:
    change, medians = change_of([pairs_of(run) for run in runs])
    assert became(change) is wanted
    assert [round(median, 3) for median in medians] == list(runs)


def test_one_run_in_which_nothing_can_be_told_is_said_so() -> None:
    change, _ = change_of([[(1.0, 1.0), (1.0, 1.4), (1.0, 0.8)]])
    assert became(change) is Became.OPEN


def test_nothing_is_known_from_less_than_three_pairs() -> None:
    assert became(change_of([[(1.0, 1.2)], [(1.0, 1.2)]])[0]) is Became.OPEN
    assert became(change_of([[(1.0, 1.2)]] * 3)[0]) is Became.WORSE


def test_a_folder_without_a_gateway_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"no \.venv"):
        checkout(tmp_path)


def test_every_ratio_has_its_row_before_and_after() -> None:
    first = {"deep": {"gateway": rounds(2, 2, 2), "before": rounds(1, 1, 1), "bare": rounds(4, 4, 4)}}
    again = {"deep": {"gateway": rounds(2, 2), "before": rounds(1, 1)}}
    found = {change.figure: change for change in changes([first, again, again])}
    assert list(found) == ["deep: CPU", "deep: gateway ÷ bare", "memory under load"]
    assert found["deep: CPU"].runs == [2.0, 2.0, 2.0]
    against = found["deep: gateway ÷ bare"]
    assert (against.before, against.after, against.became) == (exactly(0.25), exactly(0.5), Became.WORSE)
    assert found["memory under load"].became is Became.SAME


def test_changes_need_a_gateway_before() -> None:
    assert changes([{"deep": {"gateway": rounds(2, 2)}}]) == []


# --- figures


def test_figures_are_medians_over_rounds() -> None:
    each = [Round(10, 2.0, cpu, 5_000_000, [0.001, 0.003], 9) for cpu in (10_000_000, 90_000_000, 20_000_000)]
    found = figures(dict(enumerate(each)))
    assert found.cpu_server_ms == Estimate(2.0, 1.0, 9.0)
    assert (found.cpu_postgres_ms, found.cpu_ms.value) == (exactly(0.5), 2.5)
    assert (found.rps, found.p50_ms, found.p99_ms) == (exactly(5.0), exactly(1.0), exactly(3.0))
    assert (found.rss_mib, found.ratio, found.rounds) == (exactly(9), None, 3)


def test_ratios_are_of_rounds_that_were_measured_together() -> None:
    ours, theirs = rounds(1, 2, 4), {0: rounds(3)[0], 2: rounds(12)[0]}
    found = figures(theirs, ours)
    assert found.ratio == exactly(3.0)
    assert found.more_ms == Estimate(5.0, 2.0, 8.0)


def test_ratio_is_left_open_where_something_was_not_measured() -> None:
    table = {"viewer": {"gateway": took(1.0), "bare": took(0.5)}, "deep": {"bare": figures(rounds(1, 1))}}
    assert ratio(table, "viewer", "bare") == exactly(0.5)
    assert ratio(table, "deep", "bare") is None
    assert ratio(table, "matrix", "bare") is None


def test_json_has_what_was_measured_with_its_spread_and_nothing_else() -> None:
    written = as_json({"viewer": {"gateway": figures(rounds(0.123456, 0.2))}}, machine={"processors": 2})
    row = written["operations"]["viewer"]["gateway"]
    assert row["cpu_ms"] == {"value": 0.1617, "low": 0.1235, "high": 0.2}
    assert list(row) == [
        "rounds", "cpu_ms", "cpu_server_ms", "cpu_postgres_ms", "rps", "p50_ms", "p99_ms", "rss_mib",
    ]  # fmt: skip
    assert list(written) == ["operations", "machine"]


# --- targets


def test_every_target_has_a_row_whatever_was_measured() -> None:
    nothing = [*targets({}), *nothing_beside(), *nothing_more()]
    row = {name: took(1.0) for name in CONTENDERS}
    everything = targets(dict.fromkeys(OPERATIONS, row))
    assert {target.verdict for target in nothing} == {Verdict.UNMEASURED}
    assert [target.figure for target in everything] == [target.figure for target in targets({})]
    assert Verdict.UNMEASURED not in {target.verdict for target in everything}
    assert len({target.figure for target in nothing}) == len(nothing)


def test_targets_judge_what_was_measured_by_its_spread() -> None:
    row = {"gateway": took(1.0), "hand_written": took(1.1, doubt=0.02), "mercurius": took(1.3, doubt=0.1)}
    found = {target.figure: target.verdict for target in targets({"viewer": row, "deep": row})}
    assert found["gateway ÷ hand_written, viewer"] is Verdict.REACHED
    assert found["mercurius ÷ gateway, viewer"] is Verdict.OPEN
    assert found["mercurius ÷ gateway, deep"] is Verdict.OPEN
    assert found["postgraphile ÷ gateway, viewer"] is Verdict.UNMEASURED
    assert found["gateway ÷ hand_written, matrix"] is Verdict.UNMEASURED
    assert found["memory of one worker under load"] is Verdict.REACHED


def test_the_viewer_is_compared_by_the_difference_to_the_floor() -> None:
    def verdict(bare_ms: float) -> Verdict:
        found = targets({"viewer": {"gateway": took(1.0), "bare": took(bare_ms)}})
        return {target.figure: target.verdict for target in found}["gateway less bare, viewer"]

    assert (verdict(0.97), verdict(0.95)) == (Verdict.REACHED, Verdict.MISSED)


@pytest.mark.parametrize(("part", "wanted"), [(0.0, "±0%"), (0.001, "±1%"), (0.02, "±2%"), (0.021, "±3%")])
def test_a_spread_is_rounded_up(part: float, wanted: str) -> None:
    assert percent(Estimate(1.0, 1.0, 1.0 + part)) == wanted


# --- clients beside each other


def samples(*seconds: float, answered: bool = True) -> list[Sample]:
    return [Sample(float(n), took, answered) for n, took in enumerate(seconds)]


def beside(loaded: Sequence[Sequence[Sample]], health: Sequence[Sample]) -> list[Verdict]:
    usual = [samples(*[0.005] * 50)] * 6
    load = Load("a kind", "nobody", lambda _: small_writes(3, 0))
    return [target.verdict for target in beside_targets(load, Found(usual, loaded, health, {}))]


def test_who_waits_longer_beside_a_load_is_told() -> None:
    fine, slow = samples(*[0.05] * 50), samples(*[0.05] * 48, 0.3, 0.3)
    assert beside([fine] * 6, fine) == [Verdict.REACHED, Verdict.REACHED]
    assert beside([slow] * 6, fine) == [Verdict.MISSED, Verdict.REACHED]
    assert beside([*[fine] * 5, samples(*[0.3] * 50)], fine) == [Verdict.OPEN, Verdict.REACHED]


def test_who_is_refused_beside_a_load_is_not_served_however_soon() -> None:
    fine, refused = samples(*[0.005] * 50), samples(0.001, answered=False)
    assert beside([*[fine] * 5, [*fine, *refused]], fine) == [Verdict.MISSED, Verdict.REACHED]
    assert beside([fine] * 6, [*fine, *refused]) == [Verdict.REACHED, Verdict.MISSED]


def test_the_owner_is_judged_by_the_longest_of_each_round() -> None:
    soon, late = samples(0.1, 0.2, 0.1), samples(0.1, 0.9, 0.1)
    assert owner_target([soon] * 6, 0, {}).verdict is Verdict.REACHED
    assert owner_target([late] * 6, 0, {}).verdict is Verdict.MISSED
    assert owner_target([*[soon] * 5, late], 0, {}).verdict is Verdict.OPEN
    assert owner_target([soon] * 6, 1, {}).verdict is Verdict.MISSED


def test_samples_are_put_into_the_rounds_that_they_were_due_in() -> None:
    found = rounds_of(samples(*range(10)), 2.0, 8.0, 3)
    assert [[sample.due for sample in round_] for round_ in found] == [[2.0, 3.0], [4.0, 5.0], [6.0, 7.0]]


DOCUMENTS = [load for load in [*loads("key"), *members()] if load.name != "wrong documents"]


@pytest.mark.parametrize("load", DOCUMENTS, ids=lambda load: f"{load.whose}, {load.name}")
def test_the_worst_is_asked_in_words_of_the_schema(load: Load) -> None:
    """A load that is refused as nonsense shows nothing."""
    _, _, body = next(load.requests(0)).partition(b"\r\n\r\n")
    asked = json.loads(body)["query"] if body else "{ apps { app } }"
    assert validate(schema.core, parse(asked), max_errors=None) == []


@pytest.mark.parametrize("kind", [hostile_documents, long_names, wrong_documents, introspection])
def test_no_two_requests_of_such_a_load_are_the_same(kind: Callable[..., Requests]) -> None:
    made = partial(kind, None, 3) if kind is hostile_documents else partial(kind, None)
    asked = [request for which in range(3) for request in islice(made(which), 5)]
    assert len(set(asked)) == len(asked)


def test_loads_come_from_addresses_of_their_own() -> None:
    addresses = {address(n) for n in range(1_000)}
    assert len(addresses) == 1_000
    assert all(ip_address(one).is_loopback for one in addresses)
    assert not addresses & {SOMEBODY, WATCHER, OWNER}


def test_a_writer_follows_the_version_and_asks_when_it_is_lost() -> None:
    requests = small_writes(3, 0)
    assert b"setAppAccess" not in next(requests)
    assert b'"expectedVersion":7' in requests.send(b'{"version" : 7}')
    assert b'"expectedVersion":8' in requests.send(b'{"version" : 8}')
    assert b"setAppAccess" not in requests.send(b'{"errors":[]}')


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


def test_the_readme_shows_how_well_its_figures_are_known() -> None:
    row = {name: {"cpu_ms": {"value": 2.0, "low": 1.9, "high": 2.1}, "ratio": {"value": 1.5, "low": 1.48, "high": 1.51}}
           for name in CONTENDERS}  # fmt: skip
    gates = {"figure": GATES_FIGURE, "estimate": {"value": 1.234, "low": 1.2, "high": 1.3}}
    results = {"operations": dict.fromkeys(OPERATIONS, row), "figures": [gates]}
    shown = with_figures("| operation | gateway | x |\n\n30 gated fields cost 1.10 times the same.\n", results)
    assert shown.count("| 2,000 ±5% | 2,000 (1.5 ±2%) |") == len(OPERATIONS)
    assert "30 gated fields cost 1.23 times" in shown


def test_the_readme_names_a_figure_that_there_is() -> None:
    assert GATES_FIGURE in {target.figure for target in nothing_more()}


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


# --- writes


def test_every_contender_writes_in_companies_of_its_own() -> None:
    contenders = [companies(n) for n in range(len(CONTENDERS) + 1)]  # and the gateway before
    used = [company for mine in contenders for company in mine]
    assert {len(mine) for mine in contenders} == {CONNECTIONS}
    assert len(set(used)) == len(used)
    assert COMPANY not in used


def test_toggles_change_something_every_time() -> None:
    toggles = Toggles(companies(2))
    company = companies(2)[3]
    on = {(member, app.name) for member in range(1, dataset.MEMBERS) for app in dataset.granted(company, member)}
    members = {dataset.global_id("usr", "membership", company, member): member for member in range(dataset.MEMBERS)}
    for version in range(1, 5_000):
        write = toggles.next(3)
        (change,) = cast("list[dict[str, Any]]", write.input["changes"])
        cell = members[change["userId"]], change["app"]
        assert (write.company, write.input["expectedVersion"]) == (company, version)
        assert change["granted"] != (cell in on)
        on ^= {cell}
    assert toggles.is_done(3, b'{"version" : 5000}')
    assert not toggles.is_done(3, b'{"version":4999}')
    assert not toggles.is_done(3, b'{"permissionMatrix":null}')


def test_new_customers_are_numbered_one_after_the_other() -> None:
    customers = NewCustomers(companies(0))
    names = {customers.next(n % 2).input["name"] for n in range(8)}
    assert len(names) == 4  # the two companies get the same ones
    assert customers.is_done(0, b'{"number" : "C00504"}')
    assert not customers.is_done(0, b'{"number" : "C00503"}')
    assert not customers.is_done(0, b'{"customer":null}')


def test_a_patch_changes_both_fields_every_time() -> None:
    patches = CustomerPatches(companies(1))
    seen: dict[Any, tuple[Any, Any]] = {}
    for n in range(1, 4 * dataset.CUSTOMERS):
        given = patches.next(5).input
        row, now = given["customerId"], (given["city"], given["note"])
        before = seen.get(row, (dataset.CITIES[n % dataset.CUSTOMERS % 10], None))
        assert [one for one, other in zip(now, before, strict=True) if one == other] == []
        seen[row] = now
    assert len(seen) == dataset.CUSTOMERS
    assert patches.is_done(5, b'{"note":"Change 1999"}')
    assert not patches.is_done(5, b'{"note":"Change 1998"}')


def test_a_crowd_changes_different_customers_and_numbers_none_twice() -> None:
    patches, new = (crowd_of(OPERATIONS[name]) for name in ("update_customer", "create_customer"))
    rows = [{patches.next(n).input["customerId"] for _ in range(100)} for n in range(CONNECTIONS)]
    assert sum(map(len, rows)) == len({row for each in rows for row in each}) > CONNECTIONS
    assert patches.is_done(1, b'{"note":"Change 100"}')
    writes = [new.next(n) for n in range(CONNECTIONS)]
    assert {write.company for write in writes} == {ALONE}
    assert len({write.token for write in writes}) == CONNECTIONS
    assert [new.is_done(n, b'{"number":"C00%d"}' % number) for n, number in enumerate((501, 503, 501))] == [
        True, True, False,
    ]  # fmt: skip
    assert ALONE not in [company for n in range(len(CONTENDERS) + 1) for company in companies(n)]


def test_a_write_of_twenty_fields_is_compiled_alone() -> None:
    assert len(re.findall(r"\w+:(?= )", INPUT)) == 1 + 20
    first, second = compiled_ms(3)
    assert min(first, second) > 0


@pytest.mark.parametrize("name", WRITES)
def test_what_is_written_fits_the_input(name: str) -> None:
    """Both the gateway's and that of the ordinary contenders."""
    given = WRITERS[name](companies(0)).next(0).input
    for schema_ in (schema.core, build_schema(ORDINARY.read_text())):
        (definition,) = parse(OPERATIONS[name].query).definitions
        taken = cast("Any", utilities).type_from_ast(schema_, cast("Any", definition).variable_definitions[0].type)
        assert coerced_value(given, taken) is not Undefined


def test_what_was_not_written_is_loud() -> None:
    writes = NewCustomers(companies(0))
    writes.next(0)
    check = check_of(writes)
    check(0, b'{"number":"C00501"}')
    with pytest.raises(LoadError, match="nothing was written"):
        check(0, b'{"errors":[{"code":"NOT_FOUND"}]}')


def test_answers_to_writes_differ_by_the_rows_of_the_contenders_alone() -> None:
    new, own = "018cc25000007000800a0000000961ac", "018cc25000007000800a0000000961ad"
    given = {"c": {"id": own, "name": "Renard", "city": "Liege"}, "others": [new]}
    wanted = {"c": {"id": "the customer", "name": "its name", "city": "Liege"}, "others": ["a new key"]}
    assert without_own(given, {own: "the customer", "Renard": "its name"}) == wanted
    assert without_own({"id": own}, {}) != without_own({"id": own}, {own: "the customer"})


@pytest.mark.parametrize("statement", [*customers.HAND.values(), *customers.BARE.values()])
def test_statements_of_customers_have_as_many_parameters_as_values(statement: str) -> None:
    creates = "CREATED" in statement
    values = customers.creation(new_customer(1)) if creates else customers.change({"city": "Gent", "note": "x"})
    assert {int(found) for found in re.findall(r"\$(\d+)", statement)} == set(range(1, 3 + len(values)))


@pytest.mark.parametrize("wrong", [{"name": " "}, {"name": "x" * 101}, {"paymentTermDays": 366}, {"country": "BEL"}])
def test_statements_by_hand_check_what_they_are_given(wrong: dict[str, object]) -> None:
    assert customers.creation(new_customer(1))[0] == "Nouveau client 000001"
    with pytest.raises(ValueError, match=next(iter(wrong))):
        customers.creation(new_customer(1) | wrong)


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
        "from resolvers.execution.executor import default_compiler\n"
        "assert ungated.strip() > 100\n"
        "default_compiler()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_contenders_start_where_their_programs_are() -> None:
    assert all((contender.root / "gateway" / "cli" / "__main__.py").is_file() for contender in CONTENDERS.values())
    assert cluster.FUNCTIONS.is_file()
