"""From an operation's selection to one SQL statement.

It looks up the token, judges every gate, reads the data and writes the JSON.
"""

import re
from dataclasses import dataclass

from db.sql import Json, Sql, Text, concatenation, join, literal, number, rows, sql
from db.tables.identity import account, credential
from resolvers.compilation import VIEWER, Bindings, Compilation, Entry, Source
from resolvers.request import AFTER_DATA, BEFORE_DATA
from schema.declarations import Gate

STATEMENT, PARAMETER, ENTRY = 4_000, 400, 600
"""What a statement takes in memory besides its text, and each parameter and entry of it; in bytes."""


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

    Its columns are the response (`{"data":…}`), the closed gates (null: none), the credential's key, and with closed
    gates the viewer's language. `weight` estimates its size in memory, in bytes.
    """

    sql: str
    parameters: tuple[Source, ...]
    scopes: tuple[Judged, ...]
    weight: int

    def arguments(self, bindings: Bindings) -> list[object]:
        """The parameters' values; RequestError (BAD_USER_INPUT) for one that no client may send."""
        return [source(bindings) for source in self.parameters]


def finish(to: Compilation, data: Json) -> Statement:
    """The statement around the JSON of `data`, once everything in it is compiled."""
    json, laterals = concatenation((Text(BEFORE_DATA), *data, Text(AFTER_DATA))), join("", to.laterals)
    found = sql(
        "select {} d, {} h, {}.id, {}.account_id from (select {}) one left join viewer {} on true{}",
        json,
        _closed(to),
        VIEWER,
        VIEWER,
        join(", ", [number(1), *_unmentioned(to, json, laterals)]),
        VIEWER,
        laterals,
    )
    login = rows(account, sql("w"))
    language = sql("(select {} from {} where {} = s.account_id)", login["language"], login.source, login["id"])
    statement = sql(
        "with viewer as materialized ({}){} "
        "select s.d::varchar, s.h::varchar, s.id, case when s.h is not null then {} end from ({}) s",
        _viewer(to),
        join("", to.commons),
        language,
        found,
    )
    scopes = tuple(Judged(tuple(scope.gates), tuple(scope.entries)) for scope in to.scopes)
    entries = sum(len(scope.entries) for scope in scopes)
    weight = STATEMENT + len(statement) + PARAMETER * len(to.parameters) + ENTRY * entries + to.carried
    return Statement(str(statement), tuple(to.parameters), scopes, weight)


def _unmentioned(to: Compilation, *texts: Sql) -> list[Sql]:
    """The parameters that stand nowhere else, such as the page size of a list that is only counted.

    PostgreSQL has to see the type of each.
    """
    mentioned = {name for text in texts for name in re.findall(r"\$\d+", text)}
    return [bound for bound in to.bound if bound.partition("::")[0] not in mentioned]


def _viewer(to: Compilation) -> Sql:
    """The caller by the credential; no row when it is unknown or has expired."""
    shown = rows(credential, sql("k"))
    token = to.source(lambda bindings: bindings.token_hash, "bytea")
    login = rows(account, sql("u"))
    language = sql(", {} language", login["language"]) if to.speaks else sql("")
    joined = sql(" join {} on {} = {}", login.source, login["id"], shown["account_id"]) if to.speaks else sql("")
    return sql(
        "select {}, {}{} from {}{} where {} = {} and {} > now()",
        shown["id"],
        shown["account_id"],
        language,
        shown.source,
        joined,
        shown["token_hash"],
        token,
        shown["expires_at"],
    )


def _closed(to: Compilation) -> Sql:
    """The closed gates of every site, `;` between them; null when all are open."""
    if not any(scope.gates for scope in to.scopes):
        return sql("null")
    columns = [sql("coalesce({}.h, '')", site.lateral) for site in to.sites]
    return sql("nullif({}, {})", join(" || ';' || ", columns), literal(";" * (len(columns) - 1)))
