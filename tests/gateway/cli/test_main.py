"""main.py: the command `enfact`, started as a person does."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import tomllib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO, Any, Final

import httpx
import pytest

from db.connection import connect
from gateway.cli import sdl, sdl_of_errors, typescript
from gateway.data_folder import default_data_folder
from tests.support.commands import ENFACT, Process, enfact, enfact_anew, environment, start
from tests.support.databases import ROOT
from tests.support.forked_workers import NAME

START_SECONDS = 180.0
STOP_SECONDS = 60.0


class Gateway:
    """A running `enfact serve`."""

    def __init__(
        self,
        *arguments: str,
        before: tuple[str, ...] = (),
        stderr: IO[bytes] | None = None,
        anew: bool = False,
        **values: str,
    ) -> None:
        command, variables = [*before, "serve", "--port", "0", *arguments], {"ENFACT_LOG_FORMAT": "json", **values}
        self.process: Process | subprocess.Popen[str]
        if anew:
            self.process = subprocess.Popen(
                [*ENFACT, *command], env=environment(**variables), stdout=subprocess.PIPE, stderr=stderr, text=True,
                start_new_session=True,
            )  # fmt: skip
        else:
            self.process = start(*command, stderr=stderr, patched={}, **variables)
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
def gateway(
    *arguments: str, before: tuple[str, ...] = (), stderr: IO[bytes] | None = None, anew: bool = False, **values: str
) -> Generator[Gateway]:
    """A running gateway; `before` are the options before the command's name, `anew` is in a Python of its own."""
    started = Gateway(*arguments, before=before, stderr=stderr, anew=anew, **values)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.stop()
        if started.process.stdout is not None:
            started.process.stdout.close()


def children(pid: int, command: str) -> set[int]:
    """The processes that `pid` started and whose command line holds `command`, be they forks instead."""
    found: set[int] = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                name = (folder / "comm").read_text()
            except OSError:
                continue
            if name.startswith(f"{NAME} "):
                words = f"gateway.server.{name}"
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


@pytest.mark.parametrize("arguments", [["plan", "show", "x"], ["settings", "prot"], ["--version"]])
def test_a_command_in_a_fork_does_as_one_that_is_started_anew(arguments: list[str]) -> None:
    nowhere = {"DATABASE_URL": "postgresql://127.0.0.1:1/x"}
    forked, anew = enfact(*arguments, **nowhere), enfact_anew(*arguments, **nowhere)
    assert (forked.returncode, forked.stdout, forked.stderr) == (anew.returncode, anew.stdout, anew.stderr)


def test_help_teaches() -> None:
    told = enfact("--help").stdout
    for command in ("serve", "migrate", "demo", "schema", "settings", "token"):
        assert command in told
    assert "DATABASE_URL" in told
    assert str(default_data_folder()) in told
    serve = " ".join(enfact("serve", "--help").stdout.split())
    assert "Ctrl+C" in serve
    assert str(default_data_folder()) in serve


def test_the_version_is_printed() -> None:
    told = enfact("--version")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert (told.returncode, told.stdout, told.stderr) == (0, f"enfact {version}\n", "")


def test_a_shell_completes_commands() -> None:
    told = enfact_anew("--show-completion", "bash")  # it looks for a shell among the processes above it
    assert (told.returncode, "complete -o default -F _enfact_completion enfact" in told.stdout) == (0, True)
    asked = enfact(_ENFACT_COMPLETE="complete_bash", COMP_WORDS="enfact se", COMP_CWORD="1")
    assert set(asked.stdout.split()) == {"serve", "settings", "secrets"}


def test_the_rights_of_a_serving_user_are_printed() -> None:
    told = enfact("grants", "app", DATABASE_URL="postgresql://own:secret@db/books", ENFACT_DEADLINE="3")
    assert (told.returncode, told.stderr) == (0, "")
    assert 'grant connect on database "books" to "app";' in told.stdout
    assert 'alter default privileges for role "own" in schema "public"' in told.stdout
    assert 'alter role "app" in database "books" set statement_timeout = \'3000\';' in told.stdout
    assert "secret" not in told.stdout


def test_migrations_may_have_an_address_of_their_own(fresh_dsn: str) -> None:
    told = enfact("migrate", DATABASE_URL="postgresql://u@127.0.0.1:1/x", ENFACT_MIGRATE_URL=fresh_dsn)
    assert (told.returncode, "The database is up to date." in told.stderr) == (0, True)


def test_serve_without_migrating_says_what_is_missing(empty_dsn: str) -> None:
    refused = enfact("serve", "--no-migrate", "--port", "0", DATABASE_URL=empty_dsn)
    assert refused.returncode == 1
    assert "\nenfact: The database is not that of this version: enfact migrate brings it there." in refused.stderr


@pytest.mark.parametrize("arguments", [("nothing",), ("serve", "--port", "none"), ("demo", "--scale", "0"), ("token",)])
def test_wrong_usage_has_the_exit_code_2(arguments: tuple[str, ...]) -> None:
    refused = enfact(*arguments)
    assert (refused.returncode, refused.stdout, "Traceback" in refused.stderr) == (2, "", False)


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
    assert "\nenfact: The database cannot be reached" in refused.stderr
    assert "secret" not in refused.stderr


NO_PORT: Final = "What the address of the database says as port has to be a number from 1 to 65535."


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://u:secret@[h/x", "The address of the database cannot be read as a URL."),
        ("postgresql://u:sec/secret@h/x", NO_PORT),
    ],
)
def test_an_address_that_cannot_be_read_is_refused_in_one_sentence_that_does_not_quote_it(
    url: str, sentence: str
) -> None:
    refused = enfact("migrate", DATABASE_URL=url)
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[1:] == [f"enfact: {sentence}"]


def test_an_app_as_json_is_that_app_only() -> None:
    lines = json.loads(enfact("apps", "cash_book", "--json").stdout)
    assert {line["app"] for line in lines} == {"CASH_BOOK"}
    assert enfact("apps", "NONE", "--json").returncode == 2


async def test_migrate_and_serve_with_database_url(empty_dsn: str) -> None:
    for _ in range(2):
        done = enfact("migrate", DATABASE_URL=empty_dsn)
        said = "enfact: Migrating the database …\nThe database is up to date.\n"
        assert (done.returncode, done.stderr) == (0, said)
    with gateway(anew=True, DATABASE_URL=empty_dsn) as running:
        assert running.get("/health/ready").status_code == 200
        assert "Demo logins" not in running.rest()
        assert running.stop() == 0
    connection = await connect(empty_dsn)
    try:
        assert await connection.fetchval("select count(*) from company") == 0
    finally:
        await connection.close()


async def test_an_older_version_serves_a_newer_database_that_is_still_for_it(fresh_dsn: str) -> None:
    connection = await connect(fresh_dsn)
    try:
        await connection.execute("update alembic_version set version_num = '9999'")
        done = enfact("migrate", DATABASE_URL=fresh_dsn)
        assert done.returncode == 0
        left = "A newer version migrated the database; this version may use it, and leaves it as it is"
        assert left in done.stderr.splitlines()
        with gateway(DATABASE_URL=fresh_dsn) as running:
            assert running.get("/health/ready").status_code == 200
            await connection.execute("update alembic_version set oldest_code = '9999'")
            unready = running.get("/health/ready")
            assert (unready.status_code, unready.json()["reason"]) == (
                503, "only newer versions of the gateway may use the database: start one of them",
            )  # fmt: skip
        refused = enfact("serve", "--port", "0", DATABASE_URL=fresh_dsn)
        assert (refused.returncode, "Start that version or a later one" in refused.stderr) == (1, True)
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
    assert "\nenfact: This database is the demo, whose passwords everybody knows" in refused.stderr
    with gateway("--expose-demo", DATABASE_URL=fresh_dsn, **reached) as running:
        assert "Demo logins" in running.rest()


def test_no_demo_is_made_where_others_would_reach_it(data_folder: Path) -> None:
    with gateway("--data", str(data_folder), ENFACT_TRUSTED_PROXIES="127.0.0.1") as running:
        assert running.get("/health/ready").status_code == 200
        assert "Demo logins" not in running.rest()


def test_serve_stops_cleanly_on_either_signal(data_folder: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with gateway("--data", str(data_folder), "--no-demo") as running:
            assert running.ask("{ __typename }").json() == {"data": {"__typename": "Query"}}
            postgres = children(running.process.pid, "postgres")
            assert postgres
            assert running.stop(number) == 0
            assert not any(alive(pid) for pid in postgres)


def test_two_gateways_share_a_folder_and_the_second_survives_the_first(data_folder: Path) -> None:
    with (
        gateway("--data", str(data_folder), "--no-demo") as first,
        gateway("--data", str(data_folder), "--no-demo") as second,
    ):
        assert first.url != second.url
        assert [one.get("/health/ready").status_code for one in (first, second)] == [200, 200]
        assert first.stop() == 0
        assert eventually(lambda: second.get("/health/ready").status_code == 200)
        assert second.ask("{ __typename }").status_code == 200


def test_workers_share_the_port_and_are_replaced(data_folder: Path) -> None:
    with gateway("--data", str(data_folder), "--no-demo", "--workers", "2") as running:
        pid = running.process.pid
        before = children(pid, "gateway.server.worker")
        assert len(before) == 2
        os.kill(min(before), signal.SIGKILL)
        assert eventually(lambda: len(children(pid, "gateway.server.worker") - before) == 1)
        assert [running.ask("{ __typename }").status_code for _ in range(10)] == [200] * 10
        workers = children(pid, "gateway.server.worker")
        assert running.stop() == 0
        assert not any(alive(worker) for worker in workers)


def test_workers_end_with_a_parent_that_was_killed(data_folder: Path) -> None:
    with gateway("--data", str(data_folder), "--no-demo", "--workers", "2") as running:
        workers = children(running.process.pid, "gateway.server.worker")
        running.process.kill()
        running.process.wait()
        assert len(workers) == 2
        assert eventually(lambda: not any(alive(worker) for worker in workers))


def test_the_first_start_makes_the_demo_and_its_printed_steps_work(tmp_path: Path) -> None:
    with gateway("--data", str(tmp_path), anew=True) as running:
        told = running.rest()
        assert "hors-ligne@demo.enfact.test" in told
        assert f"Data folder: {tmp_path}\n" in told
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


def test_the_schema_for_clients_of_errors_and_the_apps_of_fields_are_printed() -> None:
    printed = enfact("schema", "--errors")
    assert (printed.returncode, printed.stdout) == (0, sdl_of_errors.text())
    assert enfact("schema", "--errors", "--as", "a@b.example").returncode == 2
    module = enfact("apps", "--typescript")
    assert (module.returncode, module.stdout) == (0, typescript.module())


def test_what_old_programs_may_meet_is_told_as_dangerous() -> None:
    cookie = '\n\n  """As a cookie that only the browser sees."""\n  COOKIE\n'
    assert cookie in sdl.current()
    told = ["dangerous: Enum value SessionKind.COOKIE was added. (VALUE_ADDED_TO_ENUM)"]
    assert sdl.compare(sdl.current().replace(cookie, "\n")) == told


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
