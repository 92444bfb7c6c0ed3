"""The fields that are not resolved by convention, and where types live that no table holds.

`Type.field` -> resolution.
"""

from collections.abc import Mapping
from typing import Final

from resolvers.fields import access, apps, viewer
from resolvers.resolution import Resolution

RESOLVERS: Final[Mapping[str, Resolution]] = {**access.RESOLVERS, **apps.RESOLVERS, **viewer.RESOLVERS}

HOMES: Final[Mapping[str, str]] = {
    "Viewer": "credential",
    "Access": "membership",
    "PermissionMatrix": "company",
    "PermissionRow": "membership",
    "PermissionCell": "app",
}
"""Types that are a way of seeing rows of another type's table."""
