"""The libraries of the console are those that `vendor.lock` names, and npm's."""

import hashlib
import json

import pytest

from tests.clients.node import need_packages
from tests.console import vendor
from tests.console.vendor import CONSOLE, HERE, LICENSES, LOCK, lock_of, made

LOCKED = json.loads(LOCK.read_text(encoding="utf-8"))


@pytest.mark.parametrize("entry", LOCKED, ids=lambda entry: entry["file"])
def test_a_library_is_the_file_of_the_lock(entry: dict[str, str]) -> None:
    assert hashlib.sha256((CONSOLE / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]


def test_the_lock_names_every_library_and_its_licence() -> None:
    files = {path.relative_to(CONSOLE).as_posix() for path in CONSOLE.rglob("vendor/*")}
    assert {entry["file"] for entry in LOCKED} == files | {LICENSES.name}
    licences = LICENSES.read_text(encoding="utf-8")
    packages = [package for entry in LOCKED for package in entry["packages"]]
    assert len(packages) == 9
    for package in packages:
        assert f"{package['name']} {package['version']} ({package['license']})" in licences
        assert package["license"] in ("MIT", "Apache-2.0")


def test_the_packages_of_npm_make_the_same_files() -> None:
    need_packages(HERE)
    files = made()
    assert {name: (CONSOLE / name).read_bytes() == content for name, content in files.items()} == dict.fromkeys(
        files, True
    )
    assert lock_of(files) == LOCK.read_text(encoding="utf-8")


def test_a_changed_library_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    need_packages(HERE)
    monkeypatch.setattr(
        vendor, "COPIED", {**vendor.COPIED, "explorer/vendor/react.js": ("react", "umd/react.profiling.min.js")}
    )
    assert lock_of(made()) != LOCK.read_text(encoding="utf-8")
