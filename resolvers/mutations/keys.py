"""API keys, and an owner's look at a company as one of its users: credentials that open less than a session."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from asyncpg import Record

from db.database import Database
from db.tokens import ABSENT_KEY, CredentialKind, hash_token, new_token
from resolvers.attempts import HOUR, Guard, Limit, admit
from resolvers.ending import ALLOWED, OPENED, end_all, end_in, tell_made
from resolvers.mutations.access import has
from resolvers.presence import carried, present
from resolvers.request import GraphQLRequest
from resolvers.validation import Checks
from resolvers.writing import (
    JUDGED,
    Forbidden,
    Input,
    Mutation,
    Problem,
    Refused,
    Write,
    Written,
    enter,
    enter_as_owner,
    hold_account,
    key_of,
    lock_as_owner,
    no_rows,
    reached,
)
from schema.access import HiddenFields
from schema.apps import CATALOGUE, App
from schema.errors import TOO_MANY_KEYS, UserErrorCode

MOST_KEYS: Final = 50
"""So many keys an account has."""

MADE: Final = Limit("API keys made by an account", 100, HOUR)
"""Each is told in the trail of every company that it opens."""

MOST_VIEWS: Final = 20
"""So many looks as somebody else an account has under way; the oldest end."""

LIFE: Final = "15 minutes"

ANYWHERE: Final = f"""
select exists (
  select from membership m join company c on c.id = m.company_id
  where m.account_id = $1 and {present("m")} and get_bit(c.mask & m.mask, $2) = 1
)
"""
FORGET_KEYS: Final = """
delete from credential where kind = 'API_KEY' and expires_at <= now() and account_id = (
  select account_id from credential where token_hash = $1
)
"""
KEYS: Final = "select count(*) from credential where account_id = $1 and kind = 'API_KEY'"
MAKE_KEY: Final = f"""
insert into credential (token_hash, account_id, kind, label, last4, company_id, read_only, hidden_fields, expires_at,
  created_at)
select $1, $2, 'API_KEY', $3, $4, $5, $6, $7, coalesce($8::timestamptz, 'infinity'), clock_timestamp()
where exists (
  select from membership m join company c on c.id = m.company_id
  where m.account_id = $2 and ($5::uuid is null or c.id = $5) and {present("m")}
    and get_bit(c.mask & m.mask, {CATALOGUE[App.API_ACCESS].position}) = 1
)
returning id, expires_at > clock_timestamp() works
"""
"""It is made after its owner came to be where it opens, however long the transaction waited."""

FIND: Final = "select account_id, company_id from credential where id = $1 and kind = 'API_KEY'"
OWNED: Final = f"""
select m.company_id
from credential k join membership m on m.account_id = k.account_id join company c on c.id = m.company_id
  join membership o on o.company_id = m.company_id and o.account_id = $2 and o.role = 'OWNER' and {present("o")}
where k.id = $1 and k.expires_at > now() and {present("m")} and {carried("m", "k")}
  and (k.company_id is not null or {ALLOWED}) and ($3::uuid is null or m.company_id = $3)
order by m.company_id
"""
"""The companies of an owner that a key opens, or is bound to."""

CLOSE: Final = f"""
with closed as (
  update credential k set closed = k.closed || c.id
  from membership m join company c on c.id = m.company_id
  where k.id = $1 and m.company_id = $2 and m.account_id = k.account_id and {OPENED}
  returning m.id member
)
insert into access_change (company_id, at, kind, actor_id, membership_id, credential_id)
select $2, $3, 'KEY_REVOKED', $4, member, $1 from closed
"""
"""A key that opens other companies, too, goes on there."""
USER: Final = """
select id, accepted_at from membership where company_id = $1 and id = $2 and not external and removed_at is null
"""
FORGET_VIEWS: Final = f"""
delete from credential where account_id = $1 and kind = 'VIEW_AS' and id <> all(array(
  select id from credential where account_id = $1 and kind = 'VIEW_AS' and expires_at > now()
  order by expires_at desc limit {MOST_VIEWS - 1}
))
"""
VIEW: Final = f"""
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


async def _forget_keys(database: Database, request: GraphQLRequest, given: Input) -> None:
    """Delete the caller's keys that work no more: apart, so that nobody who ends the others waits for it."""
    if request.token is not None:
        async with database.statements() as connection:
            await connection.execute(FORGET_KEYS, hash_token(request.token))


async def create_api_key(write: Write, given: Input) -> Written:
    """Make a key, which opens a company where the caller holds API_ACCESS, or all of these.

    Raises Refused (NOT_FOUND, VALIDATION, LIMIT_REACHED, TOO_MANY_ATTEMPTS) and Forbidden.
    """
    account, connection = write.caller.account, write.connection
    bound = await enter(write, given["companyId"]) if given.get("companyId") is not None else None
    if bound is not None:
        allowed = has(bound["access"], App.API_ACCESS)
    else:
        allowed = await connection.fetchval(ANYWHERE, account, CATALOGUE[App.API_ACCESS].position)
    if not allowed:
        raise Forbidden
    checks = Checks()
    label = checks.name("label", given["label"])
    checks.refuse()
    await hold_account(write)
    if await connection.fetchval(KEYS, account) >= MOST_KEYS:
        raise Refused(reached(MOST_KEYS, TOO_MANY_KEYS))
    if await admit(connection, Guard((MADE.on(account.hex),))) is None:
        raise Refused(Problem(UserErrorCode.TOO_MANY_ATTEMPTS))
    mode = given.get("hiddenFields") or HiddenFields.NULL
    key = new_token(ABSENT_KEY if mode is HiddenFields.ABSENT else CredentialKind.API_KEY.value)
    company = bound["id"] if bound is not None else None
    expires_at: datetime | None = given.get("expiresAt")
    made = await connection.fetchrow(
        MAKE_KEY, hash_token(key), account, label, key[-4:], company, given.get("readOnly") or False, mode.name,
        expires_at,
    )  # fmt: skip
    if made is None:  # the right was taken away meanwhile
        raise Forbidden
    if not made["works"]:
        checks.add("expiresAt")
        checks.refuse()
    await tell_made(connection, made["id"])
    return Written({"key": key, "apiKey": made["id"]})


async def revoke_api_key(write: Write, given: Input) -> Written:
    """End one of one's own keys; as an owner what somebody's key opens of the caller's company, or companies.

    Raises Refused (NOT_FOUND) and Forbidden.
    """
    key, company, caller = key_of(given["apiKeyId"], "key"), given.get("companyId"), write.caller.account
    found = await write.connection.fetchrow(FIND, key)
    if found is not None and key is not None:
        if company is None and found["account_id"] == caller:
            await end_all(write.connection, caller, actor=caller, only=key)
            return Written()
        closed = await _close(write, key, found, company)
        if closed:
            return Written({"company": closed[0] if len(closed) == 1 else None})
    raise Refused(Problem(UserErrorCode.NOT_FOUND, ("apiKeyId",)))


async def _close(write: Write, key: uuid.UUID, found: Record, company: str | None) -> list[uuid.UUID]:
    """Close the caller's companies, or only one, to a key: one that is bound there ends. Gives what it opened."""
    caller = write.caller.account
    if company is not None:
        await lock_as_owner(write, company)
    only = key_of(company, "com") if company is not None else None
    owned = [row["company_id"] for row in await write.connection.fetch(OWNED, key, caller, only)]
    for each in owned:
        locked = await lock_as_owner(write, f"com_{each.hex}")
        if found["company_id"] is not None:
            await end_all(write.connection, found["account_id"], actor=caller, only=key)
        else:
            await write.connection.execute(CLOSE, key, each, locked["at"], caller)
    return owned


async def end_credentials_in(
    write: Write, company: uuid.UUID, membership: uuid.UUID, account: uuid.UUID, at: datetime
) -> None:
    """End what an account opens this company with, since its membership there ends; under the company's lock."""
    await end_in(write.connection, company, membership, account, at, write.caller.account)


async def start_view_as(write: Write, given: Input) -> Written:
    """Give an owner a token with which it sees what one of the users sees, and write that down.

    Raises Refused (NOT_FOUND; VALIDATION for who has not accepted the invitation, and sees nothing) and Forbidden.
    """
    company = await enter_as_owner(write, given["companyId"])
    account, connection = write.caller.account, write.connection
    user = await connection.fetchrow(USER, company["id"], key_of(given["userId"], "usr"))
    if user is None:
        raise Refused(Problem(UserErrorCode.NOT_FOUND, ("userId",)), values={"company": company["id"]})
    written = {"company": company["id"], "user": user["id"]}
    if user["accepted_at"] is None:
        checks = Checks()
        checks.add("userId")
        checks.refuse(written)
    await connection.execute(FORGET_VIEWS, account)
    token = new_token(CredentialKind.VIEW_AS.value)
    right = write.right(company["id"], as_owner=True)
    expires_at = await connection.fetchval(VIEW, *right, hash_token(token), user["id"])
    if expires_at is None:  # one of the two is there no more
        raise Forbidden
    return Written({**written, "token": token, "expiresAt": expires_at})


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "createApiKey": Mutation(create_api_key, prepare=_forget_keys, gates=(App.API_ACCESS,), changes_access=True),
    "revokeApiKey": Mutation(revoke_api_key, changes_access=True, rows=no_rows),
    "startViewAs": Mutation(start_view_as, alone=True),
}
