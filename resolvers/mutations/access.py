"""Changing who may see what: the toggles of the permission matrix. All of a request's changes are made, or none."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from asyncpg import BitString, Record

from db.tables.metadata import APPS
from resolvers.writing import Input, Mutation, Problem, Refused, Write, Written, key_of, lock_as_owner
from schema.apps import CATALOGUE, App, app_label
from schema.errors import UserErrorCode

CHANGES: Final = 3_000
"""How many toggles one mutation sets; more would not fit into the body of a request."""

PROBLEMS: Final = 20
"""How many reasons of one refusal are told."""

PEOPLE: Final = """
select id, external, role, toggles from membership
where company_id = $1 and id = any($2::uuid[]) and removed_at is null
for no key update
"""
SET: Final = """
with change as (
  select c.membership_id, c.app_id, c.granted, nothing, set_bit(nothing, a.position, 1) bit
  from unnest($4::uuid[], $5::text[], $6::bool[]) c(membership_id, app_id, granted) join app a on a.id = c.app_id,
    (select repeat('0', 256)::bit(256) nothing) none
), ended as (
  update app_grant g
  set valid = tstzrange(lower(g.valid), greatest($2, lower(g.valid) + interval '1 microsecond')), revoked_by = $3
  from change c
  where not c.granted and g.company_id = $1 and g.membership_id = c.membership_id and g.app_id = c.app_id
    and upper_inf(g.valid)
), begun as (
  insert into app_grant (company_id, membership_id, app_id, valid, granted_by)
  select $1, membership_id, app_id, tstzrange($2, null), $3 from change where granted
), kept as (
  update membership m set toggles = (m.toggles & ~ c.ended) | c.begun
  from (
    select membership_id, bit_or(case when granted then bit else nothing end) begun,
      bit_or(case when granted then nothing else bit end) ended
    from change group by membership_id
  ) c
  where m.company_id = $1 and m.id = c.membership_id
), trail as (
  insert into access_change (company_id, at, kind, actor_id, membership_id, app_id, before, after)
  select $1, $2, 'TOGGLE', $3, membership_id, app_id, not granted, granted from change
)
update company set access_version = access_version + 1 where id = $1
"""
"""The validity periods, the masks that follow from them, the trail and the version."""


@dataclass(frozen=True, slots=True)
class Toggle:
    """One toggle as a client wants it; `place` is its place in the input."""

    place: int
    user_id: str
    app: App
    granted: bool

    @property
    def membership(self) -> uuid.UUID | None:
        """The key of the row of the matrix; None for what is no row's id."""
        return key_of(self.user_id, "usr", "ext")

    def problem(self, code: UserErrorCode, member: str) -> Problem:
        """A reason why this toggle cannot be set."""
        app = self.app
        return Problem(
            code,
            ("changes", str(self.place), member),
            lambda language: {"app": app_label(app, language), "field": member},
        )


def has(mask: BitString, app: App) -> bool:
    """Whether the app's bit is set in a mask."""
    return bool(mask.to_int(bitorder="big") >> (APPS - 1 - CATALOGUE[app].position) & 1)


async def set_app_access(write: Write, given: Input) -> Written:
    """Set toggles of a company's users."""
    company = await lock_as_owner(write, given["companyId"])
    written = {"company": company["id"]}
    if company["access_version"] != given["expectedVersion"]:
        raise Refused(Problem(UserErrorCode.VERSION_CONFLICT, ("expectedVersion",)), values=written)
    toggles = [
        Toggle(n, change["userId"], change["app"], change["granted"]) for n, change in enumerate(given["changes"])
    ]
    if len(toggles) > CHANGES:
        raise Refused(
            Problem(UserErrorCode.VALIDATION, ("changes",), lambda language: {"field": "changes"}), values=written
        )
    people = {person["id"]: person for person in await write.connection.fetch(PEOPLE, company["id"], _keys(toggles))}
    problems = list(_problems(toggles, people, company))
    if problems:
        raise Refused(*problems[:PROBLEMS], values=written)
    await _set(write, company, [toggle for toggle in toggles if _changes(toggle, people)])
    return Written(written)


def _rows(given: Input) -> int:
    """At most so many toggles change."""
    return len(given["changes"])


def _keys(toggles: list[Toggle]) -> list[uuid.UUID]:
    return sorted({toggle.membership for toggle in toggles if toggle.membership is not None})


def _problems(toggles: list[Toggle], people: Mapping[uuid.UUID, Record], company: Record) -> Iterator[Problem]:
    seen: set[tuple[uuid.UUID | None, App]] = set()
    for toggle in toggles:
        person = people.get(toggle.membership) if toggle.membership is not None else None
        if person is None or person["external"] != toggle.user_id.startswith("ext"):
            yield toggle.problem(UserErrorCode.NOT_FOUND, "userId")
        elif person["external"] or person["role"] == "OWNER":
            yield toggle.problem(UserErrorCode.NOT_TOGGLEABLE, "userId")
        elif CATALOGUE[toggle.app].always_visible and not toggle.granted:
            yield toggle.problem(UserErrorCode.ALWAYS_VISIBLE, "app")
        elif not has(company["mask"], toggle.app):
            yield toggle.problem(UserErrorCode.APP_NOT_ACTIVE, "app")
        elif (toggle.membership, toggle.app) in seen:
            yield toggle.problem(UserErrorCode.VALIDATION, "app")
        seen.add((toggle.membership, toggle.app))


def _changes(toggle: Toggle, people: Mapping[uuid.UUID, Record]) -> bool:
    assert toggle.membership is not None
    return has(people[toggle.membership]["toggles"], toggle.app) != toggle.granted


async def _set(write: Write, company: Record, toggles: list[Toggle]) -> None:
    """Write the toggles that change something."""
    if toggles:
        await write.connection.execute(
            SET,
            company["id"],
            company["at"],
            write.caller.account,
            [toggle.membership for toggle in toggles],
            [toggle.app.name for toggle in toggles],
            [toggle.granted for toggle in toggles],
        )


MUTATIONS: Final[Mapping[str, Mutation]] = {"setAppAccess": Mutation(set_app_access, changes_access=True, rows=_rows)}
