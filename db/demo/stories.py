"""Who was let in where, and when: the events from which a company's access rows follow.

Days count from the company's first day; people and actors are named by the key they have in the company's cast.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Activate:
    """`actor` activates an app, and first what it requires."""

    day: int
    app: str
    actor: str


@dataclass(frozen=True, slots=True)
class Deactivate:
    """An app is switched off, by `actor` or (None) because the trial ended; toggles are kept."""

    day: int
    app: str
    actor: str | None


@dataclass(frozen=True, slots=True)
class Invite:
    """`actor` makes a user."""

    day: int
    who: str
    actor: str
    role: str = "EMPLOYEE"


@dataclass(frozen=True, slots=True)
class Join:
    """Somebody accepts the invitation."""

    day: int
    who: str


@dataclass(frozen=True, slots=True)
class Grant:
    """`actor` switches a toggle on."""

    day: int
    who: str
    app: str
    actor: str


@dataclass(frozen=True, slots=True)
class Revoke:
    """`actor` switches a toggle off."""

    day: int
    who: str
    app: str
    actor: str


@dataclass(frozen=True, slots=True)
class SetRole:
    """`actor` makes somebody an owner or an employee."""

    day: int
    who: str
    role: str
    actor: str


@dataclass(frozen=True, slots=True)
class RemoveUser:
    """`actor` deletes a user, whose toggles go off."""

    day: int
    who: str
    actor: str


@dataclass(frozen=True, slots=True)
class AddExternal:
    """`actor` lets an accountant in, for `for_days` days or without an end."""

    day: int
    who: str
    actor: str
    for_days: int | None = None
    created_company: bool = False


@dataclass(frozen=True, slots=True)
class ExtendExternal:
    """`actor` moves the end of an accountant's access; None takes it away."""

    day: int
    who: str
    actor: str
    for_days: int | None


@dataclass(frozen=True, slots=True)
class RemoveExternal:
    """`actor` ends an accountant's access."""

    day: int
    who: str
    actor: str


@dataclass(frozen=True, slots=True)
class LetSupportIn:
    """`actor` lets support in for `for_days` days."""

    day: int
    actor: str
    for_days: int


Event = (
    Activate
    | Deactivate
    | Invite
    | Join
    | Grant
    | Revoke
    | SetRole
    | RemoveUser
    | AddExternal
    | ExtendExternal
    | RemoveExternal
    | LetSupportIn
)


def activate_all(day: int, actor: str, apps: str) -> list[Event]:
    """Activate each of the apps named in `apps`."""
    return [Activate(day, app, actor) for app in apps.split()]


def hire(day: int, who: str, actor: str, toggles: str, joins_after: int = 1) -> list[Event]:
    """Invite somebody, who joins later, and switch the named toggles on in between."""
    grants: list[Event] = [Grant(day, who, app, actor) for app in toggles.split()]
    return [Invite(day, who, actor), *grants, Join(day + joins_after, who)]
