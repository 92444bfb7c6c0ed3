"""Changes of the permission matrix: users' toggles. All changes of a mutation are made, or none.

Owners and external users have no toggles: a change of one is refused with NOT_TOGGLEABLE, also of an owner's own.
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from asyncpg import Record

from db.masks import NO_APPS
from resolvers.masks import has
from resolvers.mutations.company_lock import lock_with_people
from resolvers.mutations.context import InputValues, Mutation, MutationContext, MutationResult, UserErrors, key_of
from resolvers.mutations.steps.active_apps import not_awake
from resolvers.user_problems import UserProblem, invalid
from schema.apps import CATALOGUE, App, app_label
from schema.errors import TOO_MANY, UserErrorCode, ValidationReason

CHANGES: Final = 3_000
"""Maximum number of toggles in one mutation; more would not fit into the body of a request."""

PROBLEMS: Final = 20
"""Maximum number of errors in one refusal."""

WRITE_GRANTS: Final = f"""
with wanted as (
  select c.membership_id, c.app_id, c.granted, nothing, set_bit(nothing, a.position, 1) bit
  from unnest($4::uuid[], $5::text[], $6::bool[]) c(membership_id, app_id, granted) join app a on a.id = c.app_id,
    (select {NO_APPS} nothing) none
), ended as (
  update app_grant g
  set valid = tstzrange(lower(g.valid), greatest($2, lower(g.valid) + interval '1 microsecond')), revoked_by = $3
  from wanted c
  where not c.granted and g.company_id = $1 and g.membership_id = c.membership_id and g.app_id = c.app_id
    and upper_inf(g.valid)
), begun as (
  insert into app_grant (company_id, membership_id, app_id, valid, granted_by)
  select $1, membership_id, app_id, tstzrange($2, null), $3 from wanted where granted
), kept as (
  update membership m set toggles = (m.toggles & ~ c.ended) | c.begun
  from (
    select membership_id, bit_or(case when granted then bit else nothing end) begun,
      bit_or(case when granted then nothing else bit end) ended
    from wanted group by membership_id
  ) c
  where m.company_id = $1 and m.id = c.membership_id
), trail as (
  insert into access_change (company_id, at, kind, actor_id, membership_id, app_id, before, after)
  select $1, $2, 'TOGGLE', $3, membership_id, app_id, not granted, granted from wanted
)
update company set access_version = access_version + 1 where id = $1
"""
"""Writes the validity periods, the masks that follow from them, the audit and the version."""


@dataclass(frozen=True, slots=True)
class Toggle:
    """One requested toggle; `place` is its index in the input."""

    place: int
    user_id: str
    app: App
    granted: bool

    @property
    def membership(self) -> uuid.UUID | None:
        """The key of the membership; None for an id of another type."""
        return key_of(self.user_id, "usr", "ext")

    def problem(self, code: UserErrorCode, member: str) -> UserProblem:
        """A reason why this toggle cannot be set."""
        app = self.app
        return UserProblem(
            code, ("changes", str(self.place), member), lambda language: {"app": app_label(app, language)}
        )


async def set_app_access(write: MutationContext, given: InputValues) -> MutationResult:
    """Set toggles of a company's users, for its owners.

    Raises Forbidden and UserErrors (NOT_FOUND, VERSION_CONFLICT, VALIDATION, NOT_TOGGLEABLE, ALWAYS_VISIBLE,
    APP_NOT_ACTIVE, PLAN_REQUIRED).
    """
    toggles = [
        Toggle(n, change["userId"], change["app"], change["granted"]) for n, change in enumerate(given["changes"])
    ]
    company, people = await lock_with_people(write, given["companyId"], _keys(toggles))
    written = {"company": company["id"]}
    if company["access_version"] != given["expectedVersion"]:
        raise UserErrors(UserProblem(UserErrorCode.VERSION_CONFLICT, ("expectedVersion",)), values=written)
    if len(toggles) > CHANGES:
        raise UserErrors(invalid(("changes",), ValidationReason.TOO_LONG, TOO_MANY, most=CHANGES), values=written)
    problems = list(_problems(toggles, people, company))
    if problems:
        raise UserErrors(*problems[:PROBLEMS], values=written)
    await _set(write, company, [toggle for toggle in toggles if _changes(toggle, people)])
    return MutationResult(written)


def _rows(given: InputValues) -> int:
    """The number of toggles in the input, the most that can change."""
    return len(given["changes"])


def _keys(toggles: list[Toggle]) -> list[uuid.UUID]:
    return sorted({toggle.membership for toggle in toggles if toggle.membership is not None})


def _problems(toggles: list[Toggle], people: Mapping[uuid.UUID, Record], company: Record) -> Iterator[UserProblem]:
    seen: set[tuple[uuid.UUID | None, App]] = set()
    for toggle in toggles:
        person = people.get(toggle.membership) if toggle.membership is not None else None
        if person is None or person["external"] != toggle.user_id.startswith("ext"):
            yield toggle.problem(UserErrorCode.NOT_FOUND, "userId")
        elif person["external"] or person["role_there"] == "OWNER":
            yield toggle.problem(UserErrorCode.NOT_TOGGLEABLE, "userId")
        elif CATALOGUE[toggle.app].always_visible and not toggle.granted:
            yield toggle.problem(UserErrorCode.ALWAYS_VISIBLE, "app")
        elif problem := not_awake(company, toggle.app, ("changes", str(toggle.place), "app")):
            yield problem
        elif (toggle.membership, toggle.app) in seen:
            yield invalid(("changes", str(toggle.place), "app"), ValidationReason.COMBINATION)
        seen.add((toggle.membership, toggle.app))


def _changes(toggle: Toggle, people: Mapping[uuid.UUID, Record]) -> bool:
    assert toggle.membership is not None
    return has(people[toggle.membership]["toggles"], toggle.app) != toggle.granted


async def _set(write: MutationContext, company: Record, toggles: list[Toggle]) -> None:
    """Write the toggles that change something."""
    if toggles:
        await write.connection.execute(
            WRITE_GRANTS,
            company["id"],
            company["at"],
            write.caller.account,
            [toggle.membership for toggle in toggles],
            [toggle.app.name for toggle in toggles],
            [toggle.granted for toggle in toggles],
        )


MUTATIONS: Final[Mapping[str, Mutation]] = {"setAppAccess": Mutation(set_app_access, changes_access=True, rows=_rows)}
