"""unversioned/: what writes on a company's row while another transaction has it, and many at once."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

import pytest

from db.connection import connect
from db.database import Database, PoolSettings
from db.tokens import hash_token
from resolvers.execution.executor import Executor
from tests.support.company import SIGN_IN, Asker, Firm, blocked
from tests.support.databases import Databases
from tests.support.externals import Outside

LOCK: Final = "select from company where id = $1 for no key update"
END: Final = "delete from credential where account_id = $1"
WRITTEN: Final = (
    "select name, (select count(*) from access_request where company_id = c.id) from company c where id = $1"
)
UPDATE: Final = "mutation ($input: UpdateCompanyInput!) { updateCompany(input: $input) { errors { code } } }"
REQUEST: Final = "mutation ($input: RequestAccessInput!) { requestAccess(input: $input) { errors { code } } }"
AT_ONCE, TIMES = 24, 3
APPS: Final = ("STOCK", "AGENDA", "QUOTES")
HIRE: Final = """
with hired as (
  insert into account (email, first_name, last_name, language, confirmed, kind)
  values ($2, 'Jo', 'Maes', 'NL', true, 'MEMBER') returning id
), entered as (
  insert into membership (company_id, account_id, role, first_name, last_name, language, accepted_at)
  select $1, id, 'EMPLOYEE', 'Jo', 'Maes', 'NL', now() from hired
)
select id from hired
"""


@pytest.fixture(scope="module")
async def outside(databases: Databases, template: str) -> AsyncGenerator[Outside]:
    async with Outside.open(databases, template) as outside:
        yield outside


@pytest.mark.parametrize(
    ("who", "document", "given"),
    [("owner", UPDATE, {"name": "After"}), ("anna", REQUEST, {"app": "STOCK", "reason": "x"})],
    ids=["updateCompany", "requestAccess"],
)
async def test_a_credential_that_ends_while_the_company_is_waited_for_writes_nothing(
    outside: Outside, who: str, document: str, given: Mapping[str, Any]
) -> None:
    firm = await outside.found("STOCK")
    before = await outside.rows(WRITTEN, firm.key)
    async with outside.other.transaction():
        await outside.other.execute(LOCK, firm.key)
        writing = asyncio.create_task(outside.ask(firm[who].token, document, input={"companyId": firm.id, **given}))
        await blocked(outside.connection)
        await outside.connection.execute(END, firm[who].account)
    assert (await writing).codes == ["UNAUTHENTICATED"]
    assert await outside.rows(WRITTEN, firm.key) == before


async def test_of_many_at_once_none_is_overtaken_every_time(databases: Databases, template: str) -> None:
    dsn = await databases.clone(template)
    database = await Database.open(dsn, PoolSettings(size=AT_ONCE, share=AT_ONCE))
    connection, ask = await connect(dsn), Asker(Executor(database))
    firm = await Firm.found(connection, "STOCK")
    tokens = [secrets.token_urlsafe() for _ in range(AT_ONCE)]
    for token in tokens:
        hired = await connection.fetchval(HIRE, firm.key, f"{secrets.token_hex(8)}@firm.test")
        await connection.execute(SIGN_IN, hash_token(token), hired)
    names = [{"companyId": firm.id, "name": f"New {n}"} for n in range(AT_ONCE)]
    for n in range(TIMES):
        asked = {"companyId": firm.id, "app": APPS[n], "reason": "x"}
        requests = [ask(token, REQUEST, input=asked) for token in tokens]
        updates = [ask(firm["owner"].token, UPDATE, input=given) for given in names]
        for answers, mutation in ((requests, "requestAccess"), (updates, "updateCompany")):
            found = await asyncio.gather(*answers)
            assert [(one.codes, one.data) for one in found] == [([], {mutation: {"errors": []}})] * AT_ONCE
    written = await connection.fetchrow(WRITTEN, firm.key)
    assert written is not None
    assert (written["name"] in {given["name"] for given in names}, written["count"]) == (True, TIMES * AT_ONCE)
    await connection.close()
    await database.close()
    await databases.drop(dsn)
