"""The gates that a credential's bearer passes somewhere: the union over all companies that it enters now.

A statement of its own, made of the pieces of every statement. Only introspection and the mode `absent` ask it, before
the operation's own: what they answer depends on which names there are, not on a company's row.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from asyncpg import Record

from db.sql import Sql, sql
from db.tokens import CredentialKind
from resolvers.compilation import Bindings, Compilation
from resolvers.inputs import Inputs
from resolvers.scopes import VIEWER, entrance, is_owner
from resolvers.selection import Collector
from resolvers.statement import caller
from resolvers.visibility import Held
from schema import schema
from schema.access import HiddenFields
from schema.apps import CATALOGUE
from schema.declarations import Role

KEY, APPS, OWNER, MODE = range(4)
"""The columns: the credential's key (null: it is unknown), the apps as text of bits, whether it is an owner somewhere,
or stands in for one (both null: no company), and an API key's mode."""

OF_KEY: Final[dict[CredentialKind, Sql]] = {CredentialKind.API_KEY: sql("{}.hidden_fields", VIEWER)}


@dataclass(frozen=True, slots=True)
class HeldStatement:
    """The SQL that reads what a kind of credential holds, and its arguments."""

    sql: str
    to: Compilation

    def arguments(self, token_hash: bytes | None) -> list[object]:
        """The parameters' values."""
        bindings = Bindings({}, token_hash)
        return [source(bindings) for source in self.to.parameters]


@cache
def held_statement(kind: CredentialKind) -> HeldStatement:
    """The statement for a kind of credential."""
    inputs = Inputs({})
    to = Compilation(inputs, Collector(schema.core, {}, inputs), kind)
    scope = to.enter(None)
    source, entered = entrance(scope)
    text = sql(
        "with viewer as materialized ({}) select {}.id, h.apps, h.owner, {} from (select 1) one "
        "left join viewer {} on true left join lateral "
        "(select bit_or({})::text apps, bool_or({}) owner from {} where {}) h on true",
        caller(to),
        VIEWER,
        OF_KEY.get(kind, sql("null::text")),
        VIEWER,
        scope.effective,
        is_owner(scope.membership, stands_in=True),
        source,
        entered,
    )
    return HeldStatement(str(text), to)


def held_in(record: Record) -> Held:
    """The gates in a row of the statement."""
    bits: str = record[APPS] or ""
    apps = [app for app, entry in CATALOGUE.items() if bits[entry.position : entry.position + 1] == "1"]
    return frozenset((*apps, Role.OWNER) if record[OWNER] else apps)


def mode_in(record: Record) -> HiddenFields:
    """How an API key wants hidden fields to be told."""
    return HiddenFields[record[MODE]]
