"""gateway/cli.py: the command `enfact`, started as a person does."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO, Any

import httpx
import pytest

from db.connection import connect
from gateway import sdl

START_SECONDS = 180.0
STOP_SECONDS = 60.0
ENFACT = [sys.executable, "-m", "gateway.cli"]


def environment(**values: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ENFACT_", "DATABASE_URL"))}
    return inherited | values


def enfact(*arguments: str, **values: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ENFACT, *arguments], env=environment(COLUMNS="200", **values), capture_output=True, text=True,
        timeout=START_SECONDS, check=False,
    )  # fmt: skip


class Gateway:
    """A running `enfact serve`."""

    def __init__(self, *arguments: str, stderr: IO[bytes] | None = None, **values: str) -> None:
        self.process = subprocess.Popen(
            [*ENFACT, "serve", "--port", "0", *arguments],
            env=environment(ENFACT_LOG_FORMAT="json", **values), stdout=subprocess.PIPE, stderr=stderr, text=True,
            start_new_session=True,
        )  # fmt: skip
        self._lines: Queue[str] = Queue()
        Thread(target=self._read, daemon=True).start()
        self.greeting = self._until("enFact gateway: ")
        self.url = self.greeting.split()[-1].removesuffix("/graphql")

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=30)

    def ask(self, query: str) -> httpx.Response:
        return httpx.post(f"{self.url}/graphql", json={"query": query}, timeout=30)

    def rest(self) -> str:
        """What it has printed since."""
        lines: list[str] = []
        while True:
            try:
                lines.append(self._lines.get(timeout=0.5))
            except Empty:
                return "".join(lines)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def _until(self, beginning: str) -> str:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                line = self._lines.get(timeout=0.2)
            except Empty:
                continue
            if line.startswith(beginning):
                return line.strip()
        raise AssertionError(f"the gateway did not start (exit code {self.process.poll()})")


@contextmanager
def gateway(*arguments: str, stderr: IO[bytes] | None = None, **values: str) -> Generator[Gateway]:
    started = Gateway(*arguments, stderr=stderr, **values)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.stop()
        if started.process.stdout is not None:
            started.process.stdout.close()


def children(pid: int, command: str) -> set[int]:
    """The processes that `pid` started and whose command line holds `command`."""
    found: set[int] = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if parent == pid and command in words:
                found.add(int(folder.name))
    return found


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def eventually(condition: Callable[[], object], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_help_teaches() -> None:
    told = enfact("--help").stdout
    for command in ("serve", "migrate", "demo", "schema"):
        assert command in told
    assert "DATABASE_URL" in told
    assert "Ctrl+C" in enfact("serve", "--help").stdout


def test_a_wrong_setting_is_one_sentence_without_its_value() -> None:
    refused = enfact("serve", DATABASE_URL="mysql://u:secret@db/x", ENFACT_DEADLINE="soon")
    assert refused.returncode == 1
    assert "enfact: DATABASE_URL: has to begin with postgresql://" in refused.stderr
    assert "enfact: ENFACT_DEADLINE: " in refused.stderr
    assert "secret" not in refused.stderr
    assert "Traceback" not in refused.stderr


def test_letters_that_would_go_wrong_are_refused_at_the_start(tmp_path: Path) -> None:
    mail = {"ENFACT_MAIL_FROM": "a@example.be", "ENFACT_DATA": str(tmp_path / "data")}
    clear = enfact("serve", ENFACT_SMTP_URL="smtp://u:secret@mail.example.be", **mail)
    assert clear.returncode == 1
    assert clear.stderr.startswith("enfact: ENFACT_SMTP_URL: would send the password in the clear: begin it with smtps")
    assert "secret" not in clear.stderr
    nowhere = enfact("serve", "--host", "0.0.0.0", ENFACT_SMTP_URL="smtps://mail.example.be", **mail)
    assert nowhere.returncode == 1
    assert nowhere.stderr.startswith("enfact: ENFACT_SMTP_URL: needs ENFACT_PUBLIC_URL")
    assert not (tmp_path / "data").exists()


def test_a_port_in_use_is_one_sentence_and_starts_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = enfact("serve", "--port", str(port), "--data", str(tmp_path / "data"))
    assert refused.returncode == 1
    assert f"enfact: Port {port} on 127.0.0.1 is already in use." in refused.stderr
    assert not (tmp_path / "data").exists()


def test_a_database_that_is_not_there_is_one_sentence() -> None:
    refused = enfact("migrate", DATABASE_URL="postgresql://u:secret@127.0.0.1:1/x")
    assert refused.returncode == 1
    assert refused.stderr.startswith("enfact: The database cannot be reached")
    assert "secret" not in refused.stderr


@pytest.mark.parametrize("url", ["postgresql://u:secret@[h/x", "postgresql://u:sec/secret@h/x"])
def test_an_address_that_cannot_be_read_is_refused_in_one_sentence_that_does_not_quote_it(url: str) -> None:
    refused = enfact("migrate", DATABASE_URL=url)
    assert refused.returncode == 1
    assert refused.stderr == "enfact: The address of the database cannot be read as a URL.\n"


def test_an_app_as_json_is_that_app_only() -> None:
    lines = json.loads(enfact("apps", "cash_book", "--json").stdout)
    assert {line["app"] for line in lines} == {"CASH_BOOK"}
    assert enfact("apps", "NONE", "--json").returncode == 2


async def test_migrate_and_serve_with_database_url(empty_dsn: str) -> None:
    for _ in range(2):
        done = enfact("migrate", DATABASE_URL=empty_dsn)
        assert (done.returncode, done.stderr) == (0, "The database is up to date.\n")
    with gateway(DATABASE_URL=empty_dsn) as running:
        assert running.get("/health/ready").status_code == 200
        assert "Demo logins" not in running.rest()
        assert running.stop() == 0
    connection = await connect(empty_dsn)
    try:
        assert await connection.fetchval("select count(*) from company") == 0
    finally:
        await connection.close()


@pytest.mark.parametrize("reached", [{"ENFACT_HOST": "0.0.0.0"}, {"ENFACT_TRUSTED_PROXIES": "127.0.0.1"}])
async def test_a_demo_that_others_would_reach_is_refused_unless_one_says_so(
    fresh_dsn: str, reached: dict[str, Any]
) -> None:
    connection = await connect(fresh_dsn)
    await connection.execute("insert into installation (demo) values (true)")
    await connection.close()
    refused = enfact("serve", "--port", "0", DATABASE_URL=fresh_dsn, **reached)
    assert refused.returncode == 1
    assert refused.stderr.startswith("enfact: This database is the demo, whose passwords everybody knows")
    with gateway("--expose-demo", DATABASE_URL=fresh_dsn, **reached) as running:
        assert "Demo logins" in running.rest()


def test_no_demo_is_made_where_others_would_reach_it(tmp_path: Path) -> None:
    with gateway("--data", str(tmp_path), ENFACT_TRUSTED_PROXIES="127.0.0.1") as running:
        assert running.get("/health/ready").status_code == 200
        assert "Demo logins" not in running.rest()


def test_serve_stops_cleanly_on_either_signal(tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with gateway("--data", str(tmp_path), "--no-demo") as running:
            assert running.ask("{ __typename }").json() == {"data": {"__typename": "Query"}}
            postgres = children(running.process.pid, "postgres")
            assert postgres
            assert running.stop(number) == 0
            assert not any(alive(pid) for pid in postgres)


def test_two_gateways_share_a_folder_and_the_second_survives_the_first(tmp_path: Path) -> None:
    with (
        gateway("--data", str(tmp_path), "--no-demo") as first,
        gateway("--data", str(tmp_path), "--no-demo") as second,
    ):
        assert first.url != second.url
        assert [one.get("/health/ready").status_code for one in (first, second)] == [200, 200]
        assert first.stop() == 0
        assert eventually(lambda: second.get("/health/ready").status_code == 200)
        assert second.ask("{ __typename }").status_code == 200


def test_workers_share_the_port_and_are_replaced(tmp_path: Path) -> None:
    with gateway("--data", str(tmp_path), "--no-demo", "--workers", "2") as running:
        pid = running.process.pid
        before = children(pid, "gateway.worker")
        assert len(before) == 2
        os.kill(min(before), signal.SIGKILL)
        assert eventually(lambda: len(children(pid, "gateway.worker") - before) == 1)
        assert [running.ask("{ __typename }").status_code for _ in range(10)] == [200] * 10
        workers = children(pid, "gateway.worker")
        assert running.stop() == 0
        assert not any(alive(worker) for worker in workers)


def test_workers_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    with gateway("--data", str(tmp_path), "--no-demo", "--workers", "2") as running:
        workers = children(running.process.pid, "gateway.worker")
        running.process.kill()
        running.process.wait()
        assert len(workers) == 2
        assert eventually(lambda: not any(alive(worker) for worker in workers))


def test_the_first_start_makes_the_demo_and_its_printed_steps_work(tmp_path: Path) -> None:
    with gateway("--data", str(tmp_path)) as running:
        told = running.rest()
        assert "hors-ligne@demo.enfact.test" in told
        if shutil.which("curl") and shutil.which("sed"):
            steps = re.sub(r"\A.*?(?=^  LOGIN=)", "", told, flags=re.DOTALL | re.MULTILINE)
            answer = subprocess.run(["sh", "-eu", "-c", steps], capture_output=True, text=True, timeout=60, check=True)
            assert '"Chauffage Lambert"' in answer.stdout
    refused = enfact("demo", "--data", str(tmp_path))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "already holds companies" in refused.stderr


def test_schema_is_printed_and_compared(tmp_path: Path) -> None:
    printed = enfact("schema")
    assert (printed.returncode, printed.stdout) == (0, sdl.current())
    file = tmp_path / "schema.graphql"
    file.write_text(printed.stdout)
    same = enfact("schema", "--check", str(file))
    assert (same.returncode, same.stderr) == (0, "")
    file.write_text(printed.stdout + "\nextend type Query { gone: Int }\n")
    broken = enfact("schema", "--check", str(file))
    assert broken.returncode == 1
    assert "breaking: Field Query.gone was removed. (FIELD_REMOVED)" in broken.stderr


def test_a_file_that_is_no_schema_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "schema.graphql"
    file.write_text("type Query {")
    refused = enfact("schema", "--check", str(file))
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert "is not a schema" in refused.stderr


def test_differences_that_break_nothing_are_told_apart() -> None:
    text = sdl.current()
    assert sdl.compare(text) is None
    assert sdl.compare(text + "\n# a comment\n") == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ENFACT_DOCUMENT_ONLY", "ENFACT_DOCUMENT_ONLY is no setting. Did you mean ENFACT_DOCUMENTS_ONLY?"),
        ("enfact_workrs", "enfact_workrs is no setting. Did you mean ENFACT_WORKERS?"),
        ("ENFACT_DATABASE_URL", "ENFACT_DATABASE_URL is no setting. Did you mean DATABASE_URL?"),
        ("ENFACT_ZZZ", "ENFACT_ZZZ is no setting."),
    ],
)
def test_a_setting_that_does_not_exist_is_refused(name: str, said: str) -> None:
    ended = enfact("serve", "--port", "0", **{name: "true"})
    assert (ended.returncode, ended.stderr.strip()) == (1, f"enfact: {said}")
