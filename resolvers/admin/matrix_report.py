"""Reports for the operator: a company's permission matrix, now or at a moment, and the schema that an account sees.

They run the compiled statements of the API with a session that is opened and deleted in one transaction, so that no
other transaction ever sees it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from db.connection import Connection
from db.database import Database
from db.schema_version import check_migrated
from db.tokens import CredentialKind, hash_token, new_token
from resolvers.admin.companies import InspectionRefused, find_company
from resolvers.compilation.context import Bindings
from resolvers.execution.held_gates import held_in, held_statement
from resolvers.execution.product import default_compiler
from resolvers.gates.schema_views import Views
from resolvers.membership import present
from resolvers.operation.documents import Documents
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
OPEN_OWNERS_SESSION: Final = f"""
insert into credential (token_hash, account_id, expires_at)
select $1, m.account_id, now() + interval '1 minute' from membership m
where m.company_id = $2 and m.role = 'OWNER' and {present("m")}
order by m.created_at, m.id limit 1
returning id
"""
OPEN_SESSION: Final = """
insert into credential (token_hash, account_id, expires_at)
select $1, id, now() + interval '1 minute' from account where email = lower($2)
returning id
"""
DELETE_SESSION: Final = "delete from credential where id = $1"


@dataclass(frozen=True, slots=True)
class Inspected:
    """A company's permission matrix, as GraphQL returns it."""

    id: str
    name: str
    matrix: Any


async def inspect_matrix(database: Database, named: str, at: datetime | None) -> Inspected:
    """The permission matrix of the company with this id or name, as it was at a moment.

    Raises InspectionRefused when no company or several have the name, and when no owner has accepted yet.
    """
    async with database.transaction() as connection:
        await check_migrated(connection)
        company = await find_company(connection, named)
        token = new_token(CredentialKind.SESSION.value)
        credential = await connection.fetchval(OPEN_OWNERS_SESSION, hash_token(token), company["id"])
        if credential is None:
            raise InspectionRefused(f"Nobody has accepted to be an owner of {company['name']} yet.")
        found = await _ask(connection, token, {"id": f"com_{company['id'].hex}", "at": at and at.isoformat()})
        await connection.execute(DELETE_SESSION, credential)
    return Inspected(found["id"], found["name"], found["permissionMatrix"])


async def schema_seen_by(database: Database, email: str) -> str:
    """The schema as the account with this address sees it, as SDL. Raises InspectionRefused for an unknown address."""
    async with database.transaction() as connection:
        await check_migrated(connection)
        token = new_token(CredentialKind.SESSION.value)
        credential = await connection.fetchval(OPEN_SESSION, hash_token(token), email.replace("\0", ""))
        if credential is None:
            raise InspectionRefused(f"Nobody has the address {email}.")
        statement = held_statement(CredentialKind.SESSION)
        record = await connection.fetchrow(statement.sql, *statement.arguments(hash_token(token)))
        assert record is not None, "a statement gives one row"
        await connection.execute(DELETE_SESSION, credential)
    view = Views(default_compiler().schema).of(held_in(record))
    return schema.text_of(view.schema).rstrip("\n") + "\n"


async def _ask(connection: Connection, token: str, given: dict[str, Any]) -> Any:
    compiler = default_compiler()
    operation = Documents(compiler.schema).find(MATRIX).choose(None)
    variables = operation.coerce(given)
    statement = compiler.read(operation, variables)
    record = await connection.fetchrow(statement.sql, *statement.arguments(Bindings(variables, hash_token(token))))
    assert record is not None, "a statement gives one row"
    return orjson.loads(record[0])["data"]["company"]
