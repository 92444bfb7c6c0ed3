"""The product on a clone of the demo, with a measurement of the work of each request: counts rather than times.

It runs as the owner of its tables: behind the fence of the other tests (tests/rls) every statement would run twice.
"""

import asyncio
import gc
import json
import re
import secrets
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import pytest
from asyncpg import ConnectionDoesNotExistError, InterfaceError

from db import database
from db.connection import Connection, connect
from db.tokens import hash_token
from resolvers.compilation.objects import Objects
from resolvers.execution.product import default_compiler
from resolvers.operation.selection import Collector
from tests.attacker.bounds import BACKEND
from tests.support.databases import Databases, demo_template
from tests.support.demo_client import JSON, SIGN_IN, Answer, open_client

KEY: Final = 'mutation { createApiKey(input: {label: "attacker\'s"}) { key errors { code } } }'
KEY_OF: Final = "key of "
"""Prefix of a caller's login: use an API key instead of a session."""

NOT_OURS: Final = ("typeinfo_tree", "set_config('jit'", "pg_stat_force_next_flush")
"""Marks of statements of the driver and of this file, which are not counted."""

RELATION: Final = re.compile(r"\b(?:from|join)\b")
LARGEST: Final = "select company_id id from document group by 1 order by count(*) desc, 1 limit 1"
MANY_IDS: Final = 6
POLICIES: Final = """
select format('drop policy %I on %I.%I', policyname, schemaname, tablename) dropped,
  format('alter table %I.%I disable row level security', schemaname, tablename) lowered
from pg_policies
"""
FLUSH: Final = "select pg_stat_force_next_flush()"
BUFFERS: Final = "select coalesce(sum(coalesce(hits, 0) + coalesce(reads, 0)), 0)::int8 from pg_stat_get_backend_io($1)"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request; `caller` is a login of the demo (None: anonymous), `hidden` the header `Hidden-Fields`."""

    query: str
    variables: Mapping[str, Any] = field(default_factory=dict[str, Any])
    caller: str | None = None
    hidden: str = "null"

    @property
    def is_mutation(self) -> bool:
        """Whether it is a mutation."""
        return self.query.lstrip().startswith("mutation")

    @property
    def text(self) -> str:
        """The request as one line of JSON, to be sent again."""
        return json.dumps(asdict(self), ensure_ascii=False)


SMALL: Final = Asked("{ viewer { __typename } }")


class Work(NamedTuple):
    """The work of a request. `cost` comes from its answer; `python` and `backend` are seconds of CPU."""

    admitted: bool
    codes: tuple[str, ...]
    cost: int
    nodes: int
    sql: int
    relations: int
    buffers: int
    memory: int
    answer: int
    python: float
    backend: float

    @property
    def cpu(self) -> float:
        """Seconds of CPU of the process and the backend together."""
        return self.python + self.backend


@dataclass(slots=True)
class Counter:
    """Counts the compiled objects and fields."""

    nodes: int = 0

    @contextmanager
    def counting(self) -> Generator[None]:
        """Count within the block."""
        with pytest.MonkeyPatch.context() as patch:
            for owner, name in ((Objects, "field"), (Objects, "object_of"), (Collector, "collect")):
                patch.setattr(owner, name, self._told(getattr(owner, name)))
            yield

    def _told(self, usual: Callable[..., Any]) -> Callable[..., Any]:
        def told(*given: Any, **named: Any) -> Any:
            self.nodes += 1
            return usual(*given, **named)

        return told


class Process:
    """The process of a backend, read from /proc; on a system without it all values are 0."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._folder = Path(f"/proc/{pid}")
        self._new = self._status().get("RssAnon", 0)

    def begin(self) -> None:
        """Reset the peak of memory."""
        with suppress(OSError):
            (self._folder / "clear_refs").write_text("5", encoding="ascii")

    @property
    def memory(self) -> int:
        """The peak of private bytes since `begin`, beyond those of the new process."""
        found = self._status()
        return max(0, found.get("VmHWM", 0) - found.get("RssFile", 0) - found.get("RssShmem", 0) - self._new)

    @property
    def cpu(self) -> float:
        """Seconds of CPU so far."""
        try:
            return int((self._folder / "schedstat").read_text(encoding="ascii").split()[0]) / 1e9
        except OSError:
            return 0.0

    def _status(self) -> dict[str, int]:
        try:
            text = (self._folder / "status").read_text(encoding="ascii")
        except OSError:
            return {}
        return {name: 1024 * int(size) for name, size in re.findall(r"^(\w+):\s+(\d+) kB$", text, re.MULTILINE)}


@dataclass(slots=True)
class Tap:
    """Records the connections that the product opens, their backends, and the statements sent through them."""

    lines: dict[Any, Process] = field(default_factory=dict[Any, Process])
    sent: list[str] = field(default_factory=list[str])

    def tapping(self, usual: Callable[..., Awaitable[Connection]]) -> Callable[..., Awaitable[Connection]]:
        """The function `usual`, which opens connections, with each connection recorded."""

        async def opened(dsn: str, **options: Any) -> Connection:
            line: Any = await usual(dsn, **options)
            line.add_query_logger(self._hear)
            self.lines[line] = Process(line.get_server_pid())
            return line

        return opened

    def _hear(self, logged: Any) -> None:
        if not any(mark in logged.query for mark in NOT_OURS):
            self.sent.append(logged.query)

    @property
    def open(self) -> list[tuple[Any, Process]]:
        """The open connections."""
        self.lines = {line: process for line, process in self.lines.items() if not line.is_closed()}
        return list(self.lines.items())

    def cut(self) -> None:
        """End all connections, so that the product has to open new ones."""
        for line, _ in self.open:
            line.terminate()


@contextmanager
def uncollected() -> Generator[None]:
    """Collect no garbage within the block: its CPU time could not be attributed to a request."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@dataclass(slots=True)
class Victim:
    """The product under attack; `connection` is a separate connection to its database."""

    client: httpx.AsyncClient
    connection: Connection
    tap: Tap
    counter: Counter
    tokens: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    @asynccontextmanager
    async def open(cls, databases: Databases, **settings: object) -> "AsyncGenerator[Victim]":
        """The product on a database of its own, with one pool connection; the database is dropped at the end."""
        dsn = await databases.clone(await _template(databases))
        connection, tap, counter = await connect(dsn), Tap(), Counter()
        try:
            with ExitStack() as stack:
                patch = stack.enter_context(pytest.MonkeyPatch.context())
                patch.setattr(database, "connect", tap.tapping(database.connect))
                stack.enter_context(counter.counting())
                async with open_client(dsn, pool_size=1, rate=0, key_rate=0, deadline=300, **settings) as client:
                    yield cls(client, connection, tap, counter)
        finally:
            await connection.close()
            await databases.drop(dsn)

    async def ask(self, asked: Asked) -> tuple[Answer, Work]:
        """The answer to a request, and its work; one that seems to take much memory is repeated on a new backend."""
        if asked.is_mutation:
            await self.renew()
            return await self._ask(asked)
        answer, work = await self._ask(asked)
        if work.memory > BACKEND:
            await self.renew()
            answer, again = await self._ask(asked)
            work = again._replace(nodes=work.nodes, python=work.python)
            await self.renew()
        return answer, work

    async def renew(self) -> None:
        """Let the product open a new connection, since a backend keeps its memory."""
        self.tap.cut()
        await self._ask(SMALL)

    async def _ask(self, asked: Asked) -> tuple[Answer, Work]:
        headers = {"accept": JSON, "content-type": "application/json", "hidden-fields": asked.hidden}
        if asked.caller is not None:
            headers["authorization"] = f"Bearer {await self._token(asked.caller)}"
        body = json.dumps({"query": asked.query, "variables": asked.variables, "extensions": {"cost": True}})
        before = await self._begin()
        with uncollected():
            self.counter.nodes, began = 0, time.process_time()
            response = await self.client.post("/graphql", content=body, headers=headers)
            python = time.process_time() - began
        nodes, answer = self.counter.nodes, Answer(response)
        await asyncio.sleep(0)  # asyncpg calls its query loggers in the loop's next round
        if asked.is_mutation and asked.caller is not None:
            self.tokens.pop(asked.caller, None)
        return answer, await self._work(answer, before, nodes, python)

    async def _begin(self) -> dict[int, tuple[int, float]]:
        """Reset the measurement; the earlier buffers and CPU of each backend, by process id."""
        self.tap.sent.clear()
        before: dict[int, tuple[int, float]] = {}
        for _, process in self.tap.open:
            before[process.pid] = (await self._buffers(process), process.cpu)
            process.begin()
        return before

    async def _buffers(self, process: Process) -> int:
        return await self.connection.fetchval(BUFFERS, process.pid)

    async def _work(self, answer: Answer, before: Mapping[int, tuple[int, float]], nodes: int, python: float) -> Work:
        memory, backend, buffers, sent = 0, 0.0, 0, list(self.tap.sent)
        for line, process in self.tap.open:
            buffered, cpu = before.get(process.pid, (0, 0.0))
            memory, backend = max(memory, process.memory), backend + process.cpu - cpu
            with suppress(InterfaceError, ConnectionDoesNotExistError):  # the periodic work may use it, and end it then
                await line.execute(FLUSH)
            buffers += await self._buffers(process) - buffered
        body = answer.body
        return Work(
            admitted="data" in body,
            codes=tuple(dict.fromkeys(answer.codes)),
            cost=body.get("extensions", {}).get("cost", {}).get("requested", 0),
            nodes=nodes,
            sql=sum(len(text.encode()) for text in sent),
            relations=sum(len(RELATION.findall(text)) for text in sent),
            buffers=buffers,
            memory=memory if sent else 0,
            answer=len(answer.response.content),
            python=python,
            backend=backend,
        )

    async def _token(self, caller: str) -> str:
        if caller not in self.tokens:
            login = caller.removeprefix(KEY_OF)
            token = secrets.token_urlsafe()
            done = await self.connection.execute(SIGN_IN, hash_token(token), f"{login}@demo.enfact.test")
            assert done == "INSERT 0 1"
            self.tokens[login] = token
            if caller != login:
                answer, _ = await self._ask(Asked(KEY, caller=login))
                self.tokens[caller] = answer.data["createApiKey"]["key"]
        return self.tokens[caller]


async def _template(databases: Databases) -> str:
    """The template of the demo without a fence, which would take memory and planning of its own."""
    source = await demo_template(databases)
    return await databases.template("attacked", source[-12:], _lower, source=source)


async def _lower(dsn: str) -> None:
    """Remove the fence of a database."""
    connection = await connect(dsn)
    try:
        for row in await connection.fetch(POLICIES):
            await connection.execute(row["dropped"])
            await connection.execute(row["lowered"])
    finally:
        await connection.close()


async def known_ids(connection: Connection) -> dict[str, list[str]]:
    """Some ids by their prefix, those of the company with most documents first; an unknown id where there is no row."""
    layout = default_compiler().layout
    (largest,) = [row["id"] for row in await connection.fetch(LARGEST)]
    found: dict[str, list[str]] = {}
    for prefix in sorted(layout.prefixes):
        type_ = layout.type_of(prefix)
        assert type_ is not None
        table, where = layout.placement(type_.name).table, layout.placement(type_.name).where
        own = "company_id" if "company_id" in table.columns else "id"
        conditions = " and ".join(f"{column} = '{value}'" for column, value in where.items()) or "true"
        rows = (
            await connection.fetch(
                f"select id from {table.name} where {conditions} order by {own}::text = $1 desc, id limit {MANY_IDS}",
                str(largest),
            )
            if "id" in table.columns
            else []
        )
        found[prefix] = [f"{prefix}_{getattr(row['id'], 'hex', row['id'])}" for row in rows] or [
            f"{prefix}_{uuid.UUID(int=0).hex}"
        ]
    return found
