"""What an operator may ask of a company: its permission matrix, now or at a moment, by the statement that owners use.

The statement runs for an owner of the company, by a credential that is gone before anybody else could see it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from asyncpg import Record

from db.connection import Connection
from db.database import Database
from db.migrate import is_migrated
from db.tokens import CredentialKind, hash_token, new_token
from resolvers.compilation import Bindings
from resolvers.convert import Key
from resolvers.execution import default_compiler
from resolvers.held import held_in, held_statement
from resolvers.operation import Documents
from resolvers.presence import present
from resolvers.views import Views
from schema import schema

MATRIX: Final = """
query ($id: ID!, $at: DateTime) {
  company(id: $id) {
    id name permissionMatrix(at: $at) {
      version apps { app }
      rows {
        user { id firstName lastName email role status }
        externalUser { id firstName lastName email kind officeName since until }
        cells { app granted effective editable reason }
      }
    }
  }
}
"""
NAMED: Final = """
select id, name from company where id = $1::uuid or lower(name) = lower($2) order by created_at, id limit $3
"""
SIGN_IN: Final = f"""
insert into credential (token_hash, account_id, expires_at)
select $1, m.account_id, now() + interval '1 minute' from membership m
where m.company_id = $2 and m.role = 'OWNER' and {present("m")}
order by m.created_at, m.id limit 1
returning id
"""
SIGN_IN_AS: Final = """
insert into credential (token_hash, account_id, expires_at)
select $1, id, now() + interval '1 minute' from account where email = lower($2)
returning id
"""
SIGN_OUT: Final = "delete from credential where id = $1"
TOLD: Final = 10
"""So many companies of the same name are told."""


class InspectionRefused(Exception):
    """A company that cannot be looked at; the message is for the person who asked."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """A company's permission matrix as GraphQL gives it."""

    id: str
    name: str
    matrix: Any


async def inspect_matrix(database: Database, named: str, at: datetime | None) -> Inspected:
    """The permission matrix of the company with this id or name, as it was at a moment.

    Raises InspectionRefused for a name that none or several have, and for a company whose owner has not accepted yet.
    """
    async with database.transaction() as connection:
        if not await is_migrated(connection):
            raise InspectionRefused("The database is not that of this version: enfact migrate brings it there.")
        company = await find_company(connection, named)
        token = new_token(CredentialKind.SESSION.value)
        credential = await connection.fetchval(SIGN_IN, hash_token(token), company["id"])
        if credential is None:
            raise InspectionRefused(f"Nobody has accepted to be an owner of {company['name']} yet.")
        found = await _ask(connection, token, {"id": f"com_{company['id'].hex}", "at": at and at.isoformat()})
        await connection.execute(SIGN_OUT, credential)
    return Inspected(found["id"], found["name"], found["permissionMatrix"])


async def schema_seen_by(database: Database, email: str) -> str:
    """The schema as the account with this address sees it, as SDL. Raises InspectionRefused for one that nobody has."""
    async with database.transaction() as connection:
        if not await is_migrated(connection):
            raise InspectionRefused("The database is not that of this version: enfact migrate brings it there.")
        token = new_token(CredentialKind.SESSION.value)
        credential = await connection.fetchval(SIGN_IN_AS, hash_token(token), email.replace("\0", ""))
        if credential is None:
            raise InspectionRefused(f"Nobody has the address {email}.")
        statement = held_statement(CredentialKind.SESSION)
        record = await connection.fetchrow(statement.sql, *statement.arguments(hash_token(token)))
        assert record is not None, "a statement gives one row"
        await connection.execute(SIGN_OUT, credential)
    view = Views(default_compiler().schema).of(held_in(record))
    return schema.text_of(view.schema).rstrip("\n") + "\n"


async def find_company(connection: Connection, named: str) -> Record:
    """The key and the name of the company with this id or name. Raises InspectionRefused for none and for several."""
    key = Key(("com",))(named)
    found = await connection.fetch(NAMED, key, named.replace("\0", ""), TOLD)
    if not found:
        raise InspectionRefused(f"There is no company {named}.")
    if len(found) > 1:
        ids = ", ".join(f"com_{company['id'].hex}" for company in found)
        raise InspectionRefused(f"Several companies are called {named}; say which: {ids}.")
    return found[0]


async def _ask(connection: Connection, token: str, given: dict[str, Any]) -> Any:
    compiler = default_compiler()
    operation = Documents(compiler.schema).find(MATRIX).choose(None)
    variables = operation.coerce(given)
    statement = compiler.read(operation, variables)
    record = await connection.fetchrow(statement.sql, *statement.arguments(Bindings(variables, hash_token(token))))
    assert record is not None, "a statement gives one row"
    return orjson.loads(record[0])["data"]["company"]
