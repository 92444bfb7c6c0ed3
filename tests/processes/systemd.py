"""The unit that is shipped, under a systemd of its own: started, reloaded, stuck, killed and stopped, with figures.

    .venv/bin/python -m tests.processes.systemd

Needs root, Linux with overlayfs, systemd, uv and Debian's Python. The systemd is the first process of namespaces of its
own (processes, mounts, network, control groups), over a copy of the root folder that is thrown away: nothing of this
machine is changed. It knows the unit that is shipped, its own journal and empty targets. The gateway is the wheel in
/opt/enfact, with two workers and an embedded PostgreSQL. Ends with 1 when something is not as the unit says.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.balanced import DEPLOY
from tests.support.databases import ROOT

PROGRAM: Final = Path("/lib/systemd/systemd")
PYTHON: Final = Path("/usr/bin/python3")
UNITS: Final = Path("/lib/systemd/system")
JOURNAL: Final = ("systemd-journald.service", "systemd-journald.socket", "systemd-journald-dev-log.socket")
TARGETS: Final = ("default", "sysinit", "basic", "sockets", "shutdown", "network-online", "multi-user", "umount")
SECONDS: Final = 240.0
PORT: Final = 8000

ROOM: Final = """
set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
mount -t proc proc proc
mount --rbind /dev dev
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
rm -rf etc/systemd/system.conf.d usr/local/lib/systemd opt/enfact var/lib/enfact
mkdir -p run/units etc/enfact opt/enfact
cp "$2"/units/* run/units/
cp -a "$2/enfact/." opt/enfact
sed -i "1s|^#!.*|#!/opt/enfact/bin/python|" opt/enfact/bin/enfact
chroot . useradd --system --no-create-home enfact
install -m 0640 -g "$(chroot . id -g enfact)" "$2/enfact.env" etc/enfact/enfact.env
dbus-uuidgen >etc/machine-id
ip link set lo up
mkdir -p run/old
pivot_root . run/old
umount -l /run/old
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=enfact SYSTEMD_UNIT_PATH=/run/units "$3" --system \
  --log-target=journal-or-kmsg --show-status=no </dev/null >/dev/null 2>&1
"""
"""Makes the root folder and becomes systemd. Arguments: a folder for it, one with what goes in, and systemd."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A systemd: the process that started it, and its own id."""

    process: subprocess.Popen[bytes]
    pid: int

    def run(self, *command: str, seconds: float = 120.0) -> subprocess.CompletedProcess[str]:
        """Run a program inside."""
        inside = ["nsenter", "--target", str(self.pid), "--all", "--wd=/", *command]
        return subprocess.run(inside, capture_output=True, text=True, timeout=seconds, check=False)

    def show(self, name: str) -> str:
        """A property of the unit."""
        return self.run("systemctl", "show", "--value", "--property", name, "enfact").stdout.strip()

    def answers(self, path: str) -> bool:
        """Whether the gateway answers with 200."""
        program = f"import urllib.request as r; r.urlopen('http://127.0.0.1:{PORT}{path}', timeout=5)"
        return self.run(str(PYTHON), "-c", program).returncode == 0

    def processes(self) -> dict[int, str]:
        """The processes of the unit, with their command lines."""
        group = Path("/sys/fs/cgroup", self.show("ControlGroup").lstrip("/"), "cgroup.procs")
        pids = [int(pid) for pid in self.run("cat", str(group)).stdout.split()]
        lines = {pid: self.run("cat", f"/proc/{pid}/cmdline").stdout.replace("\0", " ") for pid in pids}
        return {pid: line for pid, line in lines.items() if line}


def fill(folder: Path, uv: str) -> None:
    """Put the wheel, the units and the settings into a folder."""
    (folder / "units").mkdir()
    for name in JOURNAL:
        shutil.copyfile(UNITS / name, folder / "units" / name)
    for name in TARGETS:
        wants = f"Wants={' '.join(JOURNAL)}\n" if name == "default" else ""
        text = f"[Unit]\nDescription={name}\nDefaultDependencies=no\n{wants}"
        (folder / "units" / f"{name}.target").write_text(text)
    shutil.copyfile(DEPLOY / "enfact.service", folder / "units" / "enfact.service")
    settings = {"ENFACT_WORKERS": "2", "ENFACT_PORT": str(PORT), "ENFACT_DRAIN": "1", "ENFACT_LOG_FORMAT": "json"}
    (folder / "enfact.env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    made = str(folder / "enfact")
    subprocess.run([uv, "build", "--wheel", "--quiet", "--out-dir", str(folder / "dist")], cwd=ROOT, check=True)
    subprocess.run([uv, "venv", "--quiet", "--python", str(PYTHON), made], cwd=folder, check=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", f"{made}/bin/python", wheel],
        cwd=folder,
        check=True,
    )


@contextmanager
def booted(folder: Path) -> Generator[Machine]:
    """A systemd within the block, once it runs."""
    group = own_group()
    group.mkdir()
    (folder / "room").mkdir()
    room = [str(folder / "room"), str(folder), str(PROGRAM)]
    spaces = ("--mount", "--pid", "--fork", "--net", "--uts", "--ipc", "--cgroup", "--kill-child")
    enter = f'echo $$ > {group}/cgroup.procs; exec unshare {" ".join(spaces)} bash -c "$0" room "$@"'
    process = subprocess.Popen(["bash", "-c", enter, ROOM, *room], start_new_session=True)
    try:
        yield Machine(process, first_process(process))
    finally:
        process.kill()
        process.wait()
        assert eventually(lambda: removed(group)), f"{group} is left"


def own_group() -> Path:
    """A control group of version 2 of this process's own, not made yet."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    (root,) = [Path(words[1]) for words in mounts if words[2] == "cgroup2"]
    return root / f"enfact-{os.getpid()}"


def removed(group: Path) -> bool:
    """Whether a control group and those below it could be removed; they cannot as long as a process in them ends."""
    below = [path for path in group.rglob("*") if path.is_dir()]
    try:
        for path in (*sorted(below, reverse=True), group):
            path.rmdir()
    except OSError:
        return False
    return True


def first_process(process: subprocess.Popen[bytes]) -> int:
    """The id of the systemd that a process starts, once it answers."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for child in map(int, children):
            machine = Machine(process, child)
            if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                state = machine.run("systemctl", "is-system-running").stdout.strip()
                if state in ("running", "degraded"):
                    return child
        time.sleep(0.2)
    sys.exit("systemd did not start")


def eventually(condition: Callable[[], object], seconds: float = SECONDS) -> bool:
    """Whether a condition holds in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.2)
    return False


Seen = tuple[str, bool, str]


def started(machine: Machine) -> Iterator[Seen]:
    """Starting returns when requests are taken; the gateway runs as its user, and its PostgreSQL with it."""
    done = machine.run("systemctl", "start", "enfact", seconds=SECONDS)
    yield "starting returns", done.returncode == 0, done.stderr
    yield "a request is answered at once", machine.answers("/health/ready"), machine.show("StatusText")
    user = machine.run("stat", "--format", "%U", f"/proc/{machine.show('MainPID')}").stdout.strip()
    yield "its user", user == "enfact", user
    lines = machine.processes()
    yield "with a PostgreSQL", any("postgres" in line for line in lines.values()), json.dumps(lines)


def reloaded(machine: Machine) -> Iterator[Seen]:
    """A reload replaces the workers, and keeps the parent."""
    before, main = machine.processes(), machine.show("MainPID")
    done = machine.run("systemctl", "reload", "enfact", seconds=SECONDS)
    yield "reloading returns", done.returncode == 0, done.stderr
    workers = {pid for pid, line in before.items() if "enfact" in line and "postgres" not in line} - {int(main)}
    gone = eventually(lambda: workers and not workers & machine.processes().keys(), 90)
    yield "the workers are others", gone, f"{sorted(workers)} of {sorted(machine.processes())}"
    yield "the parent stays", machine.show("MainPID") == main, machine.show("MainPID")
    yield "requests are answered", machine.answers("/health/ready"), ""


def restarted(machine: Machine, number: signal.Signals) -> Iterator[Seen]:
    """A parent that is stuck or killed is started again, without leftovers."""
    main, before = machine.show("MainPID"), int(machine.show("NRestarts"))
    began = time.monotonic()
    machine.run("kill", f"-{number.name}", main)
    again = eventually(lambda: int(machine.show("NRestarts")) > before and machine.show("ActiveState") == "active")
    took = f"after {time.monotonic() - began:.0f} s, {machine.show('Result')}"
    yield f"started again after {number.name}", again, took
    yield "requests are answered", machine.answers("/health/ready"), ""
    count = sum("postgres -D" in line or "/postgres" in line.split()[0] for line in machine.processes().values())
    yield "one PostgreSQL", count == 1, str(machine.processes())


def stopped(machine: Machine) -> Iterator[Seen]:
    """Stopping is a success and leaves nothing."""
    began = time.monotonic()
    done = machine.run("systemctl", "stop", "enfact")
    took = f"after {time.monotonic() - began:.1f} s"
    result = (machine.show("ActiveState"), machine.show("Result"), machine.show("ExecMainStatus"))
    yield "stopped", done.returncode == 0 and result == ("inactive", "success", "0"), f"{result} {took}"
    left = machine.run("pgrep", "-u", "enfact").stdout
    yield "nothing is left", left == "", left
    ended = machine.run("tail", "--lines=3", "/var/lib/enfact/postgres.log").stdout
    yield "its PostgreSQL was shut down", "database system is shut down" in ended, ended


def everything(machine: Machine) -> Iterator[Seen]:
    """All that is tried, in turn."""
    yield from started(machine)
    yield from reloaded(machine)
    yield from restarted(machine, signal.SIGSTOP)
    yield from restarted(machine, signal.SIGKILL)
    yield from stopped(machine)


def main() -> int:
    """Try everything; returns 1 where something was wrong."""
    uv = shutil.which("uv") or shutil.which("uv", path=ROOT / ".venv-uv" / "bin")
    if os.geteuid() != 0 or not PROGRAM.exists() or uv is None:
        sys.exit("Needs root, systemd and uv.")
    good = True
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        fill(folder, uv)
        with booted(folder) as machine:
            for name, is_good, words in everything(machine):
                print(
                    "good " if is_good else "WRONG",
                    name,
                    words if not is_good or words.startswith("after") else "",
                    flush=True,
                )
                good = good and is_good
            if not good:
                print(machine.run("journalctl", "--no-pager", "--lines", "60").stdout)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
