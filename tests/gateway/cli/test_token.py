"""`enfact token`: a session that the operator opens, which its account sees and can end."""

import pytest

from db.connection import connect
from db.tokens import hash_token
from resolvers.admin.session_token import USER_AGENT
from tests.support.commands import enfact
from tests.support.company import Firm

SESSION = """
select account_id, kind, user_agent, expires_at > now() + interval '13 days' lasts, ends_at is not null ends
from credential where token_hash = $1
"""


async def test_only_the_token_is_printed_and_its_session_is_recorded(fresh_dsn: str) -> None:
    connection = await connect(fresh_dsn)
    firm = await Firm.found(connection)
    opened = enfact("token", f" {firm['anna'].email.upper()}", DATABASE_URL=fresh_dsn)
    assert (opened.returncode, opened.stderr, opened.stdout.count("\n")) == (0, "", 1)
    assert opened.stdout.startswith("enf_")
    session = await connection.fetchrow(SESSION, hash_token(opened.stdout.strip()))
    assert session is not None
    assert tuple(session) == (firm["anna"].account, "SESSION", USER_AGENT, True, True)
    await connection.close()


@pytest.mark.parametrize(
    ("email", "said"),
    [("nobody@x.test", "Nobody has the address nobody@x.test."), ("\0'; --", "Nobody has the address")],
)
async def test_an_address_that_nobody_has_is_one_sentence(fresh_dsn: str, email: str, said: str) -> None:
    refused = enfact("token", email.replace("\0", ""), DATABASE_URL=fresh_dsn)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert refused.stderr.startswith(f"enfact: {said}")


async def test_an_account_that_is_not_confirmed_gets_no_session(fresh_dsn: str) -> None:
    connection = await connect(fresh_dsn)
    firm = await Firm.found(connection)
    await connection.execute("update account set confirmed = false where id = $1", firm["anna"].account)
    before = await connection.fetchval("select count(*) from credential")
    refused = enfact("token", firm["anna"].email, DATABASE_URL=fresh_dsn)
    assert (refused.returncode, refused.stdout, "is not confirmed" in refused.stderr) == (1, "", True)
    assert await connection.fetchval("select count(*) from credential") == before
    await connection.close()


async def test_a_database_that_is_not_migrated_is_one_sentence(empty_dsn: str) -> None:
    refused = enfact("token", "anna@x.test", DATABASE_URL=empty_dsn)
    assert refused.stderr == "enfact: The database is not that of this version: enfact migrate brings it there.\n"
