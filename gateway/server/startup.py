"""The start of the gateway: PostgreSQL, migrations, the demo, then serving."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from socket import socket
from typing import cast

from pydantic import SecretStr

from db.connection import connect
from db.installation import DemoExposed, DemoRefused
from db.schema_version import check_migrated
from gateway.app import create_app
from gateway.background import keep_ending_grants, keep_purging
from gateway.logs import Log, open_log
from gateway.mail.sender import NO_SMTP, sending
from gateway.mail.transport import LazyTransport, MailTransport, TransportChoice, always, in_demo
from gateway.operation_files import own_operations
from gateway.persisted_manifests import check_manifests
from gateway.server.admin import listen_for_operators, serving_operators
from gateway.server.database import holds_demo, migrate_to_here, open_dsn, with_secret_keys
from gateway.server.listener import is_loopback, url
from gateway.server.reloading import ALONE, NOT_REPLACED, Reloading, Renewal
from gateway.server.server import Server, Signals
from gateway.server.supervisor import Supervisor
from gateway.server.workers import Workers, conduct_of
from gateway.settings import Settings
from gateway.shared_page import BEAT_LIMIT, SharedCounters, SharedPage, add_names, new_page

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Started:
    """The result of a start, for the person who runs it.

    The gateway's URL, whether it serves the demo, and the data folder of an embedded PostgreSQL.
    """

    url: str
    demo: bool
    data: Path | None


@dataclass(frozen=True, slots=True)
class Watch:
    """Callbacks of a start: each `step` in words, `progress` of the demo, `started` once requests are accepted.

    `settings` returns the settings of now, when SIGHUP asks for workers that have them; raises SettingsRefused.
    """

    step: Callable[[str], None]
    progress: Progress
    started: Callable[[Started], None]
    settings: Callable[[], Settings]


async def serve(settings: Settings, listener: socket, watch: Watch, *, demo: bool, migrate: bool = True) -> None:
    """Serve on `listener` until SIGINT or SIGTERM; with `demo`, an empty embedded database gets the demo first.

    Without `migrate` the database stays as it is, and has to be one that this version may use.

    Raises ListenError, DemoExposed, ManifestBroken, DatabaseError, EmbeddedError and WorkersEnd; CancelledError when
    the signal comes before the start is over.
    """
    own = own_operations(settings)
    names = check_manifests(settings.documents, settings.limits, own)  # their errors are reported before all else
    operators, page = listen_for_operators(settings), new_page()
    add_names(page, sorted(names.all))
    supervisor = Supervisor.of()
    watch = _supervised(watch, supervisor)
    signals = Signals(asyncio.get_running_loop(), supervisor.stopping)
    starting = cast("asyncio.Task[None]", asyncio.current_task())
    with signals.calling(starting.cancel):
        data = settings.data if settings.database_url is None else None
        watch.step(f"Starting PostgreSQL in {data}" if data is not None else "Opening the database")
        async with open_dsn(settings) as dsn:
            settings = with_secret_keys(settings)
            log = open_log(settings.log_level, settings.log_format)
            fresh = demo and data is not None and is_loopback(listener) and not settings.hides_demo
            await _prepare(settings, dsn, log, watch, migrate=migrate, demo=fresh)
            watch.step("Starting the gateway")
            started = Started(url(listener), await holds_demo(dsn), data)
            if started.demo and settings.hides_demo:
                raise DemoExposed
            async with _working(settings, dsn, started, log):
                running = Running(listener, operators, page, log, signals, supervisor)
                run = _run_workers if settings.workers > 1 else _run_alone
                await run(settings, dsn, running, watch, started)


@dataclass(frozen=True, slots=True)
class Running:
    """The means of this process: its sockets (that of operators if there is one), its log and its supervisor.

    `page` is the descriptor of the page that workers share, which has the names of the operations counted apart.
    """

    clients: socket
    operators: socket | None
    page: int
    log: Log
    signals: Signals
    supervisor: Supervisor


def _supervised(watch: Watch, supervisor: Supervisor) -> Watch:
    """The callbacks of a start, which tell the supervisor, too."""

    def step(text: str) -> None:
        supervisor.say(text)
        watch.step(text)

    def started(result: Started) -> None:
        supervisor.ready(f"Serving {result.url}")
        watch.started(result)

    return replace(watch, step=step, started=started)


async def _run_workers(settings: Settings, dsn: str, running: Running, watch: Watch, started: Started) -> None:
    """Serve by several workers, which are replaced for other settings."""
    log, page, supervisor = running.log, running.page, running.supervisor
    workers = Workers(running.clients, settings.workers, conduct_of(dsn, settings), log, page=page)
    beats = SharedCounters(SharedPage(page))
    reloading = Reloading(workers, Renewal(settings, dsn, page, watch.settings).conduct, log, supervisor)
    async with (
        serving_operators(running.operators, dsn, page, workers.hindrance),
        supervisor.watched(lambda: beats.has_beaten(BEAT_LIMIT)),
    ):
        with running.signals.calling(workers.stop, gently=workers.drain, anew=reloading.ask):
            await workers.run(lambda: watch.started(started))


async def _run_alone(settings: Settings, dsn: str, running: Running, watch: Watch, started: Started) -> None:
    """Serve in this process."""
    log, address = running.log, SecretStr(dsn)
    app = create_app(settings.model_copy(update={"database_url": address}), log=log, page=SharedPage(running.page))
    server = Server(app, settings, lambda: watch.started(started))

    def refuse() -> None:
        log.event(NOT_REPLACED, reason=ALONE)

    async with (
        serving_operators(running.operators, dsn, running.page, app.hindrance),
        running.supervisor.watched(lambda: True),
    ):
        with running.signals.calling(server.stop, gently=server.drain, anew=refuse):
            await server.serve(sockets=[running.clients])


@asynccontextmanager
async def _working(settings: Settings, dsn: str, started: Started, log: Log) -> AsyncGenerator[None]:
    """Send letters, clean up and write the ends of grants within the block, once for all workers."""
    if settings.smtp_url is None and not started.demo:
        log.event(NO_SMTP)
    chores = (keep_ending_grants, keep_purging)
    async with sending(dsn, _route(settings, settings.public_url or started.url), log, chores):
        yield


def _route(settings: Settings, public_url: str) -> TransportChoice:
    """The choice of SMTP; without it, a demo (also one that is loaded later) prints the links of its letters."""
    if settings.smtp_url is None or settings.mail_from is None:
        return in_demo(LazyTransport(lambda: _terminal_mail(public_url)))
    smtp_url, mail_from = settings.smtp_url.get_secret_value(), settings.mail_from
    return always(LazyTransport(lambda: _smtp_mail(smtp_url, mail_from, public_url)))


def _smtp_mail(smtp_url: str, mail_from: str, public_url: str) -> MailTransport:
    from gateway.mail.message import MailSettings  # noqa: PLC0415 (LazyTransport imports it for its first letter)
    from gateway.mail.smtp import SmtpMail  # noqa: PLC0415

    return SmtpMail(MailSettings.at(smtp_url, mail_from, public_url))


def _terminal_mail(public_url: str) -> MailTransport:
    from gateway.mail.terminal import TerminalMail  # noqa: PLC0415 (LazyTransport imports it for its first letter)

    return TerminalMail(public_url)


async def _prepare(settings: Settings, dsn: str, log: Log, watch: Watch, *, migrate: bool, demo: bool) -> None:
    """Migrate the database, or require that somebody has; with `demo` an empty one gets the demo."""
    if migrate:
        watch.step("Migrating the database")
        await migrate_to_here(settings, dsn, lambda told: log.event("migration", told=told))
    else:
        await _require_migrated(dsn)
    if demo:
        await _load_demo_once(dsn, watch.progress)


async def _load_demo_once(dsn: str, progress: Progress) -> None:
    """Fill an empty database with the demo."""
    if await holds_demo(dsn):
        return
    from db.demo import load_demo  # noqa: PLC0415 (megabytes that a gateway with its data in place never needs)

    with suppress(DemoRefused):  # the database is in use already
        await load_demo(dsn, progress)


async def _require_migrated(dsn: str) -> None:
    """Raise DatabaseMisconfigured unless this version may use the database."""
    connection = await connect(dsn)
    try:
        await check_migrated(connection)
    finally:
        await connection.close()
