"""Diagnosis of replicas: takes their addresses, returns for each a finding in words, with a remedy."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Final

from db.connection import COMMAND, Connection, connect
from db.diagnosis import Finding
from db.errors import DRIVER_ERRORS, DatabaseError, translate_refusal
from db.lease import Lease, Primary, Reason
from db.replicas import name_of
from db.replication_status import PAUSE, look_at_primary, look_at_replica

PATIENCE: Final = 3.0
"""Seconds that a replica has to become good while it is looked at."""

TO_DO: Final[Mapping[Reason, str]] = {
    Reason.PROMOTED: "It is no standby: it was promoted, or this is the address of another server.",
    Reason.ELSEWHERE: "It follows another primary than the one that DATABASE_URL leads to.",
    Reason.CATCHING_UP: "It applies what the primary had written before; until it has, the primary answers.",
    Reason.LAGS: "It lags by more than ENFACT_READ_LAG; the primary answers meanwhile.",
    Reason.CLOCK: "Its clock differs from the primary's by more than a second: let both follow a time server.",
}
LET_SEE: Final = "or the user may not see it: grant pg_read_all_stats to it, as enfact grants prints"
NAMELESS: Final = f"It receives nothing from a primary, {LET_SEE}."
READ_DELAY: Final = "select setting::int from pg_settings where name = 'max_standby_streaming_delay'"
LONGEST_DELAY: Final = 5_000
"""Milliseconds for which a replica may put off what the primary has written, for the sake of a read."""

COMMITS_WAIT: Final = "select current_setting('synchronous_commit') <> 'local'"


async def diagnose_replicas(dsns: Sequence[str], lag: float, primary_dsn: str) -> AsyncGenerator[Finding]:
    """The findings about replicas that may lag by so many seconds; none where their primary cannot be reached."""
    if not dsns:
        return
    try:
        primary = await _connect(primary_dsn)
    except DatabaseError:
        return  # the diagnosis of the database itself says why
    try:
        for number, dsn in enumerate(dsns, 1):
            try:
                yield (await _diagnose(dsn, lag, primary))._replace(subject=f"replica {name_of(dsn, number)}")
            except DatabaseError as error:
                yield Finding(f"replica {number}", False, str(error))
            except DRIVER_ERRORS as error:
                yield Finding(f"replica {number}", False, str(translate_refusal(error)))
    finally:
        primary.terminate()


async def _diagnose(dsn: str, lag: float, connection: Connection) -> Finding:
    """The finding about one replica, which is looked at until it is good, or its time is over."""
    replica = await _connect(dsn)
    primary, lease = Primary(lag, settling=0.0), Lease()
    until = time.monotonic() + PATIENCE
    try:
        while True:
            primary.saw(look := await look_at_primary(connection))
            primary.settled(look.at, time.monotonic())
            lease.saw(await look_at_replica(replica), primary)
            state = lease.state(time.monotonic())
            if state is None:
                return await _good(connection, replica)
            if time.monotonic() > until:
                return Finding("", False, _words(state, lease.name))
            await asyncio.sleep(PAUSE)
    finally:
        replica.terminate()


async def _good(primary: Connection, replica: Connection) -> Finding:
    delay: int = await replica.fetchval(READ_DELAY)
    if not 0 <= delay <= LONGEST_DELAY:
        words = (
            "A slow read there may hold up what changes of access wait for: set max_standby_streaming_delay to 1s "
            "(hot_standby_feedback = on makes that rare)."
        )
        return Finding("", None, words)
    if await primary.fetchval(COMMITS_WAIT):
        words = "answers; all writes wait for it: with synchronous_commit = local only changes of access do"
        return Finding("", True, words)
    return Finding("", True, "answers; changes of access wait for it")


def _words(reason: Reason, name: str | None) -> str:
    if reason is not Reason.NOT_SYNCHRONOUS:
        return TO_DO[reason]
    if name is None:
        return NAMELESS
    return (
        f"The primary does not wait for it: its name there is {name}. Let synchronous_standby_names list all replicas, "
        f"as in FIRST 1 ({name}); {LET_SEE}."
    )


async def _connect(dsn: str) -> Connection:
    return await connect(dsn, timeout=10, server_settings={"application_name": COMMAND})
