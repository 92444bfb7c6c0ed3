"""From an operation's selection to one SQL statement.

It looks up the token, judges every gate, reads the data and writes the JSON.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from db.sql import Json, Sql, Text, concatenation, every, join, literal, number, rows, sql
from db.tables.identity import account, credential, membership
from db.tokens import CredentialKind
from resolvers.compilation import Bindings, Compilation, Source
from resolvers.cost import NOTHING, Cost
from resolvers.presence import is_in
from resolvers.request import AFTER_DATA, BEFORE_DATA
from resolvers.scopes import VIEWER, Entry
from schema.declarations import Gate

STATEMENT, PARAMETER, ENTRY = 4_000, 400, 600
"""What a statement takes in memory besides its text, and each parameter and entry of it; in bytes."""


MORE: Final[Mapping[CredentialKind, Sql]] = {
    CredentialKind.API_KEY: sql("hidden_fields"),
    CredentialKind.VIEW_AS: sql("language"),
}
"""What the end of a statement wants to know of the caller besides, by the kind of credential."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A company scope of a finished statement.

    Its gates in the order of their judgements, and the selections behind them.
    """

    gates: tuple[Gate, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with the source of each parameter.

    Its columns are the response (`{"data":…}`), the closed gates (null: none), the credential's key, with closed gates
    the viewer's language, and of an API key how it wants hidden fields to be told; of a live one also the account, and
    the language in any case. `cost` is known before it runs; `weight`
    estimates its size in memory, in bytes.
    """

    sql: str
    parameters: tuple[Source, ...]
    scopes: tuple[Judged, ...]
    weight: int
    cost: Cost = NOTHING

    def arguments(self, bindings: Bindings) -> list[object]:
        """The parameters' values; RequestError (BAD_USER_INPUT) for one that no client may send."""
        return [source(bindings) for source in self.parameters]


def finish(to: Compilation, data: Json, *, live: bool = False) -> Statement:
    """The statement around the JSON of `data`, once everything in it is compiled."""
    json, laterals = concatenation((Text(BEFORE_DATA), *data, Text(AFTER_DATA))), _joined(to.laterals)
    found = sql(
        "select {} d, {} h, {}.id, {}.account_id{} from (select {}) one left join viewer {} on true{}",
        json,
        _closed(to),
        VIEWER,
        VIEWER,
        sql(", {}.{}", VIEWER, MORE[to.kind]) if to.kind in MORE else sql(""),
        join(", ", [number(1), *_unmentioned(to, json, laterals)]),
        VIEWER,
        laterals,
    )
    login = rows(account, sql("w"))
    language = sql("(select {} from {} where {} = s.account_id)", login["language"], login.source, login["id"])
    spoken = sql("s.language") if to.kind is CredentialKind.VIEW_AS else language
    statement = sql(
        "with viewer as materialized ({}){} select s.d::varchar, s.h::varchar, s.id, {}{}{} from ({}) s",
        caller(to),
        join("", to.commons),
        spoken if live else sql("case when s.h is not null then {} end", spoken),
        sql(", s.hidden_fields") if to.kind is CredentialKind.API_KEY else sql(""),
        sql(", s.account_id") if live else sql(""),
        found,
    )
    scopes = tuple(Judged(tuple(scope.gates), tuple(scope.entries)) for scope in to.scopes)
    to.budget.write(0, len(statement))
    entries = sum(len(scope.entries) for scope in scopes)
    cost = to.costs.total(to.budget.points)
    weight = STATEMENT + len(statement) + PARAMETER * len(to.parameters) + ENTRY * entries + to.carried + cost.weight
    return Statement(str(statement), tuple(to.parameters), scopes, weight, cost)


def _joined(laterals: Sequence[tuple[Sql, Sql]]) -> Sql:
    """The lateral joins, each under its alias.

    `offset 0` keeps PostgreSQL from pulling several up: it would copy the expressions of all for each of them.
    """
    fence = sql(" offset 0") if len(laterals) > 1 else sql("")
    return join("", [sql(" left join lateral ({}{}) {} on true", select, fence, name) for select, name in laterals])


def _unmentioned(to: Compilation, *texts: Sql) -> list[Sql]:
    """The parameters that stand nowhere else, such as the page size of a list that is only counted.

    PostgreSQL has to see the type of each.
    """
    mentioned = {name for text in texts for name in re.findall(r"\$\d+", text)}
    return [bound for bound in to.bound if bound.partition("::")[0] not in mentioned]


def caller(to: Compilation) -> Sql:
    """Who calls, by the credential, for the kind that the statement is for; no row where nobody does."""
    return _viewing(to) if to.kind is CredentialKind.VIEW_AS else _viewer(to)


def _viewer(to: Compilation) -> Sql:
    """The caller by the credential; no row when it is unknown, of another kind, or has expired."""
    shown = rows(credential, sql("k"))
    token = to.source(lambda bindings: bindings.token_hash, "bytea")
    login = rows(account, sql("u"))
    language = sql(", {} language", login["language"]) if to.speaks else sql("")
    joined = sql(" join {} on {} = {}", login.source, login["id"], shown["account_id"]) if to.speaks else sql("")
    bound = sql(", {}, {}", shown["company_id"], shown["hidden_fields"])
    return sql(
        "select {}, {}{}{} from {}{} where {} = {} and {} > now() and {} = {}",
        shown["id"],
        shown["account_id"],
        bound if to.kind is CredentialKind.API_KEY else sql(""),
        language,
        shown.source,
        joined,
        shown["token_hash"],
        token,
        shown["expires_at"],
        shown["kind"],
        literal(to.kind.name),
    )


def _viewing(to: Compilation) -> Sql:
    """Whom an owner looks as, by the credential: a member whose account is the caller's.

    The names and the language are the membership's. No row when one of the two is not in the company any more, or who
    looks is no owner there.
    """
    shown = rows(credential, sql("k"))
    viewed, owner = (rows(membership, name, company=shown["company_id"]) for name in (sql("m"), sql("o")))
    inside = [condition for member in (viewed, owner) for condition in (*member.where, is_in(member))]
    return sql(
        "select {}, {}, {}, {}, {}, {}, {} from {}, {}, {} where {}",
        *(shown[column] for column in ("id", "company_id", "membership_id")),
        *(viewed[column] for column in ("account_id", "first_name", "last_name", "language")),
        shown.source,
        viewed.source,
        owner.source,
        every(
            [
                sql("{} = {}", shown["token_hash"], to.source(lambda bindings: bindings.token_hash, "bytea")),
                sql("{} > now()", shown["expires_at"]),
                sql("{} = {}", shown["kind"], literal(to.kind.name)),
                *inside,
                sql("{} = {}", viewed["id"], shown["membership_id"]),
                sql("not {}", viewed["external"]),
                sql("{} = {}", owner["account_id"], shown["account_id"]),
                sql("{} = 'OWNER'", owner["role"]),
            ]
        ),
    )


def _closed(to: Compilation) -> Sql:
    """The closed gates of every site, `;` between them; null when all are open."""
    if not any(scope.gates for scope in to.scopes):
        return sql("null")
    columns = [sql("coalesce({}.h, '')", site.lateral) for site in to.sites]
    return sql("nullif({}, {})", join(" || ';' || ", columns), literal(";" * (len(columns) - 1)))
