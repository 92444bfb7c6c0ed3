"""Requests for access at the installer: one waits, one was declined, one was granted."""

from datetime import datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from db.demo.chance import stream, uuid7
from db.demo.rows import AccessChangeRow, AppGrantRow, MembershipRow, Rows

ASKED: Final = (
    ("eva", "PROJECTS", "Pour noter les heures du chantier Delhez par phase.", 2, None),
    ("noah", "PURCHASES", "Pour voir les marges avant de faire une offre.", 41, "julie"),
)
"""Who asks, for which app, what for, how many days ago, and who declined it the day after; no toggle answered one."""

LENT: Final = ("karim", "Pour encoder les achats pendant le congé de Luc.")
"""Who asked for the app that she has until a moment, and what for."""


def add_requests(rows: Rows, members: dict[str, MembershipRow], grants: list[AppGrantRow], now: datetime) -> None:
    """Add the requests of a company, and their entries in its trail; the toggle of a granted one is in `grants`."""
    chance = stream("access requests")
    for who, app, reason, days, by in ASKED:
        user, at = members[who], now - timedelta(days=days, minutes=chance.randint(1, 200))
        decider = members[by] if by is not None else None
        decided = at + timedelta(days=1) if decider is not None else None
        rows.write(
            "access_request", company_id=user.company_id, id=uuid7(at, chance), user_id=user.id, app_id=app,
            reason=reason, state="OPEN" if decider is None else "DECLINED", created_at=at, decided_at=decided,
            decided_by=decider.account_id if decider is not None else None,
        )  # fmt: skip
        rows.add([_change(user, app, "ACCESS_REQUESTED", at, user.account_id)])
        if decider is not None and decided is not None:
            rows.add([_change(user, app, "ACCESS_DECLINED", decided, decider.account_id)])
    _add_granted(rows, members, grants, chance)


def _add_granted(rows: Rows, members: dict[str, MembershipRow], grants: list[AppGrantRow], chance: Random) -> None:
    """Add the request that a toggle with an end answered, the afternoon before."""
    who, reason = LENT
    user = members[who]
    (grant,) = (row for row in grants if row.membership_id == user.id and row.until is not None)
    decided = grant.valid.lower
    assert decided is not None
    at = decided - timedelta(hours=17, minutes=chance.randint(1, 120))
    rows.write(
        "access_request", company_id=user.company_id, id=uuid7(at, chance), user_id=user.id, app_id=grant.app_id,
        reason=reason, state="GRANTED", created_at=at, decided_at=decided, decided_by=grant.granted_by,
        until=grant.until,
    )  # fmt: skip
    rows.add([_change(user, grant.app_id, "ACCESS_REQUESTED", at, user.account_id)])


def _change(user: MembershipRow, app: str, kind: str, at: datetime, actor: UUID) -> AccessChangeRow:
    key = uuid7(at, stream("trail of requests", kind, user.id.hex))
    return AccessChangeRow(user.company_id, key, at, kind, actor, user.id, app)
