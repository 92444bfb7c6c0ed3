"""From the compiled JSON of an operation to one SQL statement.

The statement looks up the credential, judges every gate, reads the data and writes the JSON.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from db.sql import Json, Rows, Sql, Text, concatenation, every, join, literal, number, rows, sql
from db.tables.core.identity import account, credential, membership
from db.tokens import CredentialKind
from resolvers.compilation.company_scope import VIEWER, GatedSelection
from resolvers.compilation.context import Bindings, Source, StatementContext, seen_before, token_hashes
from resolvers.compilation.cost import NOTHING, Cost
from resolvers.fair_use.budget import BRIEF, BRIEF_PAGES, Work
from resolvers.membership import views_as
from resolvers.request import AFTER_DATA, BEFORE_DATA
from schema.declarations.gates import Gate

STATEMENT, PARAMETER, ENTRY = 4_000, 400, 600
"""Estimated size in memory of a statement besides its text, and of each parameter and entry; in bytes."""


OF_CREDENTIAL: Final = re.compile(rf"\b{VIEWER}\.id\b")
"""The columns of the viewer's credential that differ between two sessions of one account."""

LANGUAGE_OF_VIEWER: Final = sql("language")


@dataclass(frozen=True, slots=True)
class ScopeGates:
    """A company scope of a finished statement: its gates in column order, and the selections behind them."""

    gates: tuple[Gate, ...]
    entries: tuple[GatedSelection, ...]


RESPONSE, CLOSED_GATES, CREDENTIAL, LANGUAGE, ACCOUNT, MODE = range(6)
"""The columns of a statement's row.

The response (`{"data":…}`); the closed gates, null when there are none; the credential's key, null when it is not
known; the viewer's language, null where no message needs it, except of a live operation; the credential's account; and,
of an API key only, its mode for hidden fields.
"""

TERM: Final = "term"
"""The name of a further column of a live operation: the seconds until its answer may change by itself; null: never."""

KNOWN: Final = "known"
"""The name of a further column of a live operation that is read for several sessions at once: the hashes of those of
their tokens that are valid and of the account that it was read for."""

POSITION: Final = "position"
"""The name of a further column of a write or a payload: a database has the written rows once all
transactions below this number are over there; null: nothing was written. A payload is read after a commit: a database
has all rows that it saw."""

SNAPSHOT: Final = "snapshot"
"""The last column of a statement that reads changes: the snapshot that it saw."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with the source of each parameter.

    Its columns have names of their own (`RESPONSE` and so on). `cost` is known before it runs; `weight` estimates its
    size in memory, in bytes. `is_brief`: PostgreSQL is done with it in a few milliseconds. `is_whole` is False for a
    write whose payload is read after it.
    """

    sql: str
    parameters: tuple[Source, ...]
    scopes: tuple[ScopeGates, ...]
    weight: int
    cost: Cost = NOTHING
    is_brief: bool = False
    is_whole: bool = True

    @property
    def since(self) -> int | None:
        """The place of the snapshot after which it reads changes among the parameters; None if it reads no changes."""
        return self.parameters.index(seen_before) if seen_before in self.parameters else None

    @property
    def tokens(self) -> int | None:
        """The place of the hashes of tokens among the parameters; None if it is read for one credential alone."""
        return self.parameters.index(token_hashes) if token_hashes in self.parameters else None

    def arguments(self, bindings: Bindings) -> list[object]:
        """The parameters' values. Raises RequestError (BAD_USER_INPUT) for a value that no client may send."""
        return [source(bindings) for source in self.parameters]


def finish(
    ctx: StatementContext, data: Json, *, live: bool = False, payload: bool = False, outcome: Sql | None = None
) -> Statement:
    """The statement around the compiled JSON of `data`; `live`: for a subscription, `payload`: read after a write.

    `outcome` of a write is a select of at most one row, whose columns follow those of the statement.
    """
    json, laterals = concatenation((Text(BEFORE_DATA), *data, Text(AFTER_DATA))), _joined(ctx.laterals)
    shares = live and _is_of_account(ctx, json, laterals)
    found = _found(ctx, json, laterals, outcome, live=live)
    viewer = _viewer(ctx, shares=True) if shares else caller(ctx)
    text = sql(
        "with viewer as ({}){} select {}{}{}{} from ({}) s{}",
        viewer,
        join("", ctx.commons),
        _columns(ctx, live=live),
        sql(", array({}) known", _known(ctx)) if shares else sql(""),
        sql(", pg_current_snapshot() snapshot") if seen_before in ctx.parameters else sql(""),
        _position(payload=payload, writes=outcome is not None),
        found,
        sql(" left join ({}) o on true", outcome) if outcome is not None else sql(""),
    )
    return _measured(ctx, text)


def _found(ctx: StatementContext, json: Sql, laterals: Sql, outcome: Sql | None, *, live: bool) -> Sql:
    """The select of one row: the JSON, the closed gates and columns of the viewer, which are null without a viewer.

    It mentions each parameter that is bound so far and that no other part of the statement mentions.
    """
    used = (json, laterals, *ctx.commons, *([outcome] if outcome else []))
    return sql(
        "select {} d, {} h, {}.id, {}.{}{}{} from (select {}) one left join viewer {} on true{}",
        json,
        _closed(ctx),
        VIEWER,
        VIEWER,
        sql("payer account_id") if ctx.kind is CredentialKind.VIEW_AS else sql("account_id"),
        join("", [sql(", {}.{}", VIEWER, column) for column in _more(ctx)]),
        sql(", {} term", _term(ctx)) if live else sql(""),
        join(", ", [number(1), *unmentioned(ctx, *used)]),
        VIEWER,
        laterals,
    )


def _columns(ctx: StatementContext, *, live: bool) -> Sql:
    """The columns from `RESPONSE` to `MODE`, and `TERM`, from the row `s` of `_found`."""
    return sql(
        "s.d::varchar, s.h::varchar, s.id, {}, s.account_id{}{}",
        _language(ctx, live=live),
        sql(", s.hidden_fields") if ctx.kind is CredentialKind.API_KEY else sql(""),
        sql(", s.term") if live else sql(""),
    )


def _language(ctx: StatementContext, *, live: bool) -> Sql:
    """The column `LANGUAGE`: the viewer's language where a message may need it, and always of a live operation."""
    login = rows(account, sql("w"))
    stored = sql("(select {} from {} where {} = s.account_id)", login["language"], login.source, login["id"])
    language = sql("s.language") if LANGUAGE_OF_VIEWER in _more(ctx) else stored
    if live:
        return language
    return sql("case when s.h is not null then {} end", language) if _has_reasons(ctx) else sql("null::text")


def _position(*, payload: bool, writes: bool) -> Sql:
    """The column `POSITION` of a payload, or that of a write before the columns of its outcome `o`; else nothing."""
    if writes:
        return sql(", (pg_current_xact_id_if_assigned()::text::int8 + 1) position, o.*")
    return sql(", pg_snapshot_xmax(pg_current_snapshot())::text::int8 position") if payload else sql("")


def _measured(ctx: StatementContext, text: Sql) -> Statement:
    """The statement with this text, its cost and its size in memory."""
    scopes = tuple(ScopeGates(tuple(scope.gates), tuple(scope.entries)) for scope in ctx.scopes)
    ctx.budget.write(0, len(text))
    entries = sum(len(scope.entries) for scope in scopes)
    cost = ctx.costs.total(ctx.budget.points)
    weight = STATEMENT + len(text) + PARAMETER * len(ctx.parameters) + ENTRY * entries + ctx.carried + cost.weight
    is_brief = cost.most + ctx.budget.points_of(Work.STATEMENT) <= (BRIEF if ctx.costs.grows else BRIEF_PAGES)
    return Statement(str(text), tuple(ctx.parameters), scopes, weight, cost, is_brief)


def _more(ctx: StatementContext) -> list[Sql]:
    """Further columns of the viewer that the end of a statement needs."""
    of_key = [sql("hidden_fields")] if ctx.kind is CredentialKind.API_KEY else []
    return [*of_key, LANGUAGE_OF_VIEWER] if ctx.speaks or ctx.kind is CredentialKind.VIEW_AS else of_key


def _has_reasons(ctx: StatementContext) -> bool:
    """True if a message may be written about a closed gate: of an input, or as the mode of hidden fields asks for."""
    refuses = any(entry.inputs for scope in ctx.scopes for entry in scope.entries)
    return ctx.has_reasons or refuses or ctx.kind is CredentialKind.API_KEY


def _term(ctx: StatementContext) -> Sql:
    """The seconds until the next of the moments in the only lateral join of `sites`; null without one."""
    ends = [sql("extract(epoch from {}.term - now())::float8", site.lateral) for site in ctx.sites]
    return ends[0] if ends else sql("null::float8")


def _joined(laterals: Sequence[tuple[Sql, Sql]]) -> Sql:
    """The lateral joins, each under its alias.

    `offset 0` keeps PostgreSQL from pulling up several, which would copy the expressions of all for each of them.
    """
    fence = sql(" offset 0") if len(laterals) > 1 else sql("")
    return join("", [sql(" left join lateral ({}{}) {} on true", select, fence, name) for select, name in laterals])


def unmentioned(ctx: StatementContext, *texts: Sql) -> list[Sql]:
    """The parameters that these texts do not use, such as the page size of a list that is only counted.

    PostgreSQL has to see the type of each parameter.
    """
    mentioned = {name for text in texts for name in re.findall(r"\$\d+", text)}
    return [bound for bound in ctx.bound if bound.partition("::")[0] not in mentioned]


def caller(ctx: StatementContext) -> Sql:
    """The select of the viewer by the credential, for the statement's kind of credential; no row if it is not valid."""
    return _viewing(ctx) if ctx.kind is CredentialKind.VIEW_AS else _viewer(ctx)


def _is_of_account(ctx: StatementContext, *texts: Sql) -> bool:
    """True if the rest of a statement reads nothing of a session but its account, whose sessions all see the same."""
    return ctx.kind is CredentialKind.SESSION and not any(map(OF_CREDENTIAL.search, (*texts, *ctx.commons)))


def _known(ctx: StatementContext) -> Sql:
    """The select of those hashes of tokens whose sessions are valid and of the account that is read for."""
    known = rows(credential, sql("o"))
    return sql(
        "select {} from {} where {} and {} = s.account_id",
        known["token_hash"],
        known.source,
        _is_valid(ctx, known, shares=True),
        known["account_id"],
    )


def _is_valid(ctx: StatementContext, shown: Rows, *, shares: bool) -> Sql:
    """The condition that a credential is that of the token, has not expired and is of the statement's kind.

    `shares`: it is that of one of several tokens.
    """
    if shares:
        token = sql("any({})", ctx.source(token_hashes, "bytea[]", token_hashes))
    else:
        token = ctx.source(lambda bindings: bindings.token_hash, "bytea")
    return sql(
        "{} = {} and {} > now() and {} = {}",
        shown["token_hash"],
        token,
        shown["expires_at"],
        shown["kind"],
        literal(ctx.kind.name),
    )


def _viewer(ctx: StatementContext, *, shares: bool = False) -> Sql:
    """The select of a session's or API key's viewer; no row for an unknown, expired or other kind of credential.

    `shares`: of any one session of those that share the statement.
    """
    shown = rows(credential, sql("k"))
    login = rows(account, sql("u"))
    language = sql(", {} language", login["language"]) if ctx.speaks else sql("")
    if ctx.writes:
        language = sql("{}, {}, {}", language, shown["read_only"], login["confirmed"])
    joined = sql(" join {} on {} = {}", login.source, login["id"], shown["account_id"]) if ctx.speaks else sql("")
    columns = ("company_id", "hidden_fields", "created_at", "closed", "apps")
    bound = sql(", {}, {}, {}, {}, {}", *(shown[column] for column in columns))
    return sql(
        "select {}, {}{}{} from {}{} where {}{}",
        shown["id"],
        shown["account_id"],
        bound if ctx.kind is CredentialKind.API_KEY else sql(""),
        language,
        shown.source,
        joined,
        _is_valid(ctx, shown, shares=shares),
        sql(" limit 1") if shares else sql(""),
    )


def _viewing(ctx: StatementContext) -> Sql:
    """The select of a view-as credential's viewer: the account of the member that an owner views the company as.

    The names and the language are the membership's; `payer` is the owner's account. There is no row if the member or
    the owner is not in the company any more, or the owner has lost that role.
    """
    shown = rows(credential, sql("k"))
    viewed, owner = (rows(membership, name, company=shown["company_id"]) for name in (sql("m"), sql("o")))
    return sql(
        "select {}, {}, {}, {} payer, {}, {}, {}, {} from {}, {}, {} where {}",
        *(shown[column] for column in ("id", "company_id", "membership_id", "account_id")),
        *(viewed[column] for column in ("account_id", "first_name", "last_name", "language")),
        shown.source,
        viewed.source,
        owner.source,
        every(
            [
                sql("{} = {}", shown["token_hash"], ctx.source(lambda bindings: bindings.token_hash, "bytea")),
                sql("{} > now()", shown["expires_at"]),
                sql("{} = {}", shown["kind"], literal(ctx.kind.name)),
                views_as(owner, viewed, shown.name),
            ]
        ),
    )


def _closed(ctx: StatementContext) -> Sql:
    """The closed gates of every lateral join in `sites`, joined by `;`; null if all are open."""
    if not any(scope.gates for scope in ctx.scopes):
        return sql("null")
    if len(ctx.sites) == 1:
        return sql("{}.h", ctx.sites[0].lateral)
    columns = [sql("coalesce({}.h, '')", site.lateral) for site in ctx.sites]
    return sql("nullif({}, {})", join(" || ';' || ", columns), literal(";" * (len(columns) - 1)))
