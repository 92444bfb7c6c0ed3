"""The permission matrix at the moments of all changes, compared with the oracle's."""

import datetime

import pytest

from tests.differential.checks.comparison import Bench
from tests.differential.data.dataset import ACTIVE, key
from tests.differential.data.filling import MOMENT
from tests.differential.operations.drawn import Case

QUERY = """query ($id: ID!, $at: DateTime, $people: [ID!]) {
  company(id: $id) { permissionMatrix(at: $at, userIds: $people) {
    id version apps { app label } sleepingApps { app }
    rows {
      id user { id firstName email role status apps createdAt } externalUser { id email kind since until }
      cells { app granted effective editable reason until }
    }
  } }
}"""
OWNERS = {"A": "Olga", "B": "Piet", "C": "Two"}
MINUTES = (-60, -30, 0, 1 / 60, 2 / 60, 1, 30, 60, 90, 150, 6000)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("minutes", MINUTES)
@pytest.mark.parametrize("company", ACTIVE)
async def test_the_matrix_of_a_moment_is_what_the_history_says(bench: Bench, company: str, minutes: float) -> None:
    at = MOMENT + datetime.timedelta(minutes=minutes)
    members = [row["id"] for row in bench.data.tables["membership"] if row["company_id"] == key(f"company {company}")]
    people = [f"{prefix}_{member.hex}" for member in members[:25] for prefix in ("usr", "ext")]
    given = {"id": f"com_{key(f'company {company}').hex}", "at": at.isoformat(), "people": people}
    viewer = bench.data.viewer(OWNERS[company])
    assert await bench.difference(Case(QUERY, given), viewer) is None
