"""`enfact access`: the matrix of a company for the operator, now and at a moment, and what it refuses."""

import json
import subprocess
from datetime import datetime

import pytest

from db.connection import connect
from tests.support.commands import enfact
from tests.support.company import Firm

REMOVE = "update membership set removed_at = clock_timestamp() where company_id = $1 and id = $2"


def access(dsn: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command."""
    return enfact("access", *arguments, DATABASE_URL=dsn)


async def test_an_operator_sees_who_reached_what_then_and_leaves_no_credential(fresh_dsn: str) -> None:
    connection = await connect(fresh_dsn)
    firm = await Firm.found(connection, "STOCK")
    then: datetime = await connection.fetchval("select clock_timestamp()")
    await connection.execute(REMOVE, firm.key, firm["anna"].membership)
    credentials = await connection.fetch("select * from credential order by id")
    now, before = access(fresh_dsn, "--company", "peeters & CO"), access(
        fresh_dsn, "--company", firm.id, "--at", then.isoformat()
    )  # fmt: skip
    assert (now.returncode, before.returncode) == (0, 0)
    assert "Peeters & Co: version 1" in now.stderr
    assert firm["anna"].email not in now.stdout
    (line,) = (line for line in before.stdout.splitlines() if firm["anna"].email in line)
    assert ("employee" in line, "CUSTOMERS, PRODUCTS" in line) == (True, True)
    (line,) = (line for line in now.stdout.splitlines() if firm["owner"].email in line)
    assert "everything that is active" in line
    (line,) = (line for line in now.stdout.splitlines() if firm["pending"].email in line)
    assert ("owner, invited" in line, "nothing" in line) == (True, True)
    assert await connection.fetch("select * from credential order by id") == credentials
    await connection.close()


async def test_a_tool_gets_json(fresh_dsn: str) -> None:
    connection = await connect(fresh_dsn)
    firm = await Firm.found(connection, "STOCK")
    found = json.loads(access(fresh_dsn, "--company", firm.id, "--json").stdout)
    assert (found["id"], found["name"], found["permissionMatrix"]["version"]) == (firm.id, "Peeters & Co", 1)
    people = [row["user"] or row["externalUser"] for row in found["permissionMatrix"]["rows"]]
    assert {person["email"] for person in people} == {
        firm[name].email for name in ("owner", "partner", "anna", "bram", "clara", "pending", "accountant", "former")
    }
    await connection.close()


async def test_a_name_that_several_companies_have_is_told_with_their_ids(fresh_dsn: str) -> None:
    connection = await connect(fresh_dsn)
    firms = [await Firm.found(connection) for _ in range(2)]
    refused = access(fresh_dsn, "--company", "Peeters & Co")
    assert refused.returncode == 1
    assert all(firm.id in refused.stderr for firm in firms)
    await connection.close()


async def test_a_company_without_an_owner_is_one_sentence(fresh_dsn: str) -> None:
    connection = await connect(fresh_dsn)
    firm = await Firm.found(connection)
    await connection.execute("update membership set accepted_at = null where role = 'OWNER'")
    refused = access(fresh_dsn, "--company", firm.id)
    assert refused.returncode == 1
    assert refused.stderr == "enfact: Nobody has accepted to be an owner of Peeters & Co yet.\n"
    await connection.close()


@pytest.mark.parametrize("named", ["Nobody", f"com_{7:032x}", "[red]'; drop table company"])
async def test_an_unknown_company_is_one_sentence(fresh_dsn: str, named: str) -> None:
    refused = access(fresh_dsn, "--company", named)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"enfact: There is no company {named}.\n"


@pytest.mark.parametrize("at", ["yesterday", "2026-13-01", "0001-01-01T00:00:00+23:00"])
def test_what_is_no_moment_is_refused(at: str) -> None:
    refused = access("postgresql://nowhere", "--company", "x", "--at", at)
    assert refused.returncode == 2
    assert "is no moment" in refused.stderr
