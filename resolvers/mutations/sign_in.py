"""Signing in and out: passwords are checked in a few threads, tokens are opaque and only their hash is stored."""

import asyncio
import secrets
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from db.database import Database
from resolvers.writing import Input, Mutation, Problem, Refused, Write, Written, hash_token
from schema.errors import UserErrorCode

HASHER: Final = PasswordHasher()
THREADS: Final = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
"""Argon2 takes 64 MiB for each password under way, so few are."""
EMAIL_LENGTH, PASSWORD_LENGTH = 254, 1024
SESSION: Final = "30 days"

FIND: Final = "select id, password_hash from account where email = lower($1)"
SIGN_IN: Final = """
insert into credential (token_hash, account_id, user_agent, expires_at)
select $1, id, $4, now() + $5::text::interval from account where id = $2 and password_hash = $3 for share
returning expires_at
"""
SIGN_OUT: Final = "delete from credential where id = $1"


@dataclass(frozen=True, slots=True)
class Known:
    """An account whose password was right, and the hash that said so."""

    account: uuid.UUID
    password_hash: str


async def _check_password(database: Database, given: Input) -> Known | None:
    """The account, if the password is right. Takes as long when there is no such account."""
    email, password = given["email"], given["password"]
    usable = (
        "\0" not in email and email.isprintable() and len(email) <= EMAIL_LENGTH and len(password) <= PASSWORD_LENGTH
    )
    async with database.transaction() as connection:
        found = await connection.fetchrow(FIND, email) if usable else None
    stored = found["password_hash"] if found is not None else None
    loop = asyncio.get_running_loop()
    right = await loop.run_in_executor(THREADS, _verify, stored, password if usable else "")
    return Known(found["id"], stored) if right and found is not None and stored is not None else None


@cache
def _nobody() -> str:
    """What the password of an unknown address is compared with, so that both answers take as long."""
    return HASHER.hash(secrets.token_urlsafe(16))


def _verify(stored: str | None, password: str) -> bool:
    nobody = _nobody()  # made by the first login of a process, whoever tries it
    try:
        return HASHER.verify(stored or nobody, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


async def login(write: Write, given: Input) -> Written:
    """Open a session for the account whose password was right."""
    known: Known | None = write.prepared
    if known is None:
        raise Refused(Problem(UserErrorCode.INVALID_CREDENTIALS))
    token = f"enf_{secrets.token_urlsafe(32)}"
    expires_at = await write.connection.fetchval(
        SIGN_IN, hash_token(token), known.account, known.password_hash, write.request.user_agent, SESSION
    )
    if expires_at is None:
        raise Refused(Problem(UserErrorCode.INVALID_CREDENTIALS))
    return Written({"token": token, "expiresAt": expires_at}, token=token)


async def logout(write: Write, given: Input) -> Written:
    """End the session that the request uses."""
    await write.connection.execute(SIGN_OUT, write.caller.credential)
    return Written()


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "login": Mutation(login, prepare=_check_password),
    "logout": Mutation(logout),
}
