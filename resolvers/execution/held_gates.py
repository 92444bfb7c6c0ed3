"""The gates that a credential passes in at least one company: the union over all companies that it enters now.

A statement of its own, built from the same pieces as every other. It is read before the operation's own statement, and
only for introspection and the mode `absent`: these depend on the names that the viewer may know, not on a company's
row.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from asyncpg import Record

from db.sql import Sql, sql
from db.tokens import CredentialKind
from resolvers.compilation.company_scope import VIEWER, enterable, is_owner
from resolvers.compilation.context import Bindings, StatementContext
from resolvers.compilation.statement import caller
from resolvers.gates.visibility import Held
from resolvers.operation.arguments import Inputs
from resolvers.operation.selection import Collector
from schema import schema
from schema.apps import CATALOGUE
from schema.hidden_fields import HiddenFields
from schema.roles import Role

KEY, APPS, OWNER, MODE = range(4)
"""The columns: the credential's key (null: unknown), the apps as text of bits, the flag of an owner or a stand-in for
one in any company (apps and flag are null: no company), and an API key's mode."""

OF_KEY: Final[dict[CredentialKind, Sql]] = {CredentialKind.API_KEY: sql("{}.hidden_fields", VIEWER)}


@dataclass(frozen=True, slots=True)
class HeldStatement:
    """The SQL that reads the gates held by a kind of credential, and its arguments."""

    sql: str
    ctx: StatementContext

    def arguments(self, token_hash: bytes | None) -> list[object]:
        """The parameters' values."""
        bindings = Bindings({}, token_hash)
        return [source(bindings) for source in self.ctx.parameters]


@cache
def held_statement(kind: CredentialKind) -> HeldStatement:
    """The statement for a kind of credential."""
    inputs = Inputs({})
    ctx = StatementContext(inputs, Collector(schema.core, {}, inputs), kind)
    scope = ctx.enter()
    source, entered = enterable(scope)
    text = sql(
        "with viewer as materialized ({}) select {}.id, h.apps, h.owner, {} from (select 1) one "
        "left join viewer {} on true left join lateral "
        "(select bit_or({})::text apps, bool_or({}) owner from {} where {}) h on true",
        caller(ctx),
        VIEWER,
        OF_KEY.get(kind, sql("null::text")),
        VIEWER,
        scope.effective,
        is_owner(scope.membership, stands_in=True),
        source,
        entered,
    )
    return HeldStatement(str(text), ctx)


def held_in(record: Record) -> Held:
    """The gates in a row of the statement."""
    bits: str = record[APPS] or ""
    apps = [app for app, entry in CATALOGUE.items() if bits[entry.position : entry.position + 1] == "1"]
    return frozenset((*apps, Role.OWNER) if record[OWNER] else apps)


def mode_in(record: Record) -> HiddenFields:
    """The mode of hidden fields that an API key was made with."""
    return HiddenFields[record[MODE]]
