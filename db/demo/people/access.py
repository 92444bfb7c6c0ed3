"""Access over time: turns a company's story into memberships, validity periods and the audit trail.

Every event is one change with a moment of its own, so the access version is the number of changes plus one; and one
more for each trial that ended before it was extended.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from random import Random
from uuid import UUID

from asyncpg import BitString, Range

from db.demo.apps import Apps
from db.demo.chance import uuid4, uuid7
from db.demo.people.stories import (
    Activate,
    AddExternal,
    ChangePlan,
    Deactivate,
    Event,
    ExtendExternal,
    ExtendTrial,
    Grant,
    Invite,
    Join,
    LetSupportIn,
    RemoveExternal,
    RemoveUser,
    Revoke,
    SetRole,
)
from db.demo.rows import AccessChangeRow, AccountRow, AppGrantRow, CompanyAppRow, MembershipRow


@dataclass(frozen=True, slots=True)
class Founding:
    """The creation of a company: its first owner; `pending`: an accountant created it, and the owner has to accept.

    `trial_ends_at`: None for a company from before there were trials.
    """

    company_id: UUID
    at: datetime
    owner: str
    pending: bool = False
    trial_ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The rows of a story, and the values for the company's own row."""

    mask: BitString
    version: int
    support_until: datetime | None
    trial_ends_at: datetime | None
    memberships: list[MembershipRow]
    company_apps: list[CompanyAppRow]
    app_grants: list[AppGrantRow]
    changes: list[AccessChangeRow]


@dataclass(slots=True)
class _Member:
    """A membership during its story; `toggles` are those that are on, with the moment and the actor of each.

    `lent` has the ends of those that were granted until a moment.
    """

    id: UUID
    account: AccountRow
    role: str | None
    created_at: datetime
    accepted_at: datetime | None
    created_company: bool = False
    until: datetime | None = None
    removed_at: datetime | None = None
    toggles: dict[str, tuple[datetime, UUID | None]] = field(default_factory=dict[str, tuple[datetime, UUID | None]])
    lent: dict[str, datetime] = field(default_factory=dict[str, datetime])


class AccessHistory:
    """Plays the story of one company; `cast` maps the story's keys to accounts."""

    def __init__(self, founding: Founding, cast: Mapping[str, AccountRow], apps: Apps, chance: Random) -> None:
        self._company_id = founding.company_id
        self._begin = founding.at
        self._now = founding.at
        self._cast = cast
        self._apps = apps
        self._chance = chance
        self._active: dict[str, tuple[datetime, UUID | None]] = {}
        self._members: dict[str, _Member] = {}
        self._company_apps: list[CompanyAppRow] = []
        self._app_grants: list[AppGrantRow] = []
        self._changes: list[AccessChangeRow] = []
        self._support_until: datetime | None = None
        self._trial_ends_at = founding.trial_ends_at
        self._ended_trials = 0
        for app in apps.built_in():
            self._active[app] = (founding.at, None)
        self._enter(founding.owner, "OWNER", None if founding.pending else founding.at)

    def tell(self, story: Iterable[Event]) -> Outcome:
        """Play all events, in the order of their days."""
        for event in sorted(story, key=lambda event: event.day):
            self._pass_time(event.day)
            self._happen(event)
        return self._outcome()

    def _pass_time(self, day: int) -> None:
        pause = timedelta(seconds=self._chance.randint(4, 90), microseconds=self._chance.randrange(1_000_000))
        calendar_day = self._begin.date() + timedelta(days=day)
        morning = datetime.combine(calendar_day, time(8, 30), UTC) if day else self._begin
        self._now = max(morning, self._now) + pause

    def _happen(self, event: Event) -> None:
        match event:
            case Activate(app=app, actor=actor):
                self._activate(app, actor)
            case Deactivate(app=app, actor=actor):
                self._deactivate(app, self._id(actor))
            case Grant(who=who, app=app, actor=actor, for_days=for_days):
                self._grant(who, app, actor, self._after(for_days))
            case Revoke(who=who, app=app, actor=actor):
                self._close(self._members[who], app, self._id(actor))
                self._switch("TOGGLE", self._id(actor), who, app, on=False)
            case Invite() | Join() | SetRole() | RemoveUser():
                self._happen_to_user(event)
            case AddExternal() | ExtendExternal() | RemoveExternal():
                self._happen_to_external(event)
            case LetSupportIn(actor=actor, for_days=for_days):
                self._support_until = until = self._after(for_days)
                self._changes.append(replace(self._change("SUPPORT_ON", self._id(actor), None), until=until))
            case ChangePlan(before=before, after=after, actor=actor):
                change = self._change("PLAN", self._id(actor), None)
                self._changes.append(replace(change, plan_before=before, plan_after=after))
            case ExtendTrial(for_days=for_days):
                before, self._trial_ends_at = self._trial_ends_at, self._after(for_days)
                self._ended_trials += before is not None and before <= self._now
                change = self._change("TRIAL", None, None)
                self._changes.append(replace(change, until_before=before, until=self._trial_ends_at))

    def _happen_to_user(self, event: Invite | Join | SetRole | RemoveUser) -> None:
        match event:
            case Invite(who=who, actor=actor, role=role):
                self._enter(who, role, None)
                self._changes.append(replace(self._change("USER_INVITED", self._id(actor), who), role_after=role))
            case Join(who=who):
                self._members[who].accepted_at = self._now
                self._changes.append(self._change("USER_JOINED", self._id(who), who))
            case SetRole(who=who, role=role, actor=actor):
                before, self._members[who].role = self._members[who].role, role
                change = self._change("ROLE", self._id(actor), who)
                self._changes.append(replace(change, role_before=before, role_after=role))
            case RemoveUser(who=who, actor=actor):
                member = self._members[who]
                for app in list(member.toggles):
                    self._close(member, app, self._id(actor))
                member.removed_at = self._now
                self._changes.append(
                    replace(self._change("USER_DELETED", self._id(actor), who), role_before=member.role)
                )

    def _happen_to_external(self, event: AddExternal | ExtendExternal | RemoveExternal) -> None:
        match event:
            case AddExternal(who=who, actor=actor, for_days=for_days, created_company=created_company):
                member = self._enter(who, None, self._now)
                member.created_company = created_company
                member.until = self._after(for_days)
                self._changes.append(replace(self._change("EXTERNAL_ADDED", self._id(actor), who), until=member.until))
            case ExtendExternal(who=who, actor=actor, for_days=for_days):
                until = self._members[who].until = self._after(for_days)
                self._changes.append(replace(self._change("EXTERNAL_CHANGED", self._id(actor), who), until=until))
            case RemoveExternal(who=who, actor=actor):
                self._members[who].removed_at = self._now
                self._changes.append(self._change("EXTERNAL_REMOVED", self._id(actor), who))

    def _after(self, days: int | None) -> datetime | None:
        return None if days is None else datetime.combine(self._now.date(), time(22), UTC) + timedelta(days=days)

    def _enter(self, who: str, role: str | None, accepted_at: datetime | None) -> _Member:
        member = _Member(uuid4(self._chance), self._cast[who], role, self._now, accepted_at)
        self._members[who] = member
        if role is not None:
            member.toggles = dict.fromkeys(self._apps.always_visible(), (self._now, None))
        return member

    def _activate(self, app: str, actor: str) -> None:
        if app in self._active:
            return
        for required in self._apps.by_id[app].requires:
            self._activate(required, actor)
        self._pass_time(0)
        self._active[app] = (self._now, self._id(actor))
        self._switch("APP_ACTIVATED", self._id(actor), None, app, on=True)

    def _deactivate(self, app: str, actor_id: UUID | None) -> None:
        if app not in self._active:
            return
        needed_by = [other for other in self._active if app in self._apps.by_id[other].requires]
        if needed_by:
            raise ValueError(f"{app} is still required by {', '.join(needed_by)}")
        since, activated_by = self._active.pop(app)
        self._company_apps.append(CompanyAppRow(self._company_id, app, Range(since, self._now), activated_by, actor_id))
        self._switch("APP_DEACTIVATED", actor_id, None, app, on=False)

    def _grant(self, who: str, app: str, actor: str, until: datetime | None) -> None:
        if app not in self._active:
            raise ValueError(f"{app} is not active here")
        member = self._members[who]
        if app not in member.toggles:
            member.toggles[app] = (self._now, self._id(actor))
            if until is not None:
                member.lent[app] = until
            self._switch("TOGGLE", self._id(actor), who, app, on=True, until=until)

    def _close(self, member: _Member, app: str, actor_id: UUID | None) -> None:
        since, granted_by = member.toggles.pop(app)
        self._app_grants.append(
            AppGrantRow(
                self._company_id,
                member.id,
                app,
                Range(since, self._now),
                granted_by,
                actor_id,
                member.lent.pop(app, None),
            )
        )

    def _id(self, who: str | None) -> UUID | None:
        return None if who is None else self._cast[who].id

    def _switch(
        self, kind: str, actor_id: UUID | None, who: str | None, app: str, *, on: bool, until: datetime | None = None
    ) -> None:
        change = self._change(kind, actor_id, who)
        self._changes.append(replace(change, app_id=app, before=not on, after=on, until=until))

    def _change(self, kind: str, actor_id: UUID | None, who: str | None) -> AccessChangeRow:
        membership_id = None if who is None else self._members[who].id
        key = uuid7(self._now, self._chance)
        return AccessChangeRow(self._company_id, key, self._now, kind, actor_id, membership_id)

    def _outcome(self) -> Outcome:
        members = list(self._members.values())
        open_apps = [
            CompanyAppRow(self._company_id, app, Range(since), by, None) for app, (since, by) in self._active.items()
        ]
        open_grants = [
            AppGrantRow(self._company_id, member.id, app, Range(since), by, None, member.lent.get(app))
            for member in members
            for app, (since, by) in member.toggles.items()
        ]
        return Outcome(
            mask=self._apps.mask(self._active),
            version=1 + len(self._changes) + self._ended_trials,
            support_until=self._support_until,
            trial_ends_at=self._trial_ends_at,
            memberships=[self._membership(member) for member in members],
            company_apps=self._company_apps + open_apps,
            app_grants=self._app_grants + open_grants,
            changes=self._changes,
        )

    def _membership(self, member: _Member) -> MembershipRow:
        return MembershipRow(
            company_id=self._company_id,
            id=member.id,
            account_id=member.account.id,
            role=member.role,
            external=member.role is None,
            first_name=member.account.first_name,
            last_name=member.account.last_name,
            language=member.account.language,
            toggles=self._apps.mask(member.toggles),
            lent=self._apps.mask(member.lent),
            lent_until=min(member.lent.values(), default=None),
            created_by_accountant=member.created_company,
            created_at=member.created_at,
            accepted_at=member.accepted_at,
            until=member.until,
            removed_at=member.removed_at,
        )
