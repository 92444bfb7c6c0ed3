"""The fence notices mutations that touch other companies: each is broken on purpose, so that it does.

The unbroken mutations are tested in the rest of the suite; here each is also sent once as it is.
"""

import uuid
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final, cast

import pytest

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from db.tokens import hash_token
from resolvers.execution.executor import Executor
from resolvers.mutations import company_lock, connectors, invitations, requests, users
from resolvers.mutations.steps import audit, company_creation
from resolvers.writing.access.decisions import DECIDE_REQUEST
from resolvers.writing.access.toggles import SET_TOGGLES
from resolvers.writing.unversioned import access_request, service
from resolvers.writing.unversioned import company as company_data
from tests.rls.guard import trespassing
from tests.rls.twins import add_twins
from tests.support.company import Asker, Firm, change
from tests.support.databases import Databases

DOCUMENT: Final = "mutation ($input: %sInput!) { %s(input: $input) { errors { code field } } }"
LETTER: Final = "the secret of a letter"
MAKE_LETTERS: Final = """
insert into mail_token (token_hash, purpose, account_id, company_id, membership_id, expires_at)
select case when company_id = $1 then $3::bytea else 'twin' end, 'INVITATION', account_id, company_id, id, 'infinity'
from membership where id = $2
"""
"""SQL of a letter to the pending user, and one to the user of the twin."""

SERVICE, INVOICE, EXPORT, REQUEST = (uuid.uuid4() for _ in range(4))
MAKE_ROWS: Final = """
with service as (
  insert into connected_service (company_id, id, connector, label) values ($1, $2, 'PONTO', 'Ponto')
), export as (
  insert into export_request (company_id, id, model, format, requested_by_id) values ($1, $4, 'INVOICES', 'CSV', $5)
), request as (
  insert into access_request (company_id, id, user_id, app_id, reason) values ($1, $6, $7, 'STOCK', 'For the fair')
)
insert into document (company_id, id, kind, number, sequence_number, date, status, total_excl, total_vat, total_incl,
                      total_incl_base)
values ($1, $3, 'INVOICE', '1', 1, '2026-01-01', 'SENT', 0, 0, 0, 0)
"""
MINE: Final = "company_id = $1 and "
JUDGED: Final = "judged.company"
ANY_JUDGED: Final = "judged.company is not null"
ANY: Final = "$1::uuid is not null and "
TWIN: Final = "md5('twin of ' || $1::uuid)::uuid"


@dataclass(frozen=True, slots=True)
class Planted:
    """A broken mutation: in one of its statements `right` is replaced by `wrong`; `by` is the person who sends it.

    The statement is a constant of a module, or a part of a larger one by its name.
    """

    mutation: str
    home: ModuleType | dict[str, str]
    statement: str
    right: str
    wrong: str
    by: str = "owner"

    def plant(self, patch: pytest.MonkeyPatch) -> None:
        """Break the mutation."""
        if isinstance(self.home, dict):
            usual = self.home[self.statement]
            patch.setitem(self.home, self.statement, usual.replace(self.right, self.wrong))
        else:
            usual = getattr(self.home, self.statement)
            patch.setattr(self.home, self.statement, usual.replace(self.right, self.wrong))
        assert self.right in usual


TOGGLES: Final = cast("dict[str, str]", SET_TOGGLES.writes)
DECISION: Final = cast("dict[str, str]", DECIDE_REQUEST.writes)
DECIDING: Final = cast("dict[str, str]", DECIDE_REQUEST.raising)


PLANTED: Final = {
    "an update of any company's row": Planted("updateUser", users, "UPDATE_MEMBER", MINE, ANY),
    "an update of any company": Planted(
        "updateCompany", company_data, "UPDATE_COMPANY", "c.id = free.id and c.id = {}", "{} is not null"
    ),
    "an update in a part of a statement": Planted("setAppAccess", TOGGLES, "kept", "m.company_id = {0} and ", ""),
    "an update of who is invited elsewhere": Planted(
        "acceptInvitation", invitations, "ACCEPT_INVITATION", MINE, ANY, by="pending"
    ),
    "a row of another company": Planted("updateUser", audit, "RECORD_CHANGE", "values ($1,", f"values ({TWIN},"),
    "rows of another company": Planted(
        "setAppAccess", TOGGLES, "begun", "select {0},", "select md5('twin of ' || {0})::uuid,"
    ),
    "a decision about any company's request": Planted(
        "decideAccessRequest", DECIDING, "decided", "r.company_id = {0} and ", ""
    ),
    "a grant in another company": Planted(
        "decideAccessRequest", DECISION, "granted", "select {0},", "select md5('twin of ' || {0})::uuid,"
    ),
    "a grant for a user of any company": Planted(
        "decideAccessRequest", DECISION, "kept", "m.company_id = {0} and ", ""
    ),
    "a row of a company that is not the new one": Planted(
        "createCompany",
        company_creation,
        "INSERT_SETTINGS",
        "values ($1)",
        "select id from company where id <> $1 and name like 'Twin of%' limit 1",
    ),
    "a deletion of any company's rows": Planted("deleteUser", invitations, "DELETE_TOKENS", MINE, ANY),
    "a read of any company's row": Planted(
        "updateUser", users, "FIND_MEMBER", f"{MINE}id = $2 and not external and removed_at is null", f"{ANY}id = $2"
    ),
    "a question about every company": Planted("createUser", users, "IS_TAKEN", f"m.{MINE}", ANY),
    "a connection of any company": Planted(
        "updateConnectedService", connectors, "UPDATE_SERVICE", f"company_id = {JUDGED}", ANY_JUDGED
    ),
    "a deletion of any company's connection": Planted(
        "disconnectService", service, "DELETE_CONNECTION", "s.company_id = {0} and ", ""
    ),
    "a connection in another company": Planted(
        "connectService", connectors, "INSERT_SERVICE", "select company,", f"select {TWIN},"
    ),
    "a document of any company": Planted("sendDocument", requests, "FIND_DOCUMENT", MINE, ANY),
    "a request in another company": Planted(
        "startImport", requests, "INSERT_IMPORT", "select company,", f"select {TWIN},"
    ),
    "every company's requests": Planted("requestExport", requests, "COUNT_WAITING_EXPORTS", MINE, ANY),
    "a request for access in another company": Planted(
        "requestAccess",
        access_request,
        "INSERT_REQUEST",
        "select {},",
        "select md5('twin of ' || {})::uuid,",
        by="anna",
    ),
    "an owner of any company": Planted(
        "updateConnectedService",
        company_lock,
        "FIND_ENTERED_COMPANY",
        "m.account_id = $2",
        "$2::uuid is not null",
        by="stranger",
    ),
}


def inputs(firm: Firm, other: Firm) -> Mapping[str, Mapping[str, Any]]:
    """An input for each mutation, in `firm`; `other` is a company that its people cannot enter."""
    of = {"companyId": firm.id}
    connection = {**of, "connectedServiceId": f"cns_{SERVICE.hex}"}
    names = {"firstName": "Zoé", "lastName": "Martin"}
    return {
        "acceptInvitation": {"token": LETTER},
        "connectService": {**of, "app": "PONTO", "label": "Ponto"},
        "createCompany": {"name": "Zoé & Fils"},
        "createUser": {**of, **names, "email": other["anna"].email, "role": "EMPLOYEE"},
        "decideAccessRequest": {"requestId": f"arq_{REQUEST.hex}", "granted": True},
        "deleteUser": {**of, "userId": firm["pending"].id},
        "disconnectService": connection,
        "requestAccess": {**of, "app": "STOCK", "reason": "For the depot"},
        "requestExport": {**of, "model": "INVOICES", "format": "CSV"},
        "sendDocument": {**of, "documentId": f"inv_{INVOICE.hex}", "to": "zoe@x.test", "subject": "x"},
        "setAppAccess": {**of, "expectedVersion": 1, "changes": [change(firm["anna"], "STOCK", granted=True)]},
        "startImport": {**of, "model": "INVOICES", "format": "CSV"},
        "updateCompany": {**of, "name": "Zoé & Co"},
        "updateConnectedService": {**connection, "label": "Bank"},
        "updateUser": {**of, **names, "userId": firm["anna"].id, "role": "OWNER"},
    }


@asynccontextmanager
async def office(databases: Databases, template: str) -> AsyncGenerator[tuple[Database, Connection]]:
    """A database of the test's own for the product, and a separate connection to it."""
    dsn = await databases.clone(template)
    database, connection = await Database.open(dsn, PoolSettings(size=2, share=2)), await connect(dsn)
    try:
        yield database, connection
    finally:
        await connection.close()
        await database.close()
        await databases.drop(dsn)


@pytest.mark.parametrize("name", PLANTED)
async def test_a_write_that_is_not_held_to_its_company_is_noticed(
    databases: Databases, template: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    planted = PLANTED[name]
    mutation = planted.mutation
    async with office(databases, template) as (database, connection):
        firm, other = await Firm.found(connection, "STOCK", "PONTO"), await Firm.found(connection)
        members = [firm[name].membership for name in ("owner", "bram")]
        await connection.execute(MAKE_ROWS, firm.key, SERVICE, INVOICE, EXPORT, members[0], REQUEST, members[1])
        await add_twins(connection)
        await connection.execute(MAKE_LETTERS, firm.key, firm["pending"].membership, hash_token(LETTER))
        token = other["owner"].token if planted.by == "stranger" else firm[planted.by].token
        document = DOCUMENT % (mutation[0].upper() + mutation[1:], mutation)
        given = inputs(firm, other)[mutation]
        with monkeypatch.context() as patch, trespassing() as found:
            planted.plant(patch)
            answer = await Asker(Executor(database))(token, document, input=given)
        assert len(found) == 1
        assert answer.codes == ["INTERNAL"]
        answer = await Asker(Executor(database))(token, document, input=given)
    assert answer.errors == ()
    told = [error["code"] for error in answer.data[mutation]["errors"]]
    assert told == (["NOT_FOUND"] if planted.by == "stranger" else [])
