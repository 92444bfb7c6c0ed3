"""Browsers: a script of `scripts` drives Debian's Chromium on a running gateway, and gives the checks that it made.

Without Chromium the scripts are skipped (in CI they are a failure). `apt-get install chromium-headless-shell` brings
the one without windows, which takes half the work of the whole one.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.demo_logins import PASSWORD
from tests.clients.node import Check, checks, in_ci, problems
from tests.clients.serving import Served

HERE: Final = Path(__file__).parent
SCRIPTS: Final = HERE / "scripts"
NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
SECONDS: Final = 600.0


def need_chromium() -> str:
    """The path of Chromium; without it the test is skipped, in CI it fails."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None and not in_ci():
        pytest.skip("there is no Chromium on this machine: apt-get install chromium")
    assert found is not None, "there is no Chromium on this machine"
    return found


async def look(script: str, served: Served, more: Mapping[str, Any] | None = None) -> list[Check]:
    """What a script saw in Chromium; fails when it did not get to its end."""
    given = await served.given() | {"chromium": need_chromium(), "password": PASSWORD, **(more or {})}
    return await checks(script, given, folder=SCRIPTS, seconds=SECONDS)


async def assert_right(script: str, count: int, served: Served, more: Mapping[str, Any] | None = None) -> None:
    """A script made so many checks, and found nothing wrong."""
    seen = await look(script, served, more)
    assert not problems(seen), "\n".join(problems(seen))
    assert len(seen) == count
