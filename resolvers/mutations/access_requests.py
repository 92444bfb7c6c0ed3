"""The decision of a request for access: an owner grants it or declines."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from asyncpg import Record

from resolvers.membership import present
from resolvers.mutations.company_lock import lock_as_owner
from resolvers.mutations.context import (
    InputValues,
    Mutation,
    MutationContext,
    MutationResult,
    UserErrors,
    key_of,
)
from resolvers.mutations.input_checks import InputChecks
from resolvers.mutations.steps.active_apps import not_awake
from resolvers.mutations.steps.audit import grow
from resolvers.mutations.steps.lapsed_grants import end_in_company
from resolvers.user_problems import UserProblem, about_app
from schema.apps import App
from schema.errors import DECIDED_ALREADY, UserErrorCode, ValidationReason

FIND_REQUEST: Final = f"""
select r.company_id from access_request r join membership m on m.company_id = r.company_id
where r.id = $1 and m.account_id = $2 and {present("m")} and (m.role = 'OWNER' or m.id = r.user_id)
"""
"""The company of a request that the caller sees."""

READ_REQUEST: Final = """
select r.id, r.state, r.app_id, r.user_id, m.role,
  get_bit(m.toggles, a.position) = 1 is_on, coalesce(m.lent_until <= clock_timestamp(), false) has_lapsed
from access_request r join membership m on (m.company_id, m.id) = (r.company_id, r.user_id)
join app a on a.id = r.app_id
where r.company_id = $1 and r.id = $2
"""
GRANT: Final = """
with granted as (
  insert into app_grant (company_id, membership_id, app_id, valid, granted_by, until)
  values ($1, $2, $3, tstzrange($4, null), $5, $6)
), kept as (
  update membership m set toggles = set_bit(m.toggles, a.position, 1),
    lent = set_bit(m.lent, a.position, ($6::timestamptz is not null)::int),
    lent_until = least(m.lent_until, $6)
  from app a where m.company_id = $1 and m.id = $2 and a.id = $3
)
insert into access_change (company_id, at, kind, actor_id, membership_id, app_id, before, after, until)
values ($1, $4, 'TOGGLE', $5, $2, $3, false, true, $6)
"""
"""The toggle; its trail answers the request, by a trigger."""

DECIDE: Final = """
update access_request set state = $3, decided_at = $4, decided_by = $5 where company_id = $1 and id = $2
"""
RECORD_DECLINED: Final = """
insert into access_change (company_id, at, kind, actor_id, membership_id, app_id)
values ($1, $2, 'ACCESS_DECLINED', $3, $4, $5)
"""


async def decide_access_request(write: MutationContext, given: InputValues) -> MutationResult:
    """Grant or decline a request, as an owner.

    Raises Forbidden, for the one who asks, and UserErrors (NOT_FOUND, WRONG_STATE where it was decided, NOT_TOGGLEABLE,
    APP_NOT_ACTIVE, PLAN_REQUIRED, VALIDATION).
    """
    key = key_of(given["requestId"], "arq")
    found = await write.connection.fetchval(FIND_REQUEST, key, write.caller.account)
    if found is None:
        raise UserErrors(UserProblem(UserErrorCode.NOT_FOUND, ("requestId",)))
    company = await lock_as_owner(write, f"com_{found.hex}")
    request = await write.connection.fetchrow(READ_REQUEST, company["id"], key)
    written = {"company": company["id"], "permissionMatrix": company["id"], "accessRequest": key}
    if request is None:
        raise UserErrors(UserProblem(UserErrorCode.NOT_FOUND, ("requestId",)))
    if request["state"] != "OPEN":
        decided = UserProblem(UserErrorCode.WRONG_STATE, ("requestId",), text=DECIDED_ALREADY)
        raise UserErrors(decided, values=written)
    if given["granted"] and request["has_lapsed"]:
        await end_in_company(write.connection, company["id"])
        return await decide_access_request(write, given)  # of what is there without the app whose time is over
    until = _end(given, request, company, written)
    if given["granted"]:
        await _grant(write, company, request, until, written)
    else:
        await _decide(write, company, request, "DECLINED")
        of_request = company["id"], company["at"], write.caller.account, request["user_id"], request["app_id"]
        await write.connection.execute(RECORD_DECLINED, *of_request)
    return MutationResult(written)


def _end(given: InputValues, request: Record, company: Record, written: Mapping[str, object]) -> datetime | None:
    """The end of what is granted, a moment to come; none for an app that is on. Raises UserErrors (VALIDATION)."""
    until: datetime | None = given.get("until")
    checks = InputChecks()
    if until is not None and (request["is_on"] or not given["granted"]):
        checks.add("until", ValidationReason.COMBINATION)
    elif until is not None and until <= company["at"]:
        checks.add("until", ValidationReason.RANGE)
    checks.refuse(written)
    return until


async def _grant(
    write: MutationContext, company: Record, request: Record, until: datetime | None, written: Mapping[str, object]
) -> None:
    """Switch the app on for who asks. Raises UserErrors."""
    app, path = App[request["app_id"]], ("granted",)
    problem = not_awake(company, app, path)
    if request["role"] != "EMPLOYEE":
        problem = about_app(UserErrorCode.NOT_TOGGLEABLE, app, path)
    if problem is not None:
        raise UserErrors(problem, values=written)
    if request["is_on"]:  # from before the app was deactivated
        await _decide(write, company, request, "GRANTED")
    else:
        of_toggle = company["id"], request["user_id"], app.name, company["at"], write.caller.account, until
        await write.connection.execute(GRANT, *of_toggle)
        await grow(write, company["id"])


async def _decide(write: MutationContext, company: Record, request: Record, state: str) -> None:
    decision = company["id"], request["id"], state, company["at"], write.caller.account
    await write.connection.execute(DECIDE, *decision)


def _rows(given: InputValues) -> int:
    """The toggle that is granted; to decline one is never refused for what was written before."""
    return 1 if given["granted"] else 0


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "decideAccessRequest": Mutation(decide_access_request, changes_access=True, rows=_rows),
}
