"""From settings to a running gateway: takes a listening socket, starts PostgreSQL, migrates, loads the demo, serves."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from socket import socket
from typing import cast

from pydantic import SecretStr

from db.connection import connect
from db.database import Database, PoolSettings
from db.embedded import Embedded
from db.installation import DemoExposed, DemoRefused, is_demo
from db.migrate import is_migrated, migrate
from db.secrets import folder_keys
from gateway.app import create_app
from gateway.logs import open_log
from gateway.mail.carrier import Carrier, Later, Route, always, in_demo
from gateway.mail.sender import NO_SMTP, sending
from gateway.manifests import check_manifests
from gateway.rates import new_table
from gateway.server import Server, Signals, is_loopback, url
from gateway.settings import Settings
from gateway.workers import Workers, worker_environment
from resolvers.catalogue import app_rows
from resolvers.inspection import Inspected, inspect_matrix, schema_seen_by
from resolvers.mutations.passwords import hash_password
from resolvers.ownership import Appointed, Appointee, appoint_owner
from resolvers.support import SupportAccount, SupportRefused, make_account

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Started:
    """What the person who started the gateway is told: its address, and whether the demo's logins work."""

    url: str
    demo: bool


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how the start goes: of the demo's loading, and once that requests are accepted."""

    progress: Progress
    started: Callable[[Started], None]


@asynccontextmanager
async def open_dsn(settings: Settings) -> AsyncGenerator[str, None]:
    """The address of the database: DATABASE_URL, else the embedded server's. Raises EmbeddedError."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    embedded = Embedded(settings.data, binaries=settings.pg_bin)
    try:
        yield await embedded.start()
    finally:
        await embedded.stop()


def with_secret_keys(settings: Settings) -> Settings:
    """The settings with the keys of an embedded server's folder: made when there are none, else read after those set.

    Raises KeyFileBroken.
    """
    if settings.database_url is not None:
        return settings
    kept = folder_keys(settings.data, make=settings.secret_keys is None)
    given = [settings.secret_keys.get_secret_value()] if settings.secret_keys is not None else []
    return settings.model_copy(update={"secret_keys": SecretStr(",".join((*given, *kept)))})


async def migrate_database(settings: Settings) -> None:
    """Bring the database to this version's schema and catalogue. Raises DatabaseError and EmbeddedError."""
    async with open_dsn(settings) as dsn:
        await migrate(dsn, app_rows())


async def fill_database(settings: Settings, progress: Progress, scale: int = 1) -> None:
    """Migrate, then load the demo, its companies `scale` times.

    Raises DemoRefused for a database in use, DatabaseError and EmbeddedError.
    """
    async with open_dsn(settings) as dsn:
        await migrate(dsn, app_rows())
        await _load_demo(dsn, progress, scale)


async def appoint(settings: Settings, company: str, who: Appointee) -> Appointed:
    """Give a company without an owner one. Raises InspectionRefused, DatabaseError, EmbeddedError."""
    async with open_dsn(settings) as dsn:
        database = await Database.open(dsn, PoolSettings(size=1))
        try:
            return await appoint_owner(database, company, who)
        finally:
            await database.close()


async def add_support(settings: Settings, account: SupportAccount, password: str) -> int:
    """Make a support account; gives how many companies it enters, since their owners let support in.

    Raises SupportRefused for an address in use or a weak password, DatabaseError and EmbeddedError.
    """
    hashed = await hash_password(account.check_password(password))
    async with open_dsn(settings) as dsn:
        database = await Database.open(dsn, PoolSettings(size=1))
        try:
            async with database.transaction() as connection:
                if not await is_migrated(connection):
                    raise SupportRefused("The database is not that of this version: enfact migrate brings it there.")
                return await make_account(connection, account, hashed)
        finally:
            await database.close()


async def inspect_access(settings: Settings, named: str, at: datetime | None) -> Inspected:
    """The permission matrix of a company, by its id or name. Raises InspectionRefused, DatabaseError, EmbeddedError."""
    async with open_dsn(settings) as dsn:
        database = await Database.open(dsn, PoolSettings(size=1))
        try:
            return await inspect_matrix(database, named, at)
        finally:
            await database.close()


async def inspect_schema(settings: Settings, email: str) -> str:
    """The schema as an account sees it, as SDL. Raises InspectionRefused, DatabaseError, EmbeddedError."""
    async with open_dsn(settings) as dsn:
        database = await Database.open(dsn, PoolSettings(size=1))
        try:
            return await schema_seen_by(database, email)
        finally:
            await database.close()


async def serve(settings: Settings, listener: socket, watch: Watch, *, demo: bool) -> None:
    """Serve on `listener` until SIGINT or SIGTERM; the demo goes into an empty embedded database if `demo`.

    Raises DemoExposed, ManifestBroken, DatabaseError, EmbeddedError and WorkersEnd; cancelled when the signal comes
    before the start is over.
    """
    check_manifests(settings.documents)  # what is wrong with them is told before anything is started
    signals = Signals(asyncio.get_running_loop())
    starting = cast("asyncio.Task[None]", asyncio.current_task())
    with signals.calling(starting.cancel):
        async with open_dsn(settings) as dsn:
            settings = with_secret_keys(settings)
            await migrate(dsn, app_rows())
            if demo and settings.database_url is None and is_loopback(listener) and not settings.hides_demo:
                await _load_demo_once(dsn, watch.progress)
            started = Started(url(listener), await _holds_demo(dsn))
            if started.demo and settings.hides_demo:
                raise DemoExposed
            async with _minding_letters(settings, dsn, started):
                await _run(settings, dsn, listener, signals, lambda: watch.started(started))


async def _run(settings: Settings, dsn: str, listener: socket, signals: Signals, on_start: Callable[[], None]) -> None:
    if settings.workers > 1:
        workers = Workers(
            listener,
            settings.workers,
            worker_environment(dsn, settings),
            open_log(settings.log_level, settings.log_format),
            rates=new_table(),
            shutdown_seconds=settings.shutdown,
        )
        with signals.calling(workers.stop):
            await workers.run(on_start)
        return
    app = create_app(settings.model_copy(update={"database_url": SecretStr(dsn)}))
    server = Server(app, settings, on_start)
    with signals.calling(server.stop):
        await server.serve(sockets=[listener])


@asynccontextmanager
async def _minding_letters(settings: Settings, dsn: str, started: Started) -> AsyncGenerator[None]:
    """Send letters from the outbox and keep it tidy, once for all workers."""
    log = open_log(settings.log_level, settings.log_format)
    if settings.smtp_url is None and not started.demo:
        log.event(NO_SMTP)
    async with sending(dsn, _route(settings, settings.public_url or started.url), log):
        yield


def _route(settings: Settings, public_url: str) -> Route:
    """By SMTP; without it a demo shows the links of its letters, also one that is loaded later."""
    if settings.smtp_url is None or settings.mail_from is None:
        return in_demo(Later(lambda: _terminal_mail(public_url)))
    smtp_url, mail_from = settings.smtp_url.get_secret_value(), settings.mail_from
    return always(Later(lambda: _smtp_mail(smtp_url, mail_from, public_url)))


def _smtp_mail(smtp_url: str, mail_from: str, public_url: str) -> Carrier:
    from gateway.mail.message import MailSettings  # noqa: PLC0415 (see Later)
    from gateway.mail.smtp import SmtpMail  # noqa: PLC0415

    return SmtpMail(MailSettings.at(smtp_url, mail_from, public_url))


def _terminal_mail(public_url: str) -> Carrier:
    from gateway.mail.terminal import TerminalMail  # noqa: PLC0415 (see Later)

    return TerminalMail(public_url)


async def _load_demo_once(dsn: str, progress: Progress) -> None:
    if not await _holds_demo(dsn):
        with suppress(DemoRefused):  # the database is in use already
            await _load_demo(dsn, progress)


async def _load_demo(dsn: str, progress: Progress, scale: int = 1) -> None:
    from db.demo import load_demo  # noqa: PLC0415 (megabytes that a gateway with its data in place never needs)

    await load_demo(dsn, progress, scale=scale)


async def _holds_demo(dsn: str) -> bool:
    connection = await connect(dsn)
    try:
        return await is_demo(connection)
    finally:
        await connection.close()
