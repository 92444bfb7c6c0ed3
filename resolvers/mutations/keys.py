"""API keys and view-as tokens: credentials that open less than a session.

With a view-as token an owner sees the company as one of its users does.
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from asyncpg import BitString, Record

from db.database import Database
from db.masks import ALL_APPS
from db.remote_apply import APPLIED
from db.tables.metadata import APPS
from db.tokens import ABSENT_KEY, CredentialKind, hash_token, new_token
from resolvers.gates.needs import ALWAYS
from resolvers.masks import has, mask_of
from resolvers.membership import carried, held_apps, present
from resolvers.mutations.company_lock import enter, enter_as_owner, hold_account, lock_as_owner
from resolvers.mutations.context import (
    JUDGED,
    Forbidden,
    InputValues,
    Mutation,
    MutationContext,
    MutationResult,
    UserErrors,
    key_of,
    no_rows,
)
from resolvers.mutations.input_checks import InputChecks
from resolvers.mutations.steps.attempts import HOUR, AttemptLimit, Guard, admit
from resolvers.mutations.steps.credential_ending import ALLOWED, OPENED, end_all, end_in, tell_made
from resolvers.plans import awake_apps
from resolvers.request import GraphQLRequest
from resolvers.user_problems import UserProblem, reached
from schema.apps import CATALOGUE, App
from schema.errors import TOO_MANY_KEYS, UserErrorCode
from schema.errors import ValidationReason as Reason
from schema.hidden_fields import HiddenFields

MOST_KEYS: Final = 50
"""Maximum number of API keys of an account."""

MADE: Final = AttemptLimit("API keys made by an account", 100, HOUR)
"""Limited, since each key is recorded in the audit of every company that it opens."""

MOST_VIEWS: Final = 20
"""Maximum number of view-as tokens of an account; a new one ends the oldest."""

LIFE: Final = "15 minutes"

HAS_API_ACCESS_ANYWHERE: Final = f"""
select exists (
  select from membership m join company c on c.id = m.company_id
  where m.account_id = $1 and {present("m")} and get_bit({awake_apps("c")} & {held_apps("m")}, $2) = 1
)
"""
DELETE_EXPIRED_KEYS: Final = """
delete from credential where kind = 'API_KEY' and expires_at <= now() and account_id = (
  select account_id from credential where token_hash = $1
)
"""
COUNT_KEYS: Final = "select count(*) from credential where account_id = $1 and kind = 'API_KEY'"
INSERT_KEY: Final = f"""
insert into credential (token_hash, account_id, kind, label, last4, company_id, read_only, hidden_fields, expires_at,
  apps, created_at)
select $1, $2, 'API_KEY', $3, $4, $5, $6, $7, coalesce($8::timestamptz, 'infinity'),
  coalesce($9::bit({APPS}), {ALL_APPS}), clock_timestamp()
where exists (
  select from membership m join company c on c.id = m.company_id
  where m.account_id = $2 and ($5::uuid is null or c.id = $5) and {present("m")}
    and {ALLOWED}
)
returning id, expires_at > clock_timestamp() works
"""
"""`created_at` is the clock's time, not the transaction's: a key opens only memberships accepted before it was made."""

FIND_KEY: Final = "select account_id, company_id from credential where id = $1 and kind = 'API_KEY'"
FIND_OWNED_COMPANIES: Final = f"""
select m.company_id
from credential k join membership m on m.account_id = k.account_id join company c on c.id = m.company_id
  join membership o on o.company_id = m.company_id and o.account_id = $2 and o.role = 'OWNER' and {present("o")}
where k.id = $1 and k.expires_at > now() and {present("m")} and {carried("m", "k")}
  and (k.company_id is not null or {ALLOWED}) and ($3::uuid is null or m.company_id = $3)
order by m.company_id
"""
"""The companies of the owner $2 that a key opens, or is bound to."""

CLOSE_KEY: Final = f"""
with closed as (
  update credential k set closed = k.closed || c.id
  from membership m join company c on c.id = m.company_id
  where k.id = $1 and m.company_id = $2 and m.account_id = k.account_id and {OPENED}
  returning m.id member
)
insert into access_change (company_id, at, kind, actor_id, membership_id, credential_id)
select $2, $3, 'KEY_REVOKED', $4, member, $1 from closed
"""
"""Closes one company to a key; in its other companies the key still works."""
FIND_USER: Final = """
select id, accepted_at from membership where company_id = $1 and id = $2 and not external and removed_at is null
"""
DELETE_OLD_VIEWS: Final = f"""
with ended as (
  delete from credential where account_id = $1 and kind = 'VIEW_AS' and id <> all(array(
    select id from credential where account_id = $1 and kind = 'VIEW_AS' and expires_at > now()
    order by expires_at desc limit {MOST_VIEWS - 1}
  ))
  returning id
)
select {APPLIED} from ended limit 1
"""
INSERT_VIEW: Final = f"""
{JUDGED}, begun as (
  insert into credential (token_hash, account_id, kind, company_id, membership_id, read_only, expires_at)
  select $5, account, 'VIEW_AS', company, m.id, true, now() + interval '{LIFE}'
  from judged join membership m on m.company_id = judged.company and m.id = $6 and not m.external and {present("m")}
  returning membership_id, expires_at
), trail as (
  insert into access_change (company_id, at, kind, actor_id, membership_id)
  select company, at, 'VIEWED_AS', account, membership_id from judged, begun
)
select expires_at from begun
"""


async def _forget_keys(database: Database, request: GraphQLRequest, given: InputValues) -> None:
    """Delete the caller's expired keys, in a statement of its own, so that its locks do not block a revocation."""
    if request.token is not None:
        async with database.statements() as connection:
            await connection.execute(DELETE_EXPIRED_KEYS, hash_token(request.token))


async def create_api_key(write: MutationContext, given: InputValues) -> MutationResult:
    """Make a key for one company, or for all companies, in which the caller holds API_ACCESS.

    Raises Forbidden, Unauthenticated, RateLimited and UserErrors (NOT_FOUND, VALIDATION, LIMIT_REACHED,
    TOO_MANY_ATTEMPTS).
    """
    account, connection = write.caller.account, write.connection
    bound = await enter(write, given["companyId"]) if given.get("companyId") is not None else None
    if bound is not None:
        allowed = has(bound["access"], App.API_ACCESS)
    else:
        allowed = await connection.fetchval(HAS_API_ACCESS_ANYWHERE, account, CATALOGUE[App.API_ACCESS].position)
    if not allowed:
        raise Forbidden
    checks = InputChecks()
    label = checks.name("label", given["label"])
    checks.refuse()
    await hold_account(write)
    if await connection.fetchval(COUNT_KEYS, account) >= MOST_KEYS:
        raise UserErrors(reached(MOST_KEYS, TOO_MANY_KEYS))
    if await admit(connection, Guard((MADE.on(account.hex),))) is None:
        raise UserErrors(UserProblem(UserErrorCode.TOO_MANY_ATTEMPTS))
    mode = given.get("hiddenFields") or HiddenFields.NULL
    key = new_token(ABSENT_KEY if mode is HiddenFields.ABSENT else CredentialKind.API_KEY.value)
    company = bound["id"] if bound is not None else None
    expires_at: datetime | None = given.get("expiresAt")
    made = await connection.fetchrow(
        INSERT_KEY, hash_token(key), account, label, key[-4:], company, given.get("readOnly") or False, mode.name,
        expires_at, _narrowed(given.get("apps")),
    )  # fmt: skip
    if made is None:  # the right was taken away meanwhile
        raise Forbidden
    if not made["works"]:
        checks.add("expiresAt", Reason.RANGE)
        checks.refuse()
    await tell_made(connection, made["id"])
    return MutationResult({"key": key, "apiKey": made["id"]})


def _narrowed(apps: Iterable[App] | None) -> BitString | None:
    """The mask of a key that is made for some apps: these, and those without which it opens nothing; None for all."""
    return mask_of({*apps, *ALWAYS, App.API_ACCESS}) if apps is not None else None


async def revoke_api_key(write: MutationContext, given: InputValues) -> MutationResult:
    """End one of the caller's own keys; or close the companies of which the caller is an owner to another user's key.

    With `companyId` only that company is closed, also to an own key. Raises Forbidden and UserErrors (NOT_FOUND).
    """
    key, company, caller = key_of(given["apiKeyId"], "key"), given.get("companyId"), write.caller.account
    found = await write.connection.fetchrow(FIND_KEY, key)
    if found is not None and key is not None:
        if company is None and found["account_id"] == caller:
            await end_all(write.connection, caller, actor=caller, only=key)
            return MutationResult()
        closed = await _close(write, key, found, company)
        if closed:
            return MutationResult({"company": closed[0] if len(closed) == 1 else None})
    raise UserErrors(UserProblem(UserErrorCode.NOT_FOUND, ("apiKeyId",)))


async def _close(write: MutationContext, key: uuid.UUID, found: Record, company: str | None) -> list[uuid.UUID]:
    """Close the caller's companies, or only `company`, to a key; a key that is bound to one of them ends.

    Returns the keys of the companies that it opened. Raises Forbidden and UserErrors (NOT_FOUND).
    """
    caller = write.caller.account
    if company is not None:
        await lock_as_owner(write, company)
    only = key_of(company, "com") if company is not None else None
    owned = [row["company_id"] for row in await write.connection.fetch(FIND_OWNED_COMPANIES, key, caller, only)]
    for each in owned:
        locked = await lock_as_owner(write, f"com_{each.hex}")
        if found["company_id"] is not None:
            await end_all(write.connection, found["account_id"], actor=caller, only=key)
        else:
            await write.connection.execute(CLOSE_KEY, key, each, locked["at"], caller)
    return owned


async def end_credentials_in(
    write: MutationContext, company: uuid.UUID, membership: uuid.UUID, account: uuid.UUID, at: datetime
) -> None:
    """End the credentials with which an account opens a locked company, since its membership there ends."""
    await end_in(write.connection, company, membership, account, at, write.caller.account)


async def start_view_as(write: MutationContext, given: InputValues) -> MutationResult:
    """Make a token with which an owner sees the company as one of its users; recorded in the audit.

    Raises Forbidden, RateLimited and UserErrors (NOT_FOUND; VALIDATION for a pending user, who sees nothing).
    """
    company = await enter_as_owner(write, given["companyId"])
    account, connection = write.caller.account, write.connection
    user = await connection.fetchrow(FIND_USER, company["id"], key_of(given["userId"], "usr"))
    if user is None:
        raise UserErrors(UserProblem(UserErrorCode.NOT_FOUND, ("userId",)), values={"company": company["id"]})
    written = {"company": company["id"], "user": user["id"]}
    if user["accepted_at"] is None:
        checks = InputChecks()
        checks.add("userId", Reason.NOT_ALLOWED)
        checks.refuse(written)
    await connection.execute(DELETE_OLD_VIEWS, account)
    token = new_token(CredentialKind.VIEW_AS.value)
    right = write.right(company["id"], as_owner=True)
    expires_at = await connection.fetchval(INSERT_VIEW, *right, hash_token(token), user["id"])
    if expires_at is None:  # the owner or the user has lost access meanwhile
        raise Forbidden
    return MutationResult({**written, "token": token, "expiresAt": expires_at})


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "createApiKey": Mutation(create_api_key, prepare=_forget_keys, gates=(App.API_ACCESS,), changes_access=True),
    "revokeApiKey": Mutation(revoke_api_key, changes_access=True, rows=no_rows),
    "startViewAs": Mutation(start_view_as, alone=True),
}
