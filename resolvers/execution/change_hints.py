"""Hints of changed business data: the companies in which a write was committed, on their way to other processes.

A hint is a favour: who listens also looks at the changes themselves (`change_feed.py`), so a lost one only delays.
"""

import asyncio
import uuid
from collections.abc import Sequence
from typing import Final

CHANNEL: Final = "enfact_change"
"""The channel of the database on which hints are sent, outside of the transaction that wrote."""

MOST: Final = 200
"""Maximum number of companies in a notification, which has to be shorter than 8,000 bytes."""


class ChangeHints:
    """The companies with changes that no notification has told of."""

    def __init__(self) -> None:
        self._companies: set[uuid.UUID] = set()
        self._some = asyncio.Event()

    def add(self, company: uuid.UUID) -> None:
        """Remember that a write in this company was committed just now."""
        self._companies.add(company)
        self._some.set()

    async def take(self) -> list[str]:
        """Wait for the first hint, and take all as payloads of notifications: each company once."""
        await self._some.wait()
        self._some.clear()
        companies, self._companies = sorted(self._companies), set()
        return [",".join(map(str, companies[first : first + MOST])) for first in range(0, len(companies), MOST)]


def hinted(payload: str) -> Sequence[uuid.UUID]:
    """The companies that a notification names; none of a payload that is not from `ChangeHints`."""
    try:
        return [uuid.UUID(key) for key in payload.split(",")]
    except ValueError:
        return ()
