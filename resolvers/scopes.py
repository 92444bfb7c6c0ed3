"""Companies in a statement: who enters one, which gates are judged there, and which selections stand behind them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from db.sql import Rows, Sql, alias, every, join, number, sql
from db.tokens import CredentialKind
from resolvers.budget import Path
from resolvers.cost import Times
from resolvers.gates import Need
from resolvers.presence import is_in
from schema.apps import CATALOGUE, App
from schema.declarations import Gate

VIEWER: Final = sql("v")
"""The alias of the caller: no row when nobody is signed in."""


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
    to hide). Of a `silent` selection it is not told that it is hidden.
    """

    at: Position
    needs: tuple[int, ...] = ()
    inputs: tuple[int, ...] = ()
    branches: tuple[tuple[int, ...], ...] = ()
    silent: bool = False


@dataclass(slots=True)
class Scope:
    """One company row of the statement, entered by a kind of credential.

    All that is below it belongs to that company and is judged by one relation of gates. `times` says how many
    companies there may be.
    """

    n: int
    company: Rows
    membership: Rows
    kind: CredentialKind
    times: Times = (1, ())
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


def entrance(scope: Scope) -> tuple[Sql, Sql]:
    """The FROM and the WHERE of a company that the viewer may enter now: accepted, not removed, not run out."""
    member, entered = scope.membership, scope.company
    key = replace(entered, copies={})["id"]
    source = sql("{} join {} on {} = {}", member.source, entered.source, key, member["company_id"])
    conditions = [
        sql("{} = {}.account_id", member["account_id"], VIEWER),
        *member.where,
        is_in(member),
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
