"""What sockets and event streams share: how many there may be, what wakes them, and how a subscription is told."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Hashable
from dataclasses import dataclass
from typing import Final

from db.errors import DatabaseError
from db.listening import keep_listening
from gateway.logs import Log, causes
from gateway.settings import Settings
from resolvers.live import Subscription
from resolvers.request import ErrorEntry, RequestError, Result
from resolvers.waking import Wakes
from schema.errors import ErrorCode, error_message

ACCESS, CREDENTIAL = "enfact_access", "enfact_credential"
"""The channels on which the database's triggers tell what changed: a company's access, a credential."""

RELEASED: Final = 1.0
"""Seconds that streams get to end before the server asks its connections to."""


@dataclass(frozen=True, slots=True)
class LiveBounds:
    """How many sockets and event streams there may be together in this process, of one address, of one user.

    `of_socket` is how many operations may be under way on one socket, `subscriptions` how many in this process, and
    `subscriptions_of_user` how many of these one account may have.
    """

    sockets: int = 500
    of_address: int = 100
    of_user: int = 20
    of_socket: int = 100
    subscriptions: int = 5_000
    subscriptions_of_user: int = 200

    @classmethod
    def of(cls, settings: Settings) -> "LiveBounds":
        """Those that are set."""
        return cls(
            settings.max_sockets, settings.max_sockets_of_address, settings.max_sockets_of_user,
            settings.max_subscriptions_of_socket, settings.max_subscriptions, settings.max_subscriptions_of_user,
        )  # fmt: skip


class Full(Exception):
    """There are as many as there may be."""


class Places:
    """The places for sockets and event streams of a process, and how many subscriptions there are."""

    def __init__(self, bounds: LiveBounds) -> None:
        self.bounds = bounds
        self.stopping = False
        self._open: set[Place] = set()
        self._counts: Counter[Hashable] = Counter()

    def enter(self, address: str) -> "Place":
        """A place for a client at an address. Raises Full."""
        if self.stopping or len(self._open) >= self.bounds.sockets:
            raise Full
        place = Place(self)
        if address:
            place.take(("address", address), self.bounds.of_address)
        self._open.add(place)
        return place

    async def stop(self) -> None:
        """End the streams that are open, and let nobody in any more; sockets are ended by their protocol."""
        self.stopping = True
        tasks = [place.stream for place in self._open if place.stream is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=RELEASED)

    def take(self, key: Hashable, most: int) -> None:
        """Count one more of something. Raises Full."""
        if self._counts[key] >= most:
            raise Full
        self._counts[key] += 1

    def give(self, *keys: Hashable) -> None:
        """Count one less of each."""
        for key in keys:
            self._counts[key] -= 1
            if not self._counts[key]:
                del self._counts[key]

    def leave(self, place: "Place") -> None:
        """A place is free again."""
        self._open.discard(place)


class Place:
    """One socket or event stream; `stream` is the task that tells events, to be cancelled when the server stops."""

    def __init__(self, places: Places) -> None:
        self.stream: asyncio.Task[None] | None = None
        self._places = places
        self._keys: list[Hashable] = []

    def take(self, key: Hashable, most: int) -> None:
        """Count it as one of these. Raises Full."""
        self._places.take(key, most)
        self._keys.append(key)

    def seat(self, subscription: Subscription) -> None:
        """It is this user's. Who looks as somebody else takes no place of theirs. Raises Full."""
        user = ("user", subscription.kind, subscription.account)
        self.take(user, self._places.bounds.of_user)

    def leave(self) -> None:
        """It has ended; harmless when repeated."""
        keys, self._keys = self._keys, []
        self._places.give(*keys)
        self._places.leave(self)


async def told(subscription: Subscription, places: Places, request_id: str, into: Log) -> AsyncGenerator[Result]:
    """The results of a subscription; after one without a response, which says why, there are no more."""
    place = Place(places)
    try:
        place.take("subscription", places.bounds.subscriptions)
        place.take(("subscription", subscription.account), places.bounds.subscriptions_of_user)
    except Full:
        place.leave()
        subscription.close()
        yield _failed(ErrorCode.RATE_LIMITED, subscription)
        return
    try:
        async for result in subscription:
            yield result
    except RequestError as refused:  # access is lost, or the answer is too large
        yield Result(None, refused.entries)
    except Exception as error:  # noqa: BLE001 (whatever it is, the client gets a masked answer)
        into.exception(request_id, error)
        yield _failed(ErrorCode.INTERNAL, subscription)
    finally:
        subscription.close()
        place.leave()


def _failed(code: ErrorCode, subscription: Subscription) -> Result:
    return Result(None, (ErrorEntry(code, error_message(code, subscription.language)),))


async def keep_waking(dsn: str, wakes: Wakes, log: Log) -> None:
    """Wake subscriptions when the database tells of something, from the first one on; it connects only then."""
    lost_since_told = False

    def listening() -> None:
        nonlocal lost_since_told
        if lost_since_told:
            log.event("listening to the database again")
        lost_since_told = False
        wakes.all()

    def lost(error: DatabaseError) -> None:
        nonlocal lost_since_told
        if not lost_since_told:
            log.event("not listening to the database", **causes(error))
        lost_since_told = True

    await wakes.wanted.wait()
    channels = {ACCESS: _by_key(wakes.company), CREDENTIAL: _by_key(wakes.credential)}
    await keep_listening(dsn, channels, listening, lost)


def _by_key(wake: Callable[[uuid.UUID], None]) -> Callable[[str], None]:
    def told_of(payload: str) -> None:
        try:
            key = uuid.UUID(payload)
        except ValueError:  # not from our triggers
            return
        wake(key)

    return told_of
