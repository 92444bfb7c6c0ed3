"""Python's search for garbage: rare while a process starts, as usual afterwards and not among what stays."""

import subprocess
import sys

import pytest

from tests.support.databases import ROOT

CODE = """
import gc
usual = gc.get_threshold()
import {module}
from gateway import garbage
print(gc.get_threshold()[0] > 10 * usual[0])
garbage.settle()
print(gc.get_threshold() == usual, gc.get_freeze_count() > 100_000)
"""


@pytest.mark.sampled(2)
@pytest.mark.parametrize("module", ["gateway.cli.main, gateway.server.startup", "gateway.server.worker"])
def test_a_process_looks_for_garbage_seldom_while_it_starts_and_as_usual_after(module: str) -> None:
    """In a process of its own, as the threshold is the process's."""
    code = CODE.format(module=module)
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["True"] * 3
