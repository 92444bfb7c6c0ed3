"""The product answers as the oracle does: data with the order of its keys, notes, refusals, in both modes, for everybody."""

from hypothesis import assume, event, given
from hypothesis import strategies as st

from tests.differential.comparison import Bench, is_valid
from tests.differential.dataset import ALWAYS, GATES, build
from tests.differential.gating import every_gate
from tests.differential.operations import Case, operations
from tests.differential.profiles import searched
from schema.apps import App

NAMES = [viewer.name for viewer in build().viewers]


def test_the_viewers_have_every_gate_on_and_off() -> None:
    assert {gate for gate in every_gate() if isinstance(gate, App)} - set(ALWAYS) == set(GATES)


@given(case=operations(), name=st.sampled_from(NAMES))
@searched(400)
async def test_the_product_answers_as_the_oracle_does(bench: Bench, case: Case, name: str) -> None:
    filled = await bench.fill(case)
    if not is_valid(filled):
        event("invalid")
        assume(condition=False)
    difference = await bench.difference(filled, bench.data.viewer(name))
    assert difference is None, difference
