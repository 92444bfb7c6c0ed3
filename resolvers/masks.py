"""Masks of apps as the driver reads and writes them: bit strings with one position an app (schema/apps.py)."""

from collections.abc import Iterable

from asyncpg import BitString

from db.tables.metadata import APPS
from schema.apps import CATALOGUE, App


def has(mask: BitString, app: App) -> bool:
    """True if an app is in a mask."""
    return bool(mask.to_int(bitorder="big") >> (APPS - 1 - CATALOGUE[app].position) & 1)


def mask_of(apps: Iterable[App]) -> BitString:
    """The mask with the bits of these apps."""
    return BitString.from_int(sum(1 << (APPS - 1 - CATALOGUE[app].position) for app in set(apps)), length=APPS)
