"""Notifications of the database: they wake the subscriptions that depend on a changed company or credential."""

import asyncio
import uuid
from collections.abc import Callable
from contextlib import closing
from typing import Final

from db.errors import DatabaseError
from db.listener import NotificationsLost, keep_listening
from db.notifier import Notifier
from gateway.logs import Log, causes
from resolvers.execution.change_feed import ChangeFeed
from resolvers.execution.change_hints import CHANNEL, ChangeHints
from resolvers.execution.wakeups import WakeUps

ACCESS, CREDENTIAL = "enfact_access", "enfact_credential"
"""The channels of the database's triggers: changes of a company's access, and of a credential."""

TOGETHER: Final = 0.05
"""Seconds in which the hints of changed business data are collected for one notification."""


async def keep_hinting(dsn: str, hints: ChangeHints, log: Log) -> None:
    """Notify the database's listeners of the companies in which business data was written; connects at the first."""
    failed = False
    with closing(Notifier(dsn, CHANNEL)) as notifier:
        while True:
            payloads = await hints.take()
            try:
                await notifier.send(payloads)
            except DatabaseError as error:
                if not failed:
                    log.event("not notifying of changes", **causes(error))
                failed = True
            else:
                failed = False
            await asyncio.sleep(TOGETHER)


async def keep_waking(dsn: str, wakes: WakeUps, feed: ChangeFeed, log: Log) -> None:
    """Wake subscriptions on notifications of the database; connects only once there is a first subscription."""
    loss_logged = False

    def listening() -> None:
        nonlocal loss_logged
        if loss_logged:
            log.event("listening to the database again")
        loss_logged = False
        wakes.all()

    def lost(error: DatabaseError) -> None:
        nonlocal loss_logged
        if not loss_logged:
            hint = {"hint": str(error)} if isinstance(error, NotificationsLost) else {}
            log.event("not listening to the database", **causes(error), **hint)
        loss_logged = True

    await wakes.wanted.wait()
    channels = {
        ACCESS: _by_key(wakes.company),
        CREDENTIAL: _by_key(wakes.credential),
        CHANNEL: feed.hear,
    }
    await keep_listening(dsn, channels, listening, lost, wakes.echoed)


def _by_key(wake: Callable[[uuid.UUID], None]) -> Callable[[str], None]:
    def wake_named(payload: str) -> None:
        try:
            key = uuid.UUID(payload)
        except ValueError:  # not from our triggers
            return
        wake(key)

    return wake_named
