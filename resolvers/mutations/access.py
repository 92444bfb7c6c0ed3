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
GRANT: Final = """
insert into app_grant (company_id, membership_id, app_id, valid, granted_by)
select $1, change.membership_id, change.app_id, tstzrange($2, null), $3
from unnest($4::uuid[], $5::text[]) change(membership_id, app_id)
"""
REVOKE: Final = """
update app_grant g
set valid = tstzrange(lower(g.valid), greatest($2, lower(g.valid) + interval '1 microsecond')), revoked_by = $3
from unnest($4::uuid[], $5::text[]) change(membership_id, app_id)
where g.company_id = $1 and g.membership_id = change.membership_id and g.app_id = change.app_id and upper_inf(g.valid)
"""
KEEP_TOGGLES: Final = """
update membership m set toggles = coalesce((
  select bit_or(set_bit($3::bit(256), a.position, 1)) from app_grant g join app a on a.id = g.app_id
  where g.company_id = $1 and g.membership_id = m.id and upper_inf(g.valid)
), $3::bit(256))
where m.company_id = $1 and m.id = any($2::uuid[])
"""
RECORD: Final = """
insert into access_change (company_id, at, kind, actor_id, membership_id, app_id, before, after)
select $1, $2, 'TOGGLE', $3, change.membership_id, change.app_id, not change.granted::bool, change.granted::bool
from unnest($4::uuid[], $5::text[], $6::text[]) change(membership_id, app_id, granted)
"""
ALWAYS: Final = BitString.from_int(
    sum(1 << (APPS - 1 - entry.position) for entry in CATALOGUE.values() if entry.always_visible), length=APPS
)
"""The mask of the apps that cannot be switched off."""

GROW: Final = "update company set access_version = access_version + 1 where id = $1"


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
    """Write the toggles that change something.

    The validity periods, the masks that follow from them, the trail, the version.
    """
    if not toggles:
        return
    connection, moment = write.connection, (company["id"], company["at"], write.caller.account)
    for granted, statement in ((False, REVOKE), (True, GRANT)):
        chosen = [toggle for toggle in toggles if toggle.granted is granted]
        await connection.execute(statement, *moment, [t.membership for t in chosen], [t.app.name for t in chosen])
    await connection.execute(KEEP_TOGGLES, company["id"], _keys(toggles), ALWAYS)
    await connection.execute(
        RECORD,
        *moment,
        [t.membership for t in toggles],
        [t.app.name for t in toggles],
        [str(t.granted) for t in toggles],
    )
    await connection.execute(GROW, company["id"])


MUTATIONS: Final[Mapping[str, Mutation]] = {"setAppAccess": Mutation(set_app_access)}
