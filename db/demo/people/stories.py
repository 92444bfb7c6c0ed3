"""The events of a company's story, from which its access rows are made.

Days count from the company's first day; people and actors are named by their keys in the company's cast.
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
    """An app is deactivated, by `actor` or (None) because the trial ended; its toggles are kept."""

    day: int
    app: str
    actor: str | None


@dataclass(frozen=True, slots=True)
class Invite:
    """`actor` invites a user."""

    day: int
    who: str
    actor: str
    role: str = "EMPLOYEE"


@dataclass(frozen=True, slots=True)
class Join:
    """The user accepts the invitation."""

    day: int
    who: str


@dataclass(frozen=True, slots=True)
class Grant:
    """`actor` switches a toggle on, for `for_days` days or without an end."""

    day: int
    who: str
    app: str
    actor: str
    for_days: int | None = None


@dataclass(frozen=True, slots=True)
class Revoke:
    """`actor` switches a toggle off."""

    day: int
    who: str
    app: str
    actor: str


@dataclass(frozen=True, slots=True)
class SetRole:
    """`actor` changes the role of a user to owner or employee."""

    day: int
    who: str
    role: str
    actor: str


@dataclass(frozen=True, slots=True)
class RemoveUser:
    """`actor` removes a user, and so all of their toggles."""

    day: int
    who: str
    actor: str


@dataclass(frozen=True, slots=True)
class AddExternal:
    """`actor` gives access to an accountant, for `for_days` days or without an end."""

    day: int
    who: str
    actor: str
    for_days: int | None = None
    created_company: bool = False


@dataclass(frozen=True, slots=True)
class ExtendExternal:
    """`actor` changes the end of an accountant's access; None removes the end."""

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
    """`actor` switches support access on for `for_days` days."""

    day: int
    actor: str
    for_days: int


@dataclass(frozen=True, slots=True)
class ExtendTrial:
    """The operator lets the trial run for `for_days` days from now."""

    day: int
    for_days: int


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """`actor` changes the plan of the company."""

    day: int
    before: str
    after: str
    actor: str


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
    | ExtendTrial
    | ChangePlan
)


def activate_all(day: int, actor: str, apps: str) -> list[Event]:
    """The events that activate each of the apps named in `apps`."""
    return [Activate(day, app, actor) for app in apps.split()]


def hire(day: int, who: str, actor: str, toggles: str, joins_after: int = 1) -> list[Event]:
    """The events that invite a user, switch the named toggles on, and let the user join later."""
    grants: list[Event] = [Grant(day, who, app, actor) for app in toggles.split()]
    return [Invite(day, who, actor), *grants, Join(day + joins_after, who)]
