"""The contenders: how each is started on a port, what it is sent for an operation, and how its answers are read."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from db.embedded.identity import Identity, NoDrop, entry
from tests.bench import dataset, processes
from tests.bench.fetching import ariadne, fetched, node
from tests.bench.load import LoadError, get, post
from tests.bench.normalise import FROM_POSTGRAPHILE
from tests.bench.operations import COMPANY, COMPANY_ID, WRITE, WRITE_P, Operation
from tests.bench.toggles import Change

ROOT: Final = Path(__file__).parents[2]
BEFORE: Final = "before"
"""The gateway of another checkout, when there is one."""
START_SECONDS: Final = 60.0

Reshape = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contender runs: its database by DSN and name, its port, its processors, the cache of what was fetched."""

    dsn: str
    database: str
    port: int
    processors: Sequence[int]
    cache: Path


@dataclass(frozen=True, slots=True)
class Contender:
    """One of those that are compared."""

    name: str
    about: str
    command: Callable[[Place], Sequence[str]]
    request: Callable[[Operation], bytes]
    change: Callable[[Change], bytes]
    reshape: Mapping[str, Reshape] = field(default_factory=dict[str, Reshape])
    authorizes: bool = True
    lacks: frozenset[str] = frozenset()
    """Operations that it cannot do."""
    environment: Callable[[Place], Mapping[str, str]] = lambda place: {}
    root: Path = ROOT
    """The checkout whose code it is."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running contender; `start_cpu_ms` and `start_seconds` is what it took until its port was open."""

    contender: Contender
    database: str
    port: int
    pid: int
    start_cpu_ms: float
    start_seconds: float

    @property
    def user(self) -> str:
        """The database user that it is, by which its connections are known."""
        return self.contender.name


# --- what is sent


def graphql(operation: Operation) -> bytes:
    """The operation as GraphQL over HTTP."""
    return _graphql(operation.token, operation.query, operation.variables)


def graphql_change(change: Change) -> bytes:
    """The write as GraphQL over HTTP."""
    return _graphql(change.token, WRITE, {"input": change.input})


def route(operation: Operation) -> bytes:
    """The operation as a route of its own."""
    return get(f"/{operation.name}/{COMPANY_ID}" if operation.variables else f"/{operation.name}", operation.token)


def route_change(change: Change) -> bytes:
    """The write as a route of its own."""
    return post("/write", change.token, orjson.dumps(change.input))


def derived(operation: Operation) -> bytes:
    """The operation in the words of the schema that PostGraphile derives, which knows keys instead of people."""
    company, accountant = dataset.key("company", COMPANY), dataset.key("account", dataset.COMPANIES, 0)
    variables = {"id": company, "account": dataset.key("account", COMPANY, 0)}
    if operation.name == "accountant":
        variables = {"account": accountant}
    elif operation.name != "viewer":
        del variables["account"]
    return _graphql(None, operation.postgraphile or "", variables)


def derived_change(change: Change) -> bytes:
    """The write in these words."""
    variables = {
        "company": dataset.key("company", change.company),
        "version": change.version,
        "membership": dataset.key("membership", change.company, change.member),
        "app": change.app.name,
        "granted": change.granted,
    }
    return _graphql(None, WRITE_P, variables)


def _graphql(token: str | None, query: str, variables: Mapping[str, object]) -> bytes:
    return post("/graphql", token, orjson.dumps({"query": query, "variables": variables}))


# --- how they run


def _module(name: str) -> Callable[[Place], Sequence[str]]:
    return lambda place: (sys.executable, "-m", f"tests.bench.contenders.{name}", str(place.port))


def _postgraphile(place: Place) -> Sequence[str]:
    folder = fetched(place.cache)
    return (node(folder), str(folder / "postgraphile.mjs"), str(place.port))


def _mercurius(place: Place) -> Sequence[str]:
    folder = fetched(place.cache)
    return (node(folder), str(folder / "mercurius.mjs"), str(place.port))


def _gateway(place: Place) -> Sequence[str]:
    return gateway_command(sys.executable, place)


def gateway_command(python: str, place: Place) -> Sequence[str]:
    """How a gateway is started, by the Python whose packages it uses."""
    return (python, "-m", "gateway.cli", "serve", "--port", str(place.port))


UNLIMITED: Final = {"ENFACT_RATE": "0", "ENFACT_KEY_RATE": "0", "ENFACT_WRITE_RATE": "0"}
"""No rate limits: all load comes from one address."""

CONTENDERS: Final = {
    contender.name: contender
    for contender in (
        Contender(
            "gateway",
            "as shipped, all on but rate limits",
            _gateway,
            graphql,
            graphql_change,
            environment=lambda place: UNLIMITED,
        ),
        Contender("hand_written", "Starlette, asyncpg pool, SQL by hand", _module("hand_written"), route, route_change),
        Contender("bare", "ASGI function, prepared SQL by hand", _module("bare"), route, route_change),
        Contender("strawberry", "Strawberry with DataLoaders", _module("strawberry_server"), graphql, graphql_change),
        Contender(
            "ariadne",
            "Ariadne with DataLoaders",
            _module("ariadne_server"),
            graphql,
            graphql_change,
            environment=lambda place: {"PYTHONPATH": f"{ROOT}:{ariadne(place.cache)}"},
        ),
        Contender(
            "postgraphile",
            "PostGraphile 5, no authorization",
            _postgraphile,
            derived,
            derived_change,
            FROM_POSTGRAPHILE,
            authorizes=False,
        ),
        Contender(
            "mercurius", "Mercurius with jit, no authorization", _mercurius, graphql, graphql_change, authorizes=False
        ),
    )
}


UNGATED: Final = Contender(
    "ungated",
    "the gateway without gates",
    _module("ungated"),
    graphql,
    graphql_change,
    environment=lambda place: UNLIMITED,
)
"""Not one of the contenders: for the cost of gates."""

SHARED: Final = Contender(
    "shared",
    "the gateway with two workers and all its limits",
    lambda place: (*_gateway(place), "--workers", "2"),
    graphql,
    graphql_change,
    environment=lambda place: {"ENFACT_SHUTDOWN": "1"},
)
"""Not one of the contenders: for what people do to each other."""


@contextlib.contextmanager
def started(contender: Contender, place: Place) -> Generator[Server]:
    """The contender, running until the end of the block. Raises Unavailable or LoadError."""
    command = contender.command(place)
    logs = place.cache / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(contender.root),
        "DATABASE_URL": place.dsn,
        "NODE_ENV": "production",
        **contender.environment(place),
    }
    began = time.monotonic()
    with (logs / f"{contender.name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd=contender.root,
            preexec_fn=_entry(place.processors), start_new_session=True,  # noqa: PLW1509 (it only makes system calls)
        )  # fmt: skip
    try:
        _await_port(process, place.port, logs / f"{contender.name}.log")
        cpu = processes.cpu(processes.tree(process.pid)) / 1e6
        yield Server(contender, place.database, place.port, process.pid, cpu, time.monotonic() - began)
    finally:
        _stop(process)


def free_port() -> int:
    """A port of the loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pin_ourselves() -> "list[int]":
    """Leave the first processor to the servers, and keep the others for us and PostgreSQL, which we start.

    Gives those that servers may use.
    """
    processors = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, processors[1:] or processors)
    return processors[:1]


def _entry(processors: Sequence[int]) -> Callable[[], None]:
    """What a child does before it becomes a server: take its processors, and end when we do."""
    bind = entry(Identity(os.geteuid(), os.getegid(), NoDrop()), signal.SIGTERM)

    def enter() -> None:
        os.sched_setaffinity(0, processors)
        bind()

    return enter


def _await_port(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    tail = log.read_text(errors="replace")[-1_500:]
    raise LoadError(f"{log.stem} does not start; the end of {log}:\n{tail}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # what it started and did not end
