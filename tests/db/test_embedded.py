"""The embedded server against real PostgreSQL processes: starting, sharing, dying, taking over, refusing."""
# ruff: noqa: ASYNC110, ASYNC240 (the tests watch files and processes, and nothing else runs in their loop)

import asyncio
import os
import pwd
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, cast

import asyncpg
import pytest

from db.embedded import Embedded, EmbeddedError, binaries, identity, server
from db.embedded.cluster import running_postgres
from db.embedded.identity import Identity, NamespaceDrop, UserDrop, choose_identity, launched
from db.embedded.launcher import NOT_STARTED
from db.embedded.layout import LOG_ROTATION_BYTES, Layout
from db.embedded.lock import OwnerLock

ROOT = Path(__file__).parents[2]
QUICK = {"fsync": "off", "shared_buffers": "16MB"}
IS_ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not IS_ROOT, reason="needs root, to become other users")
connect = cast("Callable[..., Awaitable[Any]]", asyncpg.connect)  # pyright: ignore[reportUnknownMemberType]

PROCESS = """
import asyncio, concurrent.futures.thread, os, sys, time
from pathlib import Path
import asyncpg, uvloop
from db.embedded import Embedded, EmbeddedError, identity, process

folder, *flags = sys.argv[1:]
if "no-kernel-help" in flags:
    process.dies_with_parent = lambda: False
    identity._parent_binding = lambda number: lambda: None
if "user" in flags:
    os.environ["HOME"] = "/nonexistent"
    os.setgroups([]); os.setgid(65534); os.setuid(65534)

async def main():
    embedded = Embedded(Path(folder), settings={"fsync": "off", "shared_buffers": "16MB"})
    try:
        dsn = await embedded.start()
    except EmbeddedError as error:
        return print("refused", error, flush=True)
    connection = await asyncpg.connect(dsn)
    # Two that create it at once: "if not exists" alone is no lock.
    await connection.execute("select pg_advisory_xact_lock(1); create table if not exists visit (who text)")
    await connection.execute("insert into visit values ($1)", "process")
    count = await connection.fetchval("select count(*) from visit")
    await connection.close()
    forked = os.fork() if "fork" in flags else None
    if forked == 0:
        time.sleep(60)
        os._exit(0)
    print("owner" if embedded.owner else "joiner", count, forked, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await embedded.stop()
    print("stopped", flush=True)

(uvloop.run if "uvloop" in flags else asyncio.run)(main())
"""


NO_MORE_NAMESPACES = """
import ctypes
from pathlib import Path
from db.embedded.identity import namespaces_allowed
assert ctypes.CDLL(None).unshare(0x10000000) == 0
for name, content in {"setgroups": "deny", "uid_map": "0 0 1", "gid_map": "0 0 1"}.items():
    Path("/proc/self", name).write_text(content)
Path("/proc/sys/user/max_user_namespaces").write_text("0")
print(namespaces_allowed())
"""


THREAD_AT_FORK = """
import os, threading, time
os.register_at_fork(after_in_child=lambda: threading.Thread(target=time.sleep, args=(10,), daemon=True).start())
from db.embedded.identity import namespaces_allowed
print(namespaces_allowed())
"""
"""As a library does that exports traces."""


class Companion:
    """Another process that uses the same folder."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def says(self) -> list[str]:
        assert self._process.stdout is not None
        return (await asyncio.wait_for(self._process.stdout.readline(), 30)).decode().split()

    async def stops(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        assert await self.says() == ["stopped"]
        await self._process.wait()

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def dies(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.communicate()


@asynccontextmanager
async def companion(folder: Path, *flags: str) -> AsyncGenerator[Companion]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-c", PROCESS, str(folder), *flags),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        start_new_session=True,
    )
    other = Companion(process)
    try:
        yield other
    finally:
        await other.dies()


def fast_place() -> Path:
    """Memory where there is enough of it and programs may run there (copying data folders is most of the work)."""
    memory = Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free > 2**30 and not os.statvfs(memory).f_flag & os.ST_NOEXEC:
        return memory
    return Path("/tmp")


@contextmanager
def folder_for_a_server() -> Generator[Path]:
    """A folder that does not exist yet: short enough for a socket, its parent open enough for another user."""
    parent = Path(tempfile.mkdtemp(prefix="embedded-", dir=fast_place()))
    parent.chmod(0o755)
    yield parent / "pg"
    shutil.rmtree(parent)


@pytest.fixture
def folder() -> Generator[Path]:
    """The folder of one test's server."""
    with folder_for_a_server() as place:
        yield place


@pytest.fixture(scope="session")
async def template() -> AsyncGenerator[Path]:
    """A folder whose data is already made."""
    with folder_for_a_server() as place:
        async with Embedded(place, settings=QUICK):
            pass
        yield place


@pytest.fixture
def made(template: Path, folder: Path) -> Path:
    """A copy of the template for one test."""
    shutil.copytree(template, folder)
    return folder


async def ask(dsn: str, query: str) -> Any:
    connection = await connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def eventually(check: Callable[[], bool], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not check():
            await asyncio.sleep(0.02)


async def eventually_asks(dsn: str, query: str, seconds: float = 15) -> Any:
    async with asyncio.timeout(seconds):
        while True:
            try:
                return await ask(dsn, query)
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.05)


def server_pid(folder: Path) -> int:
    return int(Layout(folder).pid_file.read_text().splitlines()[0])


def processes_on(folder: Path) -> list[str]:
    """The command lines that name `folder`, this process's own aside."""
    lines: list[str] = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(file.read_text(errors="replace"))
        except OSError:
            continue
    return [line for line in lines if str(folder) in line]


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


async def test_cold_and_warm_start(folder: Path) -> None:
    async with Embedded(folder) as embedded:
        dsn = await embedded.start()
        assert embedded.owner
        assert dsn.startswith(f"postgresql://postgres@/postgres?host={folder}/socket")
        locale = "select datlocprovider::text || datlocale || encoding from pg_database where datname = 'postgres'"
        assert await ask(dsn, locale) == "bC.UTF-86"
        settings = "jit", "listen_addresses", "max_connections", "shared_buffers", "unix_socket_permissions", "fsync"
        assert [await ask(dsn, f"show {name}") for name in settings] == ["off", "", "60", "256MB", "0700", "on"]
        await ask(dsn, "create table kept as select 7 as number")
        assert [mode(folder / name) for name in ("socket", "data", "postgres.log", ".lock")] == [
            *(0o700, 0o700, 0o600, 0o600)
        ]
        pid = server_pid(folder)
    assert not embedded.owner
    assert not running_postgres(pid)
    assert processes_on(folder) == []
    async with Embedded(folder) as again:
        assert await again.start() == dsn
        assert await ask(dsn, "select number from kept") == 7
    await again.stop()


async def test_environment_has_no_say(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = {"HOME": "/root", "PGPORT": "1", "PGTZ": "Asia/Tokyo", "LC_ALL": "xx_XX", "ENFACT_SECRET": "s3cret"}
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    async with Embedded(made, settings=QUICK) as embedded:
        assert await ask(await embedded.start(), "show timezone") == "UTC"
        lines = Path(f"/proc/{server_pid(made)}/environ").read_text().split("\0")
        given = dict(line.split("=", 1) for line in lines if line)
        assert given.keys() <= {"PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "LC_ALL", "PGDATA", "PG_GRANDPARENT_PID"}
        assert given["HOME"] == "/"


async def test_settings_reach_the_server_but_cannot_move_it(made: Path) -> None:
    settings = {**QUICK, "work_mem": "5MB", "port": "7000", "unix_socket_directories": "/tmp"}
    async with Embedded(made, settings=settings) as embedded:
        assert await ask(await embedded.start(), "show work_mem") == "5MB"


async def test_first_start_by_two_processes_at_once_beside_half_made_data(folder: Path) -> None:
    half = folder / "data.tmp-left"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    async with companion(folder) as first, companion(folder, "uvloop") as second:
        answers = [await first.says(), await second.says()]
        assert sorted(answer[0] for answer in answers) == ["joiner", "owner"]
        joiner, owner = (first, second) if answers[0][0] == "joiner" else (second, first)
        assert not half.exists()
        pid = server_pid(folder)
        await joiner.stops()
        assert running_postgres(pid)
        await owner.stops()
        assert not running_postgres(pid)


async def test_uvloop_owns_and_restarts_like_asyncio(made: Path) -> None:
    async with companion(made, "uvloop") as other:
        assert (await other.says())[0] == "owner"
        async with Embedded(made, settings=QUICK) as embedded:
            assert not embedded.owner
            dsn = await embedded.start()
            os.kill(server_pid(made), signal.SIGKILL)
            assert await eventually_asks(dsn, "select count(*) from visit") == 1
            assert not embedded.owner
        pid = server_pid(made)
        await other.stops()
        assert not running_postgres(pid)


@pytest.mark.parametrize("flags", [[], ["no-kernel-help"]], ids=["death-signal", "watchdog"])
async def test_killed_owner_takes_its_server_along(made: Path, flags: list[str]) -> None:
    async with companion(made, *flags) as other:
        assert (await other.says())[0] == "owner"
        pid = server_pid(made)
        await other.dies()
        await eventually(lambda: not running_postgres(pid), 2)
    async with Embedded(made, settings=QUICK) as embedded:
        assert embedded.owner
        assert await ask(await embedded.start(), "select count(*) from visit") == 1


async def test_forked_worker_does_not_keep_the_lock_of_a_killed_owner(made: Path) -> None:
    async with companion(made, "fork") as other:
        forked = int((await other.says())[2])
        try:
            async with Embedded(made, settings=QUICK) as embedded:
                assert not embedded.owner
                other.send(signal.SIGKILL)
                await eventually(lambda: embedded.owner, 5)
        finally:
            os.kill(forked, signal.SIGKILL)


async def test_killed_server_comes_back_with_what_was_committed(made: Path) -> None:
    async with Embedded(made, settings=QUICK) as embedded:
        dsn = await embedded.start()
        await ask(dsn, "create table kept as select generate_series(1, 10000) as number")
        for _ in range(2):
            pid = server_pid(made)
            os.kill(pid, signal.SIGKILL)
            assert await eventually_asks(dsn, "select count(*) from kept") == 10000
            assert server_pid(made) != pid
        assert embedded.owner
        pid = server_pid(made)
    assert not running_postgres(pid)


@pytest.mark.parametrize("orderly", [False, True], ids=["killed", "stopped"])
async def test_joiner_takes_over_when_the_owner_goes(made: Path, orderly: bool) -> None:
    async with companion(made) as other:
        assert (await other.says())[0] == "owner"
        async with Embedded(made, settings=QUICK) as embedded:
            dsn = await embedded.start()
            assert not embedded.owner
            await (other.stops() if orderly else other.dies())
            await eventually(lambda: embedded.owner, 5)
            assert await eventually_asks(dsn, "select count(*) from visit") == 1
            assert await embedded.start() == dsn
            pid = server_pid(made)
        assert not running_postgres(pid)


async def test_stale_pid_files_that_name_a_stranger(made: Path) -> None:
    stranger = await asyncio.create_subprocess_exec("sleep", "60")
    try:
        layout = Layout(made)
        layout.pid_file.write_text(f"{stranger.pid}\n{layout.data}\n1700000000\n5432\n{layout.socket}\n\n  1 2\n")
        (layout.socket / ".s.PGSQL.5432.lock").write_text(f"{stranger.pid}\n{layout.data}\n1700000000\n5432\n\n")
        async with Embedded(made, settings=QUICK) as embedded:
            assert await ask(await embedded.start(), "select 1") == 1
            assert server_pid(made) != stranger.pid
        assert stranger.returncode is None
    finally:
        stranger.kill()
        await stranger.wait()


@pytest.mark.parametrize("content", ["", "not a number\n", "-1\n"], ids=["empty", "word", "negative"])
async def test_pid_file_cut_short(made: Path, content: str) -> None:
    Layout(made).pid_file.write_text(content)
    async with Embedded(made, settings=QUICK) as embedded:
        assert embedded.owner


async def test_pid_file_that_names_a_foreign_server(template: Path, made: Path) -> None:
    async with Embedded(template, settings=QUICK) as foreign:
        pid = server_pid(template)
        Layout(made).pid_file.write_text(f"{pid}\n")
        with pytest.raises(EmbeddedError, match=f"process {pid}, a PostgreSQL server that this program did not start"):
            await Embedded(made, settings=QUICK).start()
        assert Layout(made).pid_file.read_text() == f"{pid}\n"
        assert await ask(await foreign.start(), "select 1") == 1


@pytest.mark.parametrize("until", ["data.tmp-*", "data/postmaster.pid"], ids=["initdb", "postgres"])
async def test_cancelled_start_leaves_nothing_running(
    template: Path, folder: Path, until: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_: Layout) -> bool:
        return False

    monkeypatch.setattr(server, "answers", never)
    if until.startswith("data/"):
        shutil.copytree(template, folder)
    start = asyncio.create_task(Embedded(folder, settings=QUICK).start())
    await eventually(lambda: bool([*folder.glob(until)]), 20)
    await asyncio.sleep(0.05)
    assert processes_on(folder) != []
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert processes_on(folder) == []
    assert [*folder.glob("data.tmp-*")] == []
    lock = OwnerLock(Layout(folder).lock)
    assert lock.acquire()
    lock.close()


async def test_long_path_gets_a_private_socket_below_tmp(made: Path) -> None:
    deep = made.parent / ("long" * 25)
    made.rename(deep)
    async with companion(deep) as other:
        assert (await other.says())[0] == "owner"
        socket = Layout(deep).socket
        assert socket.parent == Path("/tmp")
        assert mode(socket) == 0o700
        async with Embedded(deep, settings=QUICK) as embedded:
            assert await ask(await embedded.start(), "select count(*) from visit") == 1
        await other.stops()
    assert not socket.exists()


@pytest.mark.parametrize("trap", ["open", "link", pytest.param("owned", marks=only_root)])
async def test_socket_folder_made_by_somebody_else(made: Path, trap: str) -> None:
    deep = made.parent / ("long" * 25)
    made.rename(deep)
    socket = Layout(deep).socket
    elsewhere = made.parent / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    if trap == "link":
        socket.symlink_to(elsewhere)
    else:
        socket.mkdir(mode=0o777 if trap == "open" else 0o700)
        socket.chmod(0o777 if trap == "open" else 0o700)
        os.chown(socket, *((54321, 54321) if trap == "owned" else (-1, -1)))
    try:
        with pytest.raises(EmbeddedError, match="somebody else may have made it"):
            await Embedded(deep, settings=QUICK).start()
        assert [*elsewhere.iterdir()] == []
    finally:
        (socket.unlink if socket.is_symlink() else socket.rmdir)()


@pytest.mark.parametrize("name", ['a,b "c"', "a &b=%41 é:1?#"], ids=["separators", "quoting"])
async def test_odd_characters_in_the_path(made: Path, name: str) -> None:
    odd = made.parent / name
    made.rename(odd)
    async with Embedded(odd, settings=QUICK) as embedded:
        assert await ask(await embedded.start(), "select 1") == 1


async def test_large_log_is_put_aside(made: Path) -> None:
    log = Layout(made).log
    log.write_bytes(b"x" * (LOG_ROTATION_BYTES + 1))
    async with Embedded(made, settings=QUICK):
        assert log.stat().st_size < 10_000
        assert log.with_suffix(".log.1").stat().st_size > LOG_ROTATION_BYTES


async def test_a_log_that_grows_is_put_aside_while_the_server_goes_on_in_it(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "LOG_LOOK_SECONDS", 0.02)
    log = Layout(made).log
    async with Embedded(made, settings=QUICK) as embedded:
        with log.open("ab") as grown:
            grown.write(b"x" * (LOG_ROTATION_BYTES + 1))
        async with asyncio.timeout(30):
            while not (log.with_suffix(".log.1").exists() and log.stat().st_size < LOG_ROTATION_BYTES):
                await asyncio.sleep(0.01)
        assert log.with_suffix(".log.1").stat().st_size > LOG_ROTATION_BYTES
        await ask(await embedded.start(), "select pg_reload_conf()")
        async with asyncio.timeout(30):
            while "SIGHUP" not in log.read_text():
                await asyncio.sleep(0.01)
        assert "\0" not in log.read_text()


WRONG: Final = (
    "select 'Secret name'::int",
    "insert into t values ('Secret name'), ('Secret name')",
    "do $$ begin raise warning 'Secret name'; end $$",
    "select 'Secret name', pg_sleep(60)",
)


async def test_no_statement_and_no_value_stands_in_the_log(made: Path) -> None:
    log = Layout(made).log
    async with Embedded(made, settings=QUICK) as embedded:
        dsn = await embedded.start()
        connection = await connect(dsn)
        await connection.execute("create table t (name text unique); set statement_timeout = '200ms'")
        for statement in WRONG:
            with suppress(asyncpg.PostgresError):
                await connection.execute(statement)
        with pytest.raises(asyncpg.PostgresError):
            await connection.fetchval("select $1::text::int", "Secret name")
        with pytest.raises(TimeoutError):
            await connection.fetchval("select pg_sleep(60), $1::text", "Secret name", timeout=0.1)
        await connection.close()
        crashed = await connect(dsn)
        os.kill(await crashed.fetchval("select pg_backend_pid()"), signal.SIGKILL)
        async with asyncio.timeout(60):
            while "terminated by signal 9" not in log.read_text():
                await asyncio.sleep(0.01)
        crashed.terminate()
    told = log.read_text()
    for hidden in ("Secret", "pg_sleep", "select", "insert"):
        assert hidden not in told


@only_root
async def test_user_and_root_share_a_users_folder(folder: Path) -> None:
    os.chown(folder.parent, 65534, 65534)
    for count, flags in enumerate([["user"], [], ["user"]], start=1):
        for name in (".lock", "postgres.log") if not flags else ():
            (folder / name).unlink()
        async with companion(folder, *flags) as other:
            assert (await other.says())[:2] == ["owner", str(count)]
            assert Path(f"/proc/{server_pid(folder)}").stat().st_uid == 65534
            await other.stops()
    assert {path.stat().st_uid for path in folder.rglob("*")} == {65534}


@only_root
def test_root_makes_new_data_for_the_user_whose_folder_it_is(folder: Path) -> None:
    folder.mkdir()
    usual = NamespaceDrop() if identity.namespaces_allowed() else UserDrop()
    assert choose_identity(folder, folder / "data").drop == usual
    os.chown(folder, 65534, 65534)
    assert choose_identity(folder, folder / "data") == Identity(65534, 65534, UserDrop())
    os.chown(folder, 54321, 54321)
    assert choose_identity(folder, folder / "data").drop == usual


async def run(*command: str) -> tuple[int | None, str, str]:
    """The exit code of a program, and what it says on both ways."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said = await process.communicate()
    return process.returncode, said[0].decode(), said[1].decode()


@only_root
async def test_refusal_of_user_namespaces_is_noticed() -> None:
    if not identity.namespaces_allowed():
        pytest.skip("this machine refuses user namespaces, as many containers do")
    assert (await run(sys.executable, "-c", NO_MORE_NAMESPACES))[1] == "False\n"


@only_root
async def test_what_libraries_do_in_a_forked_child_is_no_refusal_of_user_namespaces() -> None:
    allowed = identity.namespaces_allowed()
    assert (await run(sys.executable, "-c", THREAD_AT_FORK))[1] == f"{allowed}\n"


@only_root
async def test_a_launched_program_has_the_signals_of_any_other() -> None:
    shown = ("/bin/grep", "^Sig\\(Ign\\|Blk\\)", "/proc/self/status")
    line, _ = launched(shown, Identity(65534, 65534, UserDrop()))
    assert await run(*line) == await run(*shown)


@only_root
async def test_a_program_that_cannot_be_launched_says_so() -> None:
    line, _ = launched(["/nowhere/postgres", "-D", "/x"], Identity(65534, 65534, UserDrop()))
    said = "/nowhere/postgres cannot be started: [Errno 2] No such file or directory\n"
    assert await run(*line) == (NOT_STARTED, "", said)


@only_root
async def test_root_without_user_namespaces(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    monkeypatch.setattr(identity, "namespaces_allowed", lambda: False)
    async with Embedded(made, settings=QUICK) as embedded:
        await ask(await embedded.start(), "create table kept as select 7 as number")
        assert Path(f"/proc/{server_pid(made)}").stat().st_uid == nobody
        assert (made / "data" / "base").stat().st_uid == nobody
        assert made.stat().st_uid == 0
    monkeypatch.undo()
    async with Embedded(made, settings=QUICK) as embedded:
        assert await ask(await embedded.start(), "select number from kept") == 7


@only_root
async def test_root_without_user_namespaces_makes_new_data_with_copied_programs(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = binaries.find_binaries(None).folder.parents[1]
    hidden = folder.parent / "hidden"
    hidden.mkdir(mode=0o700)
    unneeded = shutil.ignore_patterns("include", "psql", "pgbench", "pg_dump*", "pg_restore", "vector*")
    for name in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.with_name(name), hidden / name, symlinks=True, ignore=unneeded)
    monkeypatch.setattr(identity, "namespaces_allowed", lambda: False)
    chosen = hidden / package.name / "pginstall" / "bin"
    copies: set[tuple[Path, int]] = set()
    for _ in range(2):
        async with Embedded(folder, binaries=chosen, settings=QUICK) as embedded:
            assert await ask(await embedded.start(), "select 1") == 1
            program = Path(f"/proc/{server_pid(folder)}/exe").readlink()
            assert program.is_relative_to(folder / "programs")
            copies.add((program, program.stat().st_ino))
    assert len(copies) == 1
    assert mode(hidden) == 0o700


@only_root
async def test_root_keeps_clear_of_folders_that_only_root_may_enter(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "namespaces_allowed", lambda: False)
    made.parent.chmod(0o700)
    with pytest.raises(EmbeddedError, match=f"may not enter {made.parent}"):
        await Embedded(made, settings=QUICK).start()
    assert mode(made.parent) == 0o700
    assert (made / "data").stat().st_uid == 0


@only_root
async def test_folder_that_the_user_may_not_write(folder: Path) -> None:
    folder.mkdir()
    async with companion(folder, "user") as other:
        said = " ".join(await other.says())
    assert said.startswith(f"refused The database folder {folder} cannot be used")


async def test_folder_that_is_a_file(folder: Path) -> None:
    folder.write_text("")
    with pytest.raises(EmbeddedError, match=f"The database folder {folder} cannot be used"):
        await Embedded(folder).start()


async def test_data_of_another_major_version(made: Path) -> None:
    Layout(made).version_file.write_text("17\n")
    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 17, and these programs are PostgreSQL 18.*pg_dump"):
        await Embedded(made).start()
    assert processes_on(made) == []


async def test_data_that_is_none(folder: Path) -> None:
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "thesis.txt").write_text("years of work")
    with pytest.raises(EmbeddedError, match="is no data folder of PostgreSQL"):
        await Embedded(folder).start()
    assert (folder / "data" / "thesis.txt").read_text() == "years of work"


async def test_server_that_does_not_start_shows_its_last_words(made: Path) -> None:
    with pytest.raises(EmbeddedError, match=r'(?s)does not start.*invalid value for parameter "shared_buffers"'):
        await Embedded(made, settings={"shared_buffers": "plenty"}).start()
    async with Embedded(made, settings=QUICK) as embedded:
        assert embedded.owner


async def test_no_programs_for_this_platform(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_: str) -> None:
        return None

    monkeypatch.setattr(binaries, "find_spec", nothing)
    with pytest.raises(EmbeddedError, match=r"no embedded PostgreSQL for this platform.*ENFACT_PG_BIN"):
        await Embedded(folder).start()


async def test_chosen_programs_that_are_missing_or_too_old(folder: Path) -> None:
    chosen = folder.parent / "bin"
    chosen.mkdir()
    with pytest.raises(EmbeddedError, match=f"{chosen} has no program named postgres and initdb"):
        await Embedded(folder, binaries=chosen).start()
    for name in ("postgres", "initdb"):
        (chosen / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 15.8 (Debian)'\n")
        (chosen / name).chmod(0o755)
    with pytest.raises(EmbeddedError, match=r"PostgreSQL 18 or newer is needed.*15\.8"):
        await Embedded(folder, binaries=chosen).start()


async def test_windows_is_told_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(EmbeddedError, match=r"does not run on Windows\. Set DATABASE_URL"):
        await Embedded(folder).start()
