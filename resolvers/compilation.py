"""What a statement is made of while it is compiled.

Parameters, aliases, rows at hand, company scopes with their gates, and the selections behind these.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, LiteralString, NamedTuple, TypeAlias

from sqlalchemy import Table

from db.sql import Rows, Sql, alias, every, join, number, parameter, rows, sql
from db.tables.identity import company, membership
from db.tokens import CredentialKind
from resolvers.gates import Need
from resolvers.inputs import Convert, Input, Inputs, Variable, Variables, value_of
from resolvers.selection import Collector
from schema.apps import CATALOGUE, App
from schema.declarations import Gate
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

Path: TypeAlias = tuple[str, ...]
"""Response keys from the root, without list indices."""


class Position(NamedTuple):
    """Where in the response the compiler stands.

    `entry` is the nearest enclosing selection behind a gate, `held` the gates that must have been passed to get here,
    `index_at` after how many keys a list index goes (companies and nodes), `bare_from` after how many keys the first
    list of data begins.
    """

    path: Path = ()
    entry: int | None = None
    held: frozenset[Gate] = frozenset()
    index_at: int | None = None
    bare_from: int | None = None

    def under(self, key: str) -> "Position":
        """The position of a response key here."""
        return self._replace(path=(*self.path, key))

    def in_rows(self) -> "Position":
        """The position inside a list of data."""
        return self if self.bare_from is not None else self._replace(bare_from=len(self.path))

    def in_indexed(self) -> "Position":
        """The position inside a list whose indices are known."""
        return self._replace(index_at=len(self.path))

    def behind(self, entry: int) -> "Position":
        """The position inside a selection of the scope's entries."""
        return self._replace(entry=entry)

    def holding(self, gates: Iterable[Gate]) -> "Position":
        """The position where these gates have been passed."""
        return self._replace(held=self.held | frozenset(gates))


@dataclass(frozen=True, slots=True)
class Entry:
    """A selection behind gates, or a branch for rows of kinds that may be held or not.

    Numbers are places in the scope's list of gates. `needs` hides the selection, `inputs` refuses it, `branches` are
    the needs of the kinds of row that carry what lies below (one of them must be held, else nothing below was there
    to hide).
    """

    at: Position
    needs: tuple[int, ...] = ()
    inputs: tuple[int, ...] = ()
    branches: tuple[tuple[int, ...], ...] = ()


@dataclass(slots=True)
class Scope:
    """One company row of the statement, entered by a kind of credential.

    All that is below it belongs to that company and is judged by one relation of gates.
    """

    n: int
    company: Rows
    membership: Rows
    kind: CredentialKind
    gates: dict[Gate, int] = field(default_factory=dict[Gate, int])
    entries: list[Entry] = field(default_factory=list[Entry])

    @property
    def access(self) -> Sql:
        """The alias of the relation of gates."""
        return alias("a", self.n)

    def places(self, need: Need) -> tuple[int, ...]:
        """The gates' places in this scope's list."""
        return tuple(self.gates.setdefault(gate, len(self.gates)) for gate in need)

    def passes(self, need: Need) -> Sql | None:
        """The condition that every gate is passed; None where nothing is needed."""
        return join(" and ", [self._column(place) for place in self.places(need)]) if need else None

    def note(self, entry: Entry) -> int:
        """Remember a selection; gives its place among the entries."""
        self.entries.append(entry)
        return len(self.entries) - 1

    @property
    def effective(self) -> Sql:
        """The mask of the apps that the viewer reaches."""
        return sql("({} & {})", self.company["mask"], self.membership["mask"])

    def relation(self) -> Sql:
        """The join that computes every gate once for the company row; empty without gates.

        `offset 0` keeps PostgreSQL from pulling the masks up and testing bits once per row and leaf below.
        """
        if not self.gates:
            return sql("")
        columns = [sql("{} {}", _judge(gate), self._name(place)) for gate, place in self.gates.items()]
        return sql(
            " cross join lateral "
            "(select {} from (select {} e, coalesce({} = 'OWNER', false) o offset 0) b offset 0) {}",
            join(", ", columns),
            self.effective,
            self.membership["role"],
            self.access,
        )

    def closed(self) -> Sql:
        """Null for whoever passes every gate, else `<scope>:<company's uuid in hex>:<t or f per gate>`.

        Null, too, where a row lies in a company that the viewer does not enter: no gate is open, and nothing is told.
        """
        if not self.gates:
            return sql("null")
        columns = [self._column(place) for place in range(len(self.gates))]
        return sql(
            "case when not ({}) "
            "then '{}:' || encode(uuid_send({}), 'hex') || ':' || array_to_string(array[{}], '') end",
            join(" and ", columns),
            number(self.n),
            self.company["id"],
            join(", ", columns),
        )

    def _name(self, place: int) -> Sql:
        return alias("g", place)

    def _column(self, place: int) -> Sql:
        return sql("{}.{}", self.access, self._name(place))


def _judge(gate: Gate) -> Sql:
    match gate:
        case App():
            return sql("get_bit(b.e, {}) = 1", number(CATALOGUE[gate].position))
        case _:
            return sql("b.o")


@dataclass(frozen=True, slots=True)
class Site:
    """A lateral join of the statement: gives data (`j`) and its companies' closed gates (`h`, one per row)."""

    lateral: Sql


VIEWER: Final = sql("v")
"""The alias of the caller: no row when nobody is signed in."""


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
    laterals: list[Sql] = field(default_factory=list[Sql])
    sites: list[Site] = field(default_factory=list[Site])
    commons: list[Sql] = field(default_factory=list[Sql])
    speaks: bool = False
    carried: int = 0
    _shared: dict[object, Sql] = field(default_factory=dict[object, Sql])
    _tables: int = 0

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
        return rows(table, alias("t", self._tables), company=company)

    def derived(self, table: Table, select: Sql, *columns: LiteralString) -> Rows:
        """What is computed of a table, under a new alias: the rows of `select`, which has these columns."""
        self._tables += 1
        name = alias("t", self._tables)
        copies: dict[str, Sql] = {column: sql("{}.{}", name, sql(column)) for column in columns}
        return Rows(table, name, copies=copies, relation=select)

    def lateral(self, select: Sql) -> Sql:
        """A lateral join at the root of the statement; gives its alias."""
        name = alias("l", len(self.laterals))
        self.laterals.append(sql(" left join lateral ({}) {} on true", select, name))
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
        entered = rows(company, alias("c", n))
        member = rows(membership, alias("m", n), company=only or entered["id"])
        if only is None:
            entered = replace(entered, copies={"id": member["company_id"], "name": member["company_name"]})
        scope = Scope(n, entered, member, self.kind)
        self.scopes.append(scope)
        return scope


def entrance(scope: Scope) -> tuple[Sql, Sql]:
    """The FROM and the WHERE of a company that the viewer may enter now: accepted, not removed, not run out."""
    member, entered = scope.membership, scope.company
    key = replace(entered, copies={})["id"]
    source = sql("{} join {} on {} = {}", member.source, entered.source, key, member["company_id"])
    conditions = [
        sql("{} = {}.account_id", member["account_id"], VIEWER),
        *member.where,
        sql("{} is not null", member["accepted_at"]),
        sql("{} is null", member["removed_at"]),
        sql("({} is null or {} > now())", member["until"], member["until"]),
        *_narrowed(scope),
    ]
    return source, every(conditions)


def _narrowed(scope: Scope) -> tuple[Sql, ...]:
    """What a credential other than a session opens of the companies of its account.

    A key: its own company or any, where its owner holds API_ACCESS now. A look as somebody else: that one membership.
    """
    member = scope.membership
    match scope.kind:
        case CredentialKind.SESSION:
            return ()
        case CredentialKind.API_KEY:
            return (
                sql("({}.company_id is null or {} = {}.company_id)", VIEWER, member["company_id"], VIEWER),
                sql("get_bit({}, {}) = 1", scope.effective, number(CATALOGUE[App.API_ACCESS].position)),
            )
        case CredentialKind.VIEW_AS:
            return (
                sql("{} = {}.company_id", member["company_id"], VIEWER),
                sql("{} = {}.membership_id", member["id"], VIEWER),
            )


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
