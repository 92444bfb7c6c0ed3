"""The contenders: the command of each, its requests for an operation, and the conversion of its answers."""

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

from db.embedded.launcher import binding
from tests.bench.contenders.fetching import ariadne, fetched, node
from tests.bench.contenders.normalise import FROM_POSTGRAPHILE
from tests.bench.data import dataset
from tests.bench.loads.generator import LoadError, get, post
from tests.bench.loads.operations import COMPANY, COMPANY_ID, Operation
from tests.bench.loads.writes import Write
from tests.bench.measures import processes

ROOT: Final = Path(__file__).parents[3]
BEFORE: Final = "before"
"""The name of the gateway of another checkout, if there is one."""
START_SECONDS: Final = 60.0

Reshape = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a contender: its database (DSN and name), its port, its processors, and the cache folder."""

    dsn: str
    database: str
    port: int
    processors: Sequence[int]
    cache: Path


@dataclass(frozen=True, slots=True)
class Contender:
    """One server in the comparison."""

    name: str
    about: str
    command: Callable[[Place], Sequence[str]]
    request: Callable[[Operation], bytes]
    change: Callable[[Operation, Write], bytes]
    reshape: Mapping[str, Reshape] = field(default_factory=dict[str, Reshape])
    authorizes: bool = True
    lacks: frozenset[str] = frozenset()
    """The operations that it does not support."""
    environment: Callable[[Place], Mapping[str, str]] = lambda place: {}
    root: Path = ROOT
    """The checkout with its code."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running contender; `start_cpu_ms` and `start_seconds` are its CPU and time until its port was open."""

    contender: Contender
    database: str
    port: int
    pid: int
    start_cpu_ms: float
    start_seconds: float

    @property
    def user(self) -> str:
        """Its database user, which identifies its connections."""
        return self.contender.name


# --- requests


def graphql(operation: Operation) -> bytes:
    """The operation as GraphQL over HTTP."""
    return _graphql(operation.token, operation.query, operation.variables)


def graphql_change(operation: Operation, write: Write) -> bytes:
    """The write as GraphQL over HTTP."""
    return _graphql(write.token, operation.query, {"input": write.input})


def route(operation: Operation) -> bytes:
    """The operation as a route of its own."""
    return get(f"/{operation.name}/{COMPANY_ID}" if operation.variables else f"/{operation.name}", operation.token)


def route_change(operation: Operation, write: Write) -> bytes:
    """The write as a route of its own."""
    return post(f"/{operation.name}", write.token, orjson.dumps(write.input))


def derived(operation: Operation) -> bytes:
    """The operation for the schema that PostGraphile derives, which takes keys instead of a viewer."""
    company, accountant = dataset.key("company", COMPANY), dataset.key("account", dataset.COMPANIES, 0)
    variables = {"id": company, "account": dataset.key("account", COMPANY, 0)}
    if operation.name == "accountant":
        variables = {"account": accountant}
    elif operation.name != "viewer":
        del variables["account"]
    return _graphql(None, operation.postgraphile or "", variables)


def derived_change(operation: Operation, write: Write) -> bytes:
    """The write for the schema that PostGraphile derives."""
    return _graphql(None, operation.postgraphile or "", write.derived)


def _graphql(token: str | None, query: str, variables: Mapping[str, object]) -> bytes:
    return post("/graphql", token, orjson.dumps({"query": query, "variables": variables}))


# --- commands


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
    """The command of a gateway, with the Python whose packages it uses."""
    return (python, "-m", "gateway.cli", "serve", "--port", str(place.port))


UNLIMITED: Final = {"ENFACT_RATE": "0", "ENFACT_KEY_RATE": "0", "ENFACT_WRITE_RATE": "0"}
"""Settings without rate limits, since all load comes from one address."""

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
"""The gateway without gates, only for the cost of gates, not in the comparison."""

SHARED: Final = Contender(
    "shared",
    "the gateway with two workers and all its limits",
    lambda place: (*_gateway(place), "--workers", "2"),
    graphql,
    graphql_change,
    environment=lambda place: {"ENFACT_SHUTDOWN": "1"},
)
"""The gateway with its usual limits, only for tests/bench/measures/beside.py, not in the comparison."""


@contextlib.contextmanager
def started(contender: Contender, place: Place) -> Generator[Server]:
    """Run the contender within the block. Raises Unavailable or LoadError."""
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
    """An unused port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pin_ourselves() -> "list[int]":
    """Leave the first processor to the servers; this process and PostgreSQL, its child, use the others.

    Returns the processors of the servers.
    """
    processors = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, processors[1:] or processors)
    return processors[:1]


def _entry(processors: Sequence[int]) -> Callable[[], None]:
    """The setup of a child process before it becomes a server: set its processors, and end it when we end."""
    bind = binding(os.getpid(), signal.SIGTERM)

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
        os.killpg(process.pid, signal.SIGKILL)  # its children that are still running
