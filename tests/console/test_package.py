"""The package holds the console: its folder is inside a package, and nothing leaves its files out."""

import subprocess
import tomllib

import pytest

from gateway.pages.files import FOLDER
from tests.support.databases import ROOT

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WHEEL = SETTINGS["tool"]["hatch"]["build"]["targets"]["wheel"]


def test_the_wheel_takes_the_whole_package_of_the_gateway() -> None:
    assert FOLDER == ROOT / "gateway" / "console"
    assert "gateway" in WHEEL["packages"]
    assert WHEEL.keys() == {"packages"}, "exclude, only-include and artifacts would change what the wheel holds"


def test_no_file_of_the_console_is_ignored() -> None:
    """The build leaves out what git ignores."""
    files = [str(path.relative_to(ROOT)) for path in FOLDER.rglob("*") if path.is_file()]
    asked = [*files, "tests/console/node_modules/preact"]
    ignored = subprocess.run(
        ["git", "check-ignore", "--stdin", "--no-index"],
        cwd=ROOT,
        input="\n".join(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    if ignored.returncode == 128:
        pytest.skip("not a git checkout")
    assert len(files) > 30
    assert ignored.stdout.split() == asked[-1:]
