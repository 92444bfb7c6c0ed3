"""A file for containers, read and carried out without an engine: each stage is a folder, the steps run on this machine.

Paths that a step names begin at the stage's folder. `uv` and the Python of the base images are those of this machine,
and no user is added to it.
"""

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

SECONDS: Final = 300
Run = Callable[[list[str], Path, Mapping[str, str]], None]
"""Carries out a command in a folder with an environment."""


class Step(NamedTuple):
    """One instruction, with its flags (`--from=build` is `from`) and the rest of its line."""

    name: str
    flags: Mapping[str, str]
    rest: str

    @property
    def words(self) -> list[str]:
        """The words of a JSON array, or those that spaces part."""
        return json.loads(self.rest) if self.rest.startswith("[") else shlex.split(self.rest)


def steps(text: str) -> list[Step]:
    """The instructions of a file."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found: list[Step] = []
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        name, _, rest = line.strip().partition(" ")
        flags: dict[str, str] = {}
        while rest.lstrip().startswith("--"):
            flag, _, rest = rest.lstrip().partition(" ")
            key, _, value = flag.removeprefix("--").partition("=")
            flags[key] = value
        found.append(Step(name, flags, rest.strip()))
    return found


@dataclass(slots=True)
class Stage:
    """A stage: its folder, and what its steps have set."""

    root: Path
    folder: Path = field(init=False)
    environment: dict[str, str] = field(default_factory=dict[str, str])
    others: dict[str, Step] = field(default_factory=dict[str, Step])
    """The last step of each other name, such as ENTRYPOINT."""

    def __post_init__(self) -> None:
        self.folder = self.root

    def inside(self, value: str) -> str:
        """A value in which each path begins at the stage's folder, if that has it."""
        parts = value.split(":")
        return ":".join(f"{self.root}{part}" if part.startswith("/") else part for part in parts)

    def place(self, path: str) -> Path:
        """A path of the stage on this machine."""
        return Path(self.inside(path)) if path.startswith("/") else self.folder / path


def build(text: str, context: Path, home: Path, run: Run) -> Stage:
    """Carry out all steps below `home`; returns the last stage."""
    stages: dict[str, Stage] = {}
    stage = Stage(home)
    for step in steps(text):
        match step.name:
            case "FROM":
                name = step.words[-1]
                stage = stages[name] = Stage(home / str(len(stages)))
                stage.root.mkdir()
            case "ENV":
                pairs = [word.partition("=") for word in step.words]
                stage.environment |= {key: stage.inside(value) for key, _, value in pairs}
            case "WORKDIR":
                stage.folder = stage.place(step.rest)
                stage.folder.mkdir(parents=True, exist_ok=True)
            case "COPY":
                *sources, target = step.words
                origin = stages[step.flags["from"]] if "from" in step.flags else Stage(context)
                for source in sources:
                    _copy(origin.place(source), stage.place(target), step.flags.get("chown"))
            case "RUN":
                run(step.words, stage.folder, stage.environment)
            case name:
                stage.others[name] = step
    return stage


def _copy(source: Path, target: Path, owner: str | None) -> None:
    target = target / source.name if target.is_dir() and not source.is_dir() else target
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)
    if owner is not None and os.geteuid() == 0:
        uid, gid = map(int, owner.split(":"))
        os.chown(target, uid, gid)


def run_with(uv: str, python: str, **more: str) -> Run:
    """Carry out steps with the uv and the Python of this machine; the step that installs uv asks for its version."""

    def run(command: list[str], folder: Path, environment: Mapping[str, str]) -> None:
        if command[:4] == ["python", "-m", "pip", "install"]:
            said = subprocess.run([uv, "--version"], capture_output=True, text=True, check=True).stdout
            assert command[-1].startswith("uv=="), command
            assert said.startswith("uv 0."), said
            return
        if command[0] == "groupadd":  # the user has a number, which needs no name here
            return
        assert command[0] == "uv", command
        given = {**os.environ, **environment, "UV_PYTHON": python, **more}
        for options in ([], ["--system-certs"]):  # a proxy with a certificate that this machine trusts
            done = subprocess.run(
                [uv, *command[1:], *options], cwd=folder, env=given, capture_output=True, text=True, timeout=SECONDS,
                check=False,
            )  # fmt: skip
            if done.returncode == 0:
                return
        raise AssertionError(done.stderr)

    return run
