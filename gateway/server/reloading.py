"""SIGHUP: the workers are replaced one by one by others with the settings of now, while all requests are answered.

Settings that this process has put to use itself, such as its port, stay as they are: a change of them is refused.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from db.errors import DatabaseError
from db.installation import DemoExposed
from db.secrets import KeyFileBroken
from gateway.logs import Log
from gateway.operation_files import own_operations
from gateway.persisted_manifests import ManifestBroken, check_manifests
from gateway.server.database import holds_demo, with_secret_keys
from gateway.server.supervisor import Supervisor
from gateway.server.workers import Conduct, Workers, conduct_of
from gateway.settings import Settings
from gateway.shared_page import add_names
from gateway.variables import variable_of

RESTART: Final = (
    "host", "port", "admin_host", "admin_port", "data", "pg_bin", "database_url", "migrate_url", "workers", "smtp_url",
    "mail_from", "public_url",
)  # fmt: skip
"""The settings that only a restart changes."""

NOT_REPLACED: Final = "workers not replaced"
ALONE: Final = "one process answers all requests: restart it, or set ENFACT_WORKERS to 2 or more"


class SettingsRefused(Exception):
    """The settings of now cannot be used; the message says why, for the operator, without their values."""


REFUSED: Final = (SettingsRefused, ManifestBroken, KeyFileBroken, DemoExposed, DatabaseError, OSError)
"""Errors that say to the operator why the workers stay as they are."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """The task of workers by the settings of now, which `read` returns; `started` are those of the start.

    `dsn` is the database, `page` the descriptor of the page that workers share.
    """

    started: Settings
    dsn: str
    page: int
    read: Callable[[], Settings]

    async def conduct(self) -> Conduct:
        """The terms of workers from now on. Raises one of `REFUSED`."""
        settings = self.read()
        if changed := self._kept(settings):
            raise SettingsRefused(f"only a restart changes {', '.join(changed)}")
        settings = with_secret_keys(settings)
        if settings.hides_demo and await holds_demo(self.dsn):
            raise DemoExposed
        own = own_operations(settings)
        names = await asyncio.to_thread(check_manifests, settings.documents, settings.limits, own)
        add_names(self.page, sorted(names.all))
        return conduct_of(self.dsn, settings)

    def _kept(self, now: Settings) -> list[str]:
        """The variables of what differs and cannot be changed while the gateway runs."""
        changed = [name for name in RESTART if getattr(self.started, name) != getattr(now, name)]
        return [variable_of(name, Settings.model_fields[name]) for name in changed]


class Reloading:
    """Replaces workers each time that it is asked: the log says what became of it, `supervisor` that it is done."""

    def __init__(
        self, workers: Workers, conduct: Callable[[], Awaitable[Conduct]], log: Log, supervisor: Supervisor
    ) -> None:
        self._workers = workers
        self._conduct = conduct
        self._log = log
        self._supervisor = supervisor
        self._is_asked = False
        self._working: asyncio.Task[None] | None = None

    def ask(self) -> None:
        """Replace the workers; while they are being replaced, once more after that."""
        self._is_asked = True
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())

    async def _work(self) -> None:
        while self._is_asked:
            self._is_asked = False
            self._supervisor.reloading()
            try:
                reason = await self._reason()
            finally:
                self._supervisor.reloaded()
            if reason is None:
                self._log.event("workers replaced")
            else:
                self._log.event(NOT_REPLACED, reason=reason)

    async def _reason(self) -> str | None:
        """Replace the workers; returns why that was not done, None when it was."""
        try:
            return await self._workers.replace(await self._conduct())
        except REFUSED as refused:
            return str(refused)
