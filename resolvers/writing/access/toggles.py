"""Changes of the permission matrix: users' toggles. All changes of a mutation are made, or none.

Owners and external users have no toggles: a change of one is refused with NOT_TOGGLEABLE, also of an owner's own.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, LiteralString

from db.masks import NO_APPS
from resolvers.global_ids import Key
from resolvers.plans import ended_period
from resolvers.user_problems import UserProblem, about_app, invalid, plan_required
from resolvers.writing.access.intent import AccessIntent
from resolvers.writing.access.models import (
    NO_MODELS,
    TOGGLES,
    count_modelled_users,
    problem_of_model,
    read_models,
    too_many_models,
    with_models,
)
from resolvers.writing.access.statement import AccessSql, Input
from resolvers.writing.value_reading import NO_ROW
from schema.apps import CATALOGUE, App
from schema.errors import TOO_MANY, UserErrorCode, ValidationReason

CHANGES: Final = 3_000
"""Maximum number of toggles in one mutation; more would not fit into the body of a request."""

USER: Final = Key(("usr", "ext"))
OF_USER: Final = frozenset({UserErrorCode.NOT_FOUND, UserErrorCode.NOT_TOGGLEABLE})
"""Problems with the user of a toggle; the others are with its app."""

FIND_TOGGLES: Final = """
select a.n, a.app, a.position, a.given, p.id member, get_bit(p.toggles, a.position) <> a.given::int changes,
  (a.n - 1)::text || ' ' || case
    when p.id is null or p.external <> a.external then 'NOT_FOUND'
    when p.external or p.role = 'OWNER' then 'NOT_TOGGLEABLE'
    when a.flaw = 'ALWAYS_VISIBLE' then a.flaw
    when get_bit(j.awake, a.position) = 1 then a.flaw
    when get_bit(j.active, a.position) = 1 then 'PLAN_REQUIRED' else 'APP_NOT_ACTIVE' end problem
from judged j cross join unnest({0}) with ordinality a(person, external, app, position, given, flaw, n)
left join lateral (
  select p.* from membership p where p.company_id = {1} and p.id = a.person and p.removed_at is null offset 0
) p on true
where j.outcome is null
"""
"""The toggles with their users; `problem` is the number of a toggle and the first reason why it cannot be set.

`offset 0` keeps PostgreSQL from reading all users of the company."""

END_GRANTS: Final = f"""
update app_grant g
set valid = {ended_period("g", "w.at")},
  revoked_by = w.account_id
from changing w
where not w.given and upper_inf(g.valid)
  and (g.company_id, g.membership_id, g.app_id) >= ({{0}}, w.member, w.app)
  and (g.company_id, g.membership_id, g.app_id) <= ({{0}}, w.member, w.app)
"""
"""Ends the open periods. Rows are compared as wholes, which has the result of equal values, so that PostgreSQL takes
the index of open periods: for equal values it would take the key of all periods, and read ten times as many pages."""

INSERT_GRANTS: Final = """
insert into app_grant (company_id, membership_id, app_id, valid, granted_by)
select {0}, w.member, w.app, tstzrange(w.at, null), w.account_id from changing w where w.given
"""
UPDATE_MASKS: Final = f"""
update membership m set toggles = (m.toggles & ~ s.ended) | s.begun, lent = m.lent & ~ (s.begun | s.ended)
from (
  select b.member, bit_or(case when b.given then b.bit else b.nothing end) begun,
    bit_or(case when b.given then b.nothing else b.bit end) ended
  from (
    select w.*, e.nothing, set_bit(e.nothing, w.position, 1) bit from changing w cross join (select {NO_APPS} nothing) e
  ) b
  group by b.member
) s
where m.company_id = {{0}} and m.id = s.member and m.id = any(array(select w.member from changing w))
"""
RECORD_CHANGES: Final = """
insert into access_change (company_id, at, kind, actor_id, membership_id, app_id, before, after)
select {0}, w.at, 'TOGGLE', w.account_id, w.member, w.app, not w.given, w.given from changing w
"""
STATED_TOGGLES: Final = Input(
    FIND_TOGGLES,
    {
        "people": "uuid[]",
        "are external": "bool[]",
        "apps": "text[]",
        "positions": "int4[]",
        "are granted": "bool[]",
        "flaws": "text[]",
    },
)
WRITES: Final[Mapping[LiteralString, LiteralString]] = {
    "ended": END_GRANTS,
    "begun": INSERT_GRANTS,
    "kept": UPDATE_MASKS,
    "trail": RECORD_CHANGES,
}
"""The statements that write the periods of validity, the masks that follow from them, and the trail."""

SET_TOGGLES: Final = AccessSql({"asked": STATED_TOGGLES}, WRITES)
FOLLOW_MODELS: Final = AccessSql(with_models(STATED_TOGGLES), WRITES)
"""The statement of an input that names models."""


def toggles(input_: Mapping[str, Any]) -> int:
    """The number of toggles that an input can change."""
    return len(input_["changes"]) + TOGGLES * count_modelled_users(input_)


def read_toggles(input_: Mapping[str, Any]) -> AccessIntent:
    """Read the toggles and the models of an input; if there are too many, none is read."""
    changes = input_["changes"]
    refusals = tuple(_too_many(input_))
    rows = [_row(change) for change in changes] if not refusals else []
    seen: set[tuple[object, object]] = set()
    for row in rows:
        if row[-1] is None and (row[0], row[2]) in seen:
            row[-1] = UserErrorCode.VALIDATION.name
        seen.add((row[0], row[2]))
    columns = zip(*rows, strict=True) if rows else [()] * len(STATED_TOGGLES.columns)
    arrays = dict(zip(STATED_TOGGLES.columns, map(list, columns), strict=True))

    def explain(found: Sequence[str]) -> Iterator[UserProblem]:
        for problem in dict.fromkeys(found):
            place, code = problem.split(" ")
            if place.isdigit():
                yield _problem(UserErrorCode[code], place, changes[int(place)]["app"])
            else:
                yield problem_of_model(tuple(place.split(".")), UserErrorCode[code])

    models = read_models(input_) if not refusals else NO_MODELS
    return AccessIntent(input_, {**arrays, **models}, explain, refusals)


def _too_many(input_: Mapping[str, Any]) -> Iterator[UserProblem]:
    if len(input_["changes"]) > CHANGES:
        yield invalid(("changes",), ValidationReason.TOO_LONG, TOO_MANY, most=CHANGES)
    yield from too_many_models(input_)


def _row(change: Mapping[str, Any]) -> list[object]:
    """A toggle as the columns of the statement; the last one is its problem whichever user it is for."""
    app, granted = change["app"], change["granted"]
    entry = CATALOGUE[app]
    flaw = UserErrorCode.ALWAYS_VISIBLE.name if entry.always_visible and not granted else None
    is_external = change["userId"].startswith("ext")
    return [USER(change["userId"]) or NO_ROW, is_external, app.name, entry.position, granted, flaw]


def _problem(code: UserErrorCode, n: str, app: App) -> UserProblem:
    path = ("changes", n, "userId" if code in OF_USER else "app")
    match code:
        case UserErrorCode.PLAN_REQUIRED:
            return plan_required(app, path)
        case UserErrorCode.VALIDATION:
            return invalid(path, ValidationReason.COMBINATION)
        case _:
            return about_app(code, app, path)
