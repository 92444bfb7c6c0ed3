"""What a statement is made of while it is compiled: parameters, aliases, rows at hand, and the companies entered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import LiteralString, NamedTuple, TypeAlias

from sqlalchemy import Table

from db.sql import Rows, Sql, alias, parameter, rows, sql
from db.tables.identity import company, membership
from db.tokens import CredentialKind
from resolvers.budget import Budget
from resolvers.cost import Costs, noted
from resolvers.inputs import Convert, Input, Inputs, Variable, Variables, value_of
from resolvers.scopes import VIEWER, Entry, Position, Scope
from resolvers.selection import Collector
from schema.language import Language


class Bindings(NamedTuple):
    """What the parameters of a statement are taken from.

    The request's variables and credential, and what a mutation wrote.
    """

    variables: Variables
    token_hash: bytes | None = None
    language: Language = Language.FR
    written: Mapping[str, object] = MappingProxyType({})


Source: TypeAlias = Callable[[Bindings], object]
"""Where a parameter's value comes from; raises RequestError for a value that no client may send."""

TypeName: TypeAlias = LiteralString
"""A PostgreSQL type."""


@dataclass(frozen=True, slots=True)
class Site:
    """A lateral join of the statement: gives data (`j`) and its companies' closed gates (`h`, one per row)."""

    lateral: Sql


@dataclass(slots=True)
class Compilation:
    """One statement on its way, for callers who show one kind of credential.

    Hands out parameters and aliases, and holds what the finished statement needs to know.
    """

    inputs: Inputs
    collector: Collector
    kind: CredentialKind = CredentialKind.SESSION
    parameters: list[Source] = field(default_factory=list[Source])
    bound: list[Sql] = field(default_factory=list[Sql])
    scopes: list[Scope] = field(default_factory=list[Scope])
    laterals: list[tuple[Sql, Sql]] = field(default_factory=list[tuple[Sql, Sql]])
    sites: list[Site] = field(default_factory=list[Site])
    commons: list[Sql] = field(default_factory=list[Sql])
    costs: Costs = field(default_factory=Costs)
    speaks: bool = False
    carried: int = 0
    explained: dict[tuple[str, str], tuple[Sql, Sql]] = field(default_factory=dict[tuple[str, str], tuple[Sql, Sql]])
    _shared: dict[object, Sql] = field(default_factory=dict[object, Sql])
    _tables: int = 0

    @property
    def budget(self) -> Budget:
        """What the statement has taken so far."""
        return self.collector.budget

    def source(self, source: Source, type_name: TypeName, share: object = None) -> Sql:
        """A parameter with that source; those with an equal `share` are one."""
        if share is not None and (share, type_name) in self._shared:
            return self._shared[share, type_name]
        self.parameters.append(source)
        bound = parameter(len(self.parameters), type_name)
        self.bound.append(bound)
        if share is not None:
            self._shared[share, type_name] = bound
        return bound

    def bind(self, given: Input, convert: Convert, type_name: TypeName) -> Sql:
        """A parameter with a client's value; `convert` refuses what no client may send."""
        share = (given.place, convert) if isinstance(given, Variable) else None
        if not isinstance(given, Variable):
            return self.source(lambda bindings: convert(value_of(given, bindings.variables)), type_name)
        place = given.place
        return self.source(lambda bindings: convert(place.read(bindings.variables)), type_name, share)

    def carry(self, text: str) -> Sql:
        """A parameter with a text that the statement itself carries."""
        self.carried += 2 * len(text)
        return self.source(lambda bindings: text, "text")

    def written(self, name: str, type_name: TypeName) -> Sql:
        """A parameter with what a mutation wrote under that name."""
        return self.source(lambda bindings: bindings.written.get(name), type_name, ("written", name))

    def language(self) -> Sql:
        """The language to speak in: the viewer's, else what the request asks for."""
        self.speaks = True
        asked = self.source(lambda bindings: bindings.language.name, "text", "language")
        return sql("coalesce({}.language, {})", VIEWER, asked)

    def rows(self, table: Table, *, company: Sql | None = None) -> Rows:
        """A table under a new alias."""
        self._tables += 1
        self.budget.read()
        return rows(table, alias("t", self._tables), company=company)

    def derived(self, table: Table, select: Sql, *columns: LiteralString) -> Rows:
        """What is computed of a table, under a new alias: the rows of `select`, which has these columns."""
        self._tables += 1
        self.budget.read()
        name = alias("t", self._tables)
        copies: dict[str, Sql] = {column: sql("{}.{}", name, sql(column)) for column in columns}
        return Rows(table, name, copies=copies, relation=select)

    def lateral(self, select: Sql) -> Sql:
        """A lateral join at the root of the statement; gives its alias."""
        name = alias("l", len(self.laterals))
        self.laterals.append((select, name))
        return name

    def common(self, select: Sql) -> Sql:
        """A common table expression of the statement, computed once at most; gives its name."""
        name = alias("p", len(self.commons))
        self.commons.append(sql(", {} as materialized ({})", name, select))
        return name

    def enter(self, only: Sql | None) -> Scope:
        """A company that the viewer may enter now: the one with the id `only`, or any.

        When any is meant, they are listed in the order of the memberships' indexes.
        """
        n = len(self.scopes)
        self.budget.read()
        entered = rows(company, alias("c", n))
        member = rows(membership, alias("m", n), company=only or entered["id"])
        if only is None:
            entered = replace(entered, copies={"id": member["company_id"], "name": member["company_name"]})
        scope = Scope(n, entered, member, self.kind, self.costs.here)
        self.scopes.append(scope)
        return scope

    def behind(self, scope: Scope, entry: Entry, inside: Position) -> Position:
        """The position inside a selection that is behind gates of a scope."""
        self.costs.charge(inside.path, noted(inside.path), scope.times)
        return inside.behind(scope.note(entry))


@dataclass(frozen=True, slots=True)
class Row:
    """A row at hand.

    Its table's alias, the company scope that it lies in, the row that led to it, and the arguments of the field that
    did.
    """

    rows: Rows
    to: Compilation
    scope: Scope | None = None
    parent: "Row | None" = None
    arguments: Mapping[str, Input] = field(default_factory=dict[str, Input])

    def __getitem__(self, column: str) -> Sql:
        return self.rows[column]

    def child(self, rows: Rows, arguments: Mapping[str, Input]) -> "Row":
        """A row that this one leads to."""
        return Row(rows, self.to, self.scope, self, arguments)

    @property
    def company(self) -> Sql:
        """The id of the company that the row belongs to."""
        assert self.scope is not None, "only rows below a company have a company"
        return self.scope.company["id"]
