"""The parts of a statement while it is compiled: parameters, aliases, rows, and the companies entered.

`speaks`, `writes`, `carried` and `explained` serve single features, but live as long as a statement: a field each here
is less than a place for states that all features would share.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import LiteralString, NamedTuple, TypeAlias, TypeVar

from graphql import FieldNode

from db.declarations import Table
from db.sql import Rows, Sql, alias, parameter, rows, sql
from db.tables.core.identity import company, membership
from db.tokens import CredentialKind
from resolvers.compilation.company_scope import VIEWER, CompanyScope, GatedSelection, Position, enterable
from resolvers.compilation.cost import Costs, noted
from resolvers.compilation.rows_apart import RowsApart
from resolvers.fair_use.budget import Budget
from resolvers.operation.arguments import ArgumentValue, Convert, Inputs, VariableArgument, Variables, value_of
from resolvers.operation.named import NamedOperation
from resolvers.operation.selection import Collector, SelectedField
from resolvers.request import Location, RequestError, locations_of
from schema.localization.language import Language

T = TypeVar("T")


class Bindings(NamedTuple):
    """The values for the parameters of a statement: the request's variables and credential, and a mutation's results.

    `written` has the results of a mutation, by the names of the payload's fields.
    """

    variables: Variables
    token_hash: bytes | None = None
    language: Language = Language.FR
    written: Mapping[str, object] = MappingProxyType({})


Source: TypeAlias = Callable[[Bindings], object]
"""Computes a parameter's value. Raises RequestError for a value that no client may send."""


def seen_before(_bindings: Bindings) -> None:
    """The source of the snapshot whose changes a subscriber has seen: None, until there is one (`Statement.since`)."""


def token_hashes(bindings: Bindings) -> list[bytes | None]:
    """The source of the hashes for which a statement is read: that of the request, where no others join it."""
    return [bindings.token_hash]


TypeName: TypeAlias = LiteralString
"""A PostgreSQL type."""


class FieldPlace(NamedTuple):
    """The place of a field in the response and in the document, for errors about its arguments."""

    path: tuple[str, ...]
    node: FieldNode

    def place(self, refused: RequestError, variable: str | None = None) -> RequestError:
        """The refusal with this place, and with the path in the variables."""
        return refused.placed(self.path, locations_of(self.node), variable)


@dataclass(frozen=True, slots=True)
class ClientValue:
    """The source of a parameter with a client's value, which `convert` reads."""

    given: ArgumentValue
    convert: Convert
    place: FieldPlace | None

    def __call__(self, bindings: Bindings) -> object:
        """The parameter's value. Raises RequestError, with the place, for a value that no client may send."""
        given = self.given
        try:
            if isinstance(given, VariableArgument):
                return self.convert(given.place.read(bindings.variables))
            return self.convert(value_of(given, bindings.variables))
        except RequestError as refused:
            if self.place is None:
                raise
            variable = str(given.place) if isinstance(given, VariableArgument) else None
            raise self.place.place(refused, variable) from None


@dataclass(frozen=True, slots=True)
class LateralJoin:
    """A lateral join of the statement with the columns `j` (JSON) and `h` (the closed gates of each company row)."""

    lateral: Sql


@dataclass(slots=True)
class StatementContext:
    """One statement while it is compiled, for viewers with one kind of credential.

    It hands out parameters and aliases, and holds the parts of the finished statement. `speaks`: the statement reads
    the viewer's language; `writes`: also whether the viewer may write at all. `has_reasons`: each hidden field is an
    error with a message; without, only what an input refuses has one. `carried` is the size of the texts that
    it carries, in bytes. `named` has the operations of the manifests, `explained` those that it explains, by text and
    variables. `place` is the field that is compiled. `companies` has the parameters that name companies, by the ids of
    their rows: tables below such a row are compared with the parameter (DECISIONS D151). With `apart` the rows of a
    page of companies are left out.
    """

    inputs: Inputs
    collector: Collector
    kind: CredentialKind = CredentialKind.SESSION
    parameters: list[Source] = field(default_factory=list[Source])
    bound: list[Sql] = field(default_factory=list[Sql])
    scopes: list[CompanyScope] = field(default_factory=list[CompanyScope])
    laterals: list[tuple[Sql, Sql]] = field(default_factory=list[tuple[Sql, Sql]])
    sites: list[LateralJoin] = field(default_factory=list[LateralJoin])
    commons: list[Sql] = field(default_factory=list[Sql])
    costs: Costs = field(default_factory=Costs)
    speaks: bool = False
    writes: bool = False
    has_reasons: bool = True
    carried: int = 0
    place: FieldPlace | None = None
    named: Mapping[str, NamedOperation] = field(default_factory=dict[str, NamedOperation])
    explained: dict[tuple[str, str], tuple[Sql, Sql]] = field(default_factory=dict[tuple[str, str], tuple[Sql, Sql]])
    companies: dict[Sql, Sql] = field(default_factory=dict[Sql, Sql])
    apart: RowsApart | None = None
    _shared: dict[object, Sql] = field(default_factory=dict[object, Sql])
    _tables: int = 0

    @property
    def budget(self) -> Budget:
        """The work of the statement so far."""
        return self.collector.budget

    def at(self, path: tuple[str, ...], selected: SelectedField, compile_: Callable[[], T]) -> T:
        """Compile a field: errors about its arguments tell its place. Raises RequestError with it."""
        outside, self.place = self.place, FieldPlace(path, selected.nodes[0])
        try:
            return compile_()
        except RequestError as refused:
            raise self.place.place(refused) from None
        finally:
            self.place = outside

    @property
    def locations(self) -> tuple[Location, ...]:
        """The place in the document of the field that is compiled."""
        return locations_of(self.place.node) if self.place is not None else ()

    def source(self, source: Source, type_name: TypeName, share: object = None) -> Sql:
        """A parameter with this source; equal values of `share` share a parameter."""
        if share is not None and (share, type_name) in self._shared:
            return self._shared[share, type_name]
        self.parameters.append(source)
        bound = parameter(len(self.parameters), type_name)
        self.bound.append(bound)
        if share is not None:
            self._shared[share, type_name] = bound
        return bound

    def bind(self, given: ArgumentValue, convert: Convert, type_name: TypeName) -> Sql:
        """A parameter with a client's value; `convert` raises RequestError for a value that no client may send."""
        share = (given.place, convert) if isinstance(given, VariableArgument) else None
        return self.source(ClientValue(given, convert, self.place), type_name, share)

    def carry(self, text: str) -> Sql:
        """A parameter with a text that is kept with the statement."""
        self.carried += 2 * len(text)
        return self.source(lambda bindings: text, "text")

    def written(self, name: str, type_name: TypeName) -> Sql:
        """A parameter with the mutation's result of this name."""
        return self.source(lambda bindings: bindings.written.get(name), type_name, ("written", name))

    def since(self) -> Sql:
        """The snapshot whose changes the subscriber has seen; null, which no change follows, when it begins."""
        return self.source(seen_before, "pg_snapshot", seen_before)

    def language(self) -> Sql:
        """The language of texts: the viewer's, for an anonymous client the request's."""
        self.speaks = True
        asked = self.source(lambda bindings: bindings.language.name, "text", "language")
        return sql("coalesce({}.language, {})", VIEWER, asked)

    def rows(self, table: Table, *, company: Sql | None = None) -> Rows:
        """A table under a new alias; of a `company` its rows, by the parameter that names it if there is one."""
        self._tables += 1
        self.budget.read()
        named = self.companies.get(company, company) if company is not None else None
        return rows(table, alias("t", self._tables), company=named)

    def derived(self, table: Table, select: Sql, *columns: LiteralString) -> Rows:
        """Rows computed from a table, under a new alias: those of `select`, which has these columns."""
        self._tables += 1
        self.budget.read()
        name = alias("t", self._tables)
        copies: dict[str, Sql] = {column: sql("{}.{}", name, sql(column)) for column in columns}
        return Rows(table, name, copies=copies, relation=select)

    def lateral(self, select: Sql) -> Sql:
        """Add a lateral join at the root of the statement and return its alias."""
        name = alias("l", len(self.laterals))
        self.laterals.append((select, name))
        return name

    def common(self, select: Sql, share: object = None) -> Sql:
        """Add a common table expression, which is computed at most once, and return its name.

        Equal values of `share` share one.
        """
        if share is not None and (share, "common") in self._shared:
            return self._shared[share, "common"]
        name = alias("p", len(self.commons))
        self.commons.append(sql(", {} as materialized ({})", name, select))
        if share is not None:
            self._shared[share, "common"] = name
        return name

    def enter(self, named: Sql | None = None, *, of: Sql | None = None) -> CompanyScope:
        """Add the scope of a company that the viewer may enter now: by a parameter, of a row, or any.

        `named` is the parameter that names it, `of` the column of the row that lies in it. Any company takes id and
        name from the membership, so that the memberships' indexes sort the list.
        """
        n = len(self.scopes)
        self.budget.read()
        entered = rows(company, alias("c", n))
        member = rows(membership, alias("m", n), company=named or of or entered["id"])
        if named is None and of is None:
            copied = {"id": "company_id", "name": "company_name", "name_key": "company_name_key"}
            entered = replace(entered, copies={column: member[copy] for column, copy in copied.items()})
        if named is not None:
            self.companies[entered["id"]] = named
        scope = CompanyScope(n, entered, member, self.kind, self.costs.here, named)
        self.scopes.append(scope)
        return scope

    def add_selection(self, scope: CompanyScope, entry: GatedSelection, inside: Position) -> Position:
        """Add a selection behind gates to a scope and return the position inside it."""
        self.costs.charge(inside.path, noted(inside.path), scope.times)
        return inside.in_entry(scope.note(entry))

    def entered(self, only: Sql) -> Sql:
        """The condition that the viewer may enter this company now; it judges no gates."""
        scope = CompanyScope(0, self.rows(company), self.rows(membership, company=only), self.kind)
        source, conditions = enterable(scope)
        return sql("exists (select from {} where {})", source, conditions)


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is compiled: its rows' alias and its company scope.

    `parent` is the row that led to it, `arguments` are those of the field that did.
    """

    rows: Rows
    ctx: StatementContext
    scope: CompanyScope | None = None
    parent: "Row | None" = None
    arguments: Mapping[str, ArgumentValue] = field(default_factory=dict[str, ArgumentValue])

    def __getitem__(self, column: str) -> Sql:
        return self.rows[column]

    def child(self, rows: Rows, arguments: Mapping[str, ArgumentValue]) -> "Row":
        """A row that this one leads to."""
        return Row(rows, self.ctx, self.scope, self, arguments)

    @property
    def company(self) -> Sql:
        """The id of the company that the row belongs to."""
        return self.company_scope.company["id"]

    @property
    def company_scope(self) -> CompanyScope:
        """The scope of the company that the row belongs to."""
        assert self.scope is not None, "only rows below a company have one"
        return self.scope
