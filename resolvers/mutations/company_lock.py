"""The company of a mutation: locked for changes of access, entered without a lock by all other mutations."""

import hashlib
import uuid
from typing import Final

from asyncpg import Record

from db.connection import Connection
from resolvers.membership import held_apps, present
from resolvers.mutations.context import Forbidden, MutationContext, Unauthenticated, UserErrors, find_caller, key_of
from resolvers.plans import awake_apps, moment_of, version_of
from resolvers.user_problems import UserProblem
from schema.errors import UserErrorCode

LOCK_ACCOUNT: Final = "select from account where id = $1 for no key update"


async def hold_account(write: MutationContext) -> None:
    """Lock the caller's account, after any company, so that no credential is used after its end.

    Raises Unauthenticated when the credential ended during the wait for the lock.
    """
    await write.connection.execute(LOCK_ACCOUNT, write.caller.account)
    if await find_caller(write.connection, write.request) is None:
        raise Unauthenticated


FIND_ENTERED_COMPANY: Final = f"""
select c.id, c.plan, c.mask active, {awake_apps("c")} awake, c.trial_ends_at > now() in_trial,
  {version_of("c")} access_version, {moment_of("c")} at, m.role, m.stands_in, m.id member,
  {awake_apps("c")} & {held_apps("m")} access
from company c join membership m on m.company_id = c.id
where c.id = $1 and m.account_id = $2 and {present("m")}
"""


FIND_ENTERED_COMPANY_IN_TURN: Final = f"select e.*, pg_advisory_xact_lock($3) turn from ({FIND_ENTERED_COMPANY}) e"


LOCK_COMPANY_AS_OWNER: Final = f"""
select true from company c
where c.id = $1 and exists (
  select from membership m where m.company_id = c.id and m.account_id = $2 and m.role = 'OWNER' and {present("m")}
)
for no key update
"""


LOCK_COMPANY_AS_HOST: Final = f"""
select true from company c
where c.id = $1 and exists (
  select from membership m
  where m.company_id = c.id and m.account_id = $2 and (m.role = 'OWNER' or m.stands_in) and {present("m")}
)
for no key update
"""


LOCK_COMPANY_TO_LEAVE: Final = f"""
select true from company c
where c.id = $1 and exists (
  select from membership m where m.company_id = c.id and m.account_id = $2 and {present("m")}
)
for no key update
"""
"""These lock the company only for callers with the right to change access there: no one else can block them."""


async def lock_as_owner(write: MutationContext, company_id: str) -> Record:
    """Lock the company of a mutation that changes access, for its owners.

    Returns `id, plan, in_trial, access_version`, the masks `active` and `awake`, `at` (the moment of the change) and
    `member` (the caller's membership). Raises UserErrors (NOT_FOUND) when the caller does not enter the company,
    Forbidden when the caller is no owner there.
    """
    locked, owned = await _lock(write, LOCK_COMPANY_AS_OWNER, company_id)
    if not locked or owned["role"] != "OWNER":
        raise Forbidden  # also for an owner of just this moment, who has not got the lock
    return owned


async def wait_as_owner(connection: Connection, company: uuid.UUID, account: uuid.UUID) -> bool:
    """Wait for a company's row, which an owner keeps until the end of the transaction (True); others get nothing."""
    return await connection.fetchval(LOCK_COMPANY_AS_OWNER, company, account) is not None


async def lock_as_host(write: MutationContext, company_id: str) -> Record:
    """Lock the company for its owners, and for the accountant who stands in until the first owner has come.

    Returns the columns of `lock_as_owner`, and `stands_in`. Raises as `lock_as_owner` does.
    """
    locked, entered = await _lock(write, LOCK_COMPANY_AS_HOST, company_id)
    if not locked or (entered["role"] != "OWNER" and not entered["stands_in"]):
        raise Forbidden
    return entered


async def lock_to_leave(write: MutationContext, company_id: str) -> Record:
    """Lock the company for a caller who leaves it. Returns as `lock_as_host` does. Raises UserErrors (NOT_FOUND)."""
    locked, entered = await _lock(write, LOCK_COMPANY_TO_LEAVE, company_id)
    if not locked:
        raise _unknown_company()
    return entered


async def _lock(write: MutationContext, statement: str, company_id: str) -> tuple[bool, Record]:
    """True when the company is locked, and the company as it is under the lock. Raises UserErrors (NOT_FOUND).

    Locks no membership: every change of access locks the company first.
    """
    locked = await write.connection.fetchval(statement, key_of(company_id, "com"), write.caller.account)
    # A statement of its own: it sees the changes of the transaction that held the lock before.
    return locked is not None, await _entered(write, company_id)


async def enter(write: MutationContext, company_id: str, turn: int | None = None) -> Record:
    """The company of a mutation, and the caller's membership there; locks nothing that others need.

    Returns the columns of `lock_as_owner`, and `access`: the mask of the apps that the caller holds there. The
    statement that writes judges the right again (`JUDGED`). With a `turn` (see `turn_of`) mutations of the same turn
    run one after the other, each until the end of its transaction. Raises UserErrors (NOT_FOUND) and RateLimited.
    """
    entered = await _entered(write, company_id, turn)
    write.count_in(entered["id"])
    return entered


async def _entered(write: MutationContext, company_id: str, turn: int | None = None) -> Record:
    company, account = key_of(company_id, "com"), write.caller.account
    if turn is None:
        entered = await write.connection.fetchrow(FIND_ENTERED_COMPANY, company, account)
    else:
        entered = await write.connection.fetchrow(FIND_ENTERED_COMPANY_IN_TURN, company, account, turn)
    if entered is None:
        raise _unknown_company()
    return entered


def _unknown_company() -> UserErrors:
    return UserErrors(UserProblem(UserErrorCode.NOT_FOUND, ("companyId",)))


async def enter_as_owner(write: MutationContext, company_id: str, turn: int | None = None) -> Record:
    """Enter as `enter` does, for owners only. Also raises Forbidden."""
    owned = await enter(write, company_id, turn)
    if owned["role"] != "OWNER":
        raise Forbidden
    return owned


def turn_of(kind: str, key: uuid.UUID | None) -> int:
    """The number of the advisory lock for one kind of write in one company or account."""
    return int.from_bytes(hashlib.sha256(f"{kind} {key}".encode()).digest()[:8], signed=True)
