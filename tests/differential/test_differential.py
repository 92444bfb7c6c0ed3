"""The product's answers equal the oracle's: data, order of keys, notes, refusals, in both modes, for all viewers."""

from hypothesis import assume, given
from hypothesis import strategies as st

from schema.apps import App
from tests.differential.checks.comparison import Bench, is_valid
from tests.differential.data.dataset import ACTIVE, ALWAYS, GATES, build, key
from tests.differential.operations.drawn import Case, operations
from tests.differential.operations.profiles import searched
from tests.differential.operations.reduction import reduce_case
from tests.differential.oracle.gating import every_gate

GATED = ("discount", "total_profit", "delivery_date", "order_reference", "purchase_price", "ean", "channel", "editable")
NAMES = [viewer.name for viewer in build().viewers]


def test_the_viewers_have_every_gate_on_and_off() -> None:
    assert {gate for gate in every_gate() if isinstance(gate, App)} - set(ALWAYS) == set(GATES)


@given(case=operations() | operations(*GATED, "filter", "orderBy", "kinds"), name=st.sampled_from(NAMES))
@searched(400)
async def test_the_product_answers_as_the_oracle_does(bench: Bench, case: Case, name: str) -> None:
    filled, viewer = await bench.fill(case), bench.data.viewer(name)
    difference = await bench.difference(filled, viewer)
    if difference is not None:
        assume(is_valid(filled))

        async def differs_alike(candidate: Case) -> bool:
            return (await bench.difference(candidate, viewer) or "").startswith(difference[:5])

        raise AssertionError(await bench.difference(await reduce_case(filled, differs_alike), viewer))


FOUNDED = f"""{{ company(id: "com_{key("company B").hex}") {{
  users {{ totalCount nodes {{ id firstName email language role status apps createdAt hourlyCost }} }}
  plan trialEndsAt activeApps sleepingApps
  supportUntil apiKeys {{ id }} externalUsers {{ id }} permissionMatrix {{ version }}
}} }}"""


async def test_who_stands_in_for_an_owner_sees_users_as_the_oracle_says(bench: Bench) -> None:
    for name in ("Founder", "Compta", "Two", "Piet"):
        assert await bench.difference(Case(FOUNDED, {}), bench.data.viewer(name)) is None


LENT = " ".join(
    f"""{name}: company(id: "com_{key(f"company {name}").hex}") {{
  access {{ apps }} customers(first: 5) {{ nodes {{ name discount }} }} suppliers(first: 5) {{ nodes {{ id }} }}
  permissionMatrix {{ rows {{ user {{ id apps }} cells {{ app granted effective }} }} }}
}}"""
    for name in ACTIVE
)


async def test_who_has_apps_until_a_moment_is_shown_what_the_oracle_says(bench: Bench) -> None:
    for name in ("Lent", "Olga", "Piet"):
        assert await bench.difference(Case(f"{{ {LENT} }}", {}), bench.data.viewer(name)) is None
