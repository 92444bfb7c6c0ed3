"""tests/faults/ledger.py finds what a killed process could lose: a write that is gone, half there or nobody's."""

from typing import Final

import pytest

from db.connection import Connection
from db.database import Database, PoolSettings
from resolvers.execution.executor import Executor
from tests.faults.ledger import APPS, Change, Ledger
from tests.faults.load import SET
from tests.support.company import Asker, Firm

FAULTS: Final = {
    "history": "delete from access_change where company_id = $1",
    "version": "update company set access_version = access_version - 1 where id = $1",
    "mask": "update membership set toggles = ~toggles where company_id = $1 and role = 'EMPLOYEE'",
    "period": "delete from app_grant where company_id = $1 and app_id = 'INVOICES'",
    "stranger": """
        insert into access_change (company_id, kind, membership_id, app_id, before, after)
        select company_id, 'TOGGLE', id, 'STOCK', false, true from membership where company_id = $1 limit 1
    """,
}
"""What is wrong after a write, and how it comes about."""


@pytest.fixture
async def ledger(dsn: str, connection: Connection) -> Ledger:
    """A company with one acknowledged write."""
    ledger = Ledger(await Firm.found(connection, *APPS))
    database = await Database.open(dsn, PoolSettings(size=1))
    anna = ledger.firm["anna"]
    change: Change = frozenset(((anna.id, app), True) for app in ("INVOICES", "DISCOUNTS"))
    changes = [{"userId": id_, "app": app, "granted": granted} for (id_, app), granted in change]
    answer = await Asker(Executor(database))(
        ledger.firm["owner"].token, SET, id=ledger.firm.id, version=1, changes=changes
    )
    await database.close()
    ledger.acknowledge(change, answer.data["setAppAccess"]["permissionMatrix"]["version"])
    return ledger


async def test_a_write_that_is_there_is_found(ledger: Ledger, connection: Connection) -> None:
    assert await ledger.check(connection) == 1


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_write_that_is_lost_or_half_there_is_noticed(
    ledger: Ledger, connection: Connection, fault: str
) -> None:
    await connection.execute(FAULTS[fault], ledger.firm.key)
    with pytest.raises(AssertionError):
        await ledger.check(connection)


async def test_a_read_of_what_never_was_is_noticed(ledger: Ledger, connection: Connection) -> None:
    ledger.observe(2, 2, ledger.states[0])
    with pytest.raises(AssertionError, match="never was"):
        await ledger.check(connection)
    with pytest.raises(AssertionError, match="version 1 was read"):
        ledger.observe(2, 1, ledger.states[0])


async def test_a_write_in_doubt_may_be_made_or_not(ledger: Ledger) -> None:
    bram = (ledger.firm["bram"].id, "QUOTES")
    ledger.doubt(frozenset({(bram, True)}))
    ledger.settle(2, ledger.states[-1])
    assert (ledger.version, len(ledger.doubts)) == (2, 1)
    with pytest.raises(AssertionError, match="no write left"):
        ledger.settle(3, frozenset())
    ledger.settle(3, ledger.states[-1] | {bram})
    assert (ledger.version, ledger.doubts) == (3, [])
