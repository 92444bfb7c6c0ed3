"""The app catalogue of the database, with the properties of each app that the demo needs."""

from collections.abc import Iterable
from dataclasses import dataclass

from asyncpg import BitString

from db.connection import Connection

PLANS = ("FREE", "PRO", "PREMIUM")
WIDTH = 256


@dataclass(frozen=True, slots=True)
class App:
    """One app: its bit in the masks, the plan it needs, and the apps it requires."""

    id: str
    position: int
    built_in: bool
    always_visible: bool
    plan: str
    requires: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Apps:
    """All apps, by id."""

    by_id: dict[str, App]

    def built_in(self) -> list[str]:
        """The base modules and parts, which are active for every company."""
        return [app.id for app in self.by_id.values() if app.built_in]

    def always_visible(self) -> list[str]:
        """The apps that every user holds."""
        return [app.id for app in self.by_id.values() if app.always_visible]

    def mask(self, held: Iterable[str]) -> BitString:
        """The permission mask with the bits of `held`; position 0 is the leftmost bit, as for SQL's get_bit."""
        bits = sum(1 << WIDTH - 1 - self.by_id[app].position for app in held)
        return BitString.frombytes(bits.to_bytes(WIDTH // 8))

    def allowed(self, app: str, plan: str) -> bool:
        """True when the plan includes the app and all that it requires."""
        needs = self.by_id[app]
        return PLANS.index(needs.plan) <= PLANS.index(plan) and all(
            self.allowed(other, plan) for other in needs.requires
        )


async def read_apps(connection: Connection) -> Apps:
    """Read the catalogue, in its own order."""
    rows = await connection.fetch(
        """
        select app.id, position, kind in ('BASE', 'PART') as built_in, always_visible, plan,
            array(select requires_app_id from app_requirement where app_id = app.id order by 1) as requires
        from app order by rank, id
        """
    )
    return Apps(
        {
            row["id"]: App(
                row["id"], row["position"], row["built_in"], row["always_visible"], row["plan"], tuple(row["requires"])
            )
            for row in rows
        }
    )
