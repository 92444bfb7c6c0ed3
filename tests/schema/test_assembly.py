"""assembly.py: the schema is the same whichever of its modules a process imports first."""

import subprocess
import sys

import pytest

import schema
from tests.support.databases import ROOT

PRINT = "import {}; from schema import schema; print(schema.as_str())"


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    "first",
    ["schema.types.work.tasks", "schema.types.figures.reports", "schema.mutations.prices", "schema.roots.query"],
)
def test_fields_keep_their_order_whatever_is_imported_first(first: str) -> None:
    """Fields that files add to a type of another file stand in the order in which the files are imported."""
    run = [sys.executable, "-c", PRINT.format(first)]
    printed = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout
    assert printed == f"{schema.schema.as_str()}\n"


def test_a_name_that_is_not_there_is_missed_as_in_any_module() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'scheme'"):
        _ = schema.scheme  # type: ignore[attr-defined]
    assert not hasattr(schema, "__wrapped__")
