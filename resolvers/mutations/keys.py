"""API keys, and an owner's look at a company as one of its users: credentials that open less than a session."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from db.database import Database
from db.tokens import ABSENT_KEY, CredentialKind, hash_token, new_token
from resolvers.mutations.access import has
from resolvers.presence import present
from resolvers.request import GraphQLRequest
from resolvers.trail import Change, record
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
    key_of,
    no_rows,
    turn_of,
)
from schema.access import HiddenFields
from schema.apps import CATALOGUE, App
from schema.errors import UserErrorCode

MOST_KEYS: Final = 50
"""So many keys an account has."""

MOST_VIEWS: Final = 20
"""So many looks as somebody else an account has under way; the oldest end."""

LIFE: Final = "15 minutes"

ANYWHERE: Final = f"""
select exists (
  select from membership m join company c on c.id = m.company_id
  where m.account_id = $1 and {present("m")} and get_bit(c.mask & m.mask, $2) = 1
)
"""
MEMBER: Final = f"select m.id from membership m where m.company_id = $1 and m.account_id = $2 and {present('m')}"
TURN: Final = "select pg_advisory_xact_lock($1)"
FORGET_KEYS: Final = """
delete from credential where kind = 'API_KEY' and expires_at <= now() and account_id = (
  select account_id from credential where token_hash = $1
)
"""
KEYS: Final = "select count(*) from credential where account_id = $1 and kind = 'API_KEY'"
MAKE_KEY: Final = f"""
insert into credential (token_hash, account_id, kind, label, last4, company_id, read_only, hidden_fields, expires_at)
select $1, $2, 'API_KEY', $3, $4, $5, $6, $7, coalesce($8::timestamptz, 'infinity')
where exists (
  select from membership m join company c on c.id = m.company_id
  where m.account_id = $2 and ($5::uuid is null or c.id = $5) and {present("m")}
    and get_bit(c.mask & m.mask, {CATALOGUE[App.API_ACCESS].position}) = 1
)
returning id, expires_at > clock_timestamp() works
"""
REVOKE: Final = """
delete from credential where id = $1 and account_id = $2 and kind = 'API_KEY' returning company_id
"""
END_IN: Final = """
with ended as (
  delete from credential where account_id = $2 and company_id = $1 returning id, kind
)
insert into access_change (company_id, at, kind, actor_id, membership_id)
select $1, $3, 'KEY_REVOKED', $4, $5 from ended where kind = 'API_KEY'
"""
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

    Raises Refused (NOT_FOUND, VALIDATION, TOO_MANY_ATTEMPTS) and Forbidden.
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
    await connection.execute(TURN, turn_of("keys", account))
    if await connection.fetchval(KEYS, account) >= MOST_KEYS:
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
    if bound is not None:
        await record(write, Change("KEY_CREATED", bound["id"], bound["member"]))
    return Written({"key": key, "apiKey": made["id"]})


async def revoke_api_key(write: Write, given: Input) -> Written:
    """End one of one's own keys. Raises Refused (NOT_FOUND)."""
    account, connection = write.caller.account, write.connection
    revoked = await connection.fetchrow(REVOKE, key_of(given["apiKeyId"], "key"), account)
    if revoked is None:
        raise Refused(Problem(UserErrorCode.NOT_FOUND, ("apiKeyId",)))
    if revoked["company_id"] is not None:
        member = await connection.fetchval(MEMBER, revoked["company_id"], account)
        if member is not None:  # the trail of a company is not written by who has left it
            await record(write, Change("KEY_REVOKED", revoked["company_id"], member))
    return Written()


async def end_credentials_in(
    write: Write, company: uuid.UUID, membership: uuid.UUID, account: uuid.UUID, at: datetime
) -> None:
    """End what an account has that opens this company alone; its membership there ends, under the company's lock."""
    await write.connection.execute(END_IN, company, account, at, write.caller.account, membership)


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
    "createApiKey": Mutation(create_api_key, prepare=_forget_keys, gates=(App.API_ACCESS,)),
    "revokeApiKey": Mutation(revoke_api_key, changes_access=True, rows=no_rows),
    "startViewAs": Mutation(start_view_as, alone=True),
}
