"""Companies in a statement: the condition to enter one, its gates, and the selections behind these gates."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from db.sql import Rows, Sql, alias, every, join, number, sql
from db.tokens import CredentialKind
from resolvers.compilation.cost import Times
from resolvers.fair_use.budget import Path
from resolvers.gates.needs import Need, implied
from resolvers.membership import carries, held, is_in
from resolvers.plans import awake, trial_end
from resolvers.request import Location
from schema.apps import CATALOGUE, App
from schema.declarations.gates import Gate, Standing

MOST_ARGUMENTS: Final = 90
"""The most texts that one call of `concat` puts together; PostgreSQL allows a hundred arguments."""

VIEWER: Final = sql("v")
"""The alias of the viewer's row; there is no row for an anonymous client."""


class Position(NamedTuple):
    """The compiler's position in the response.

    `entry` is the number of the nearest enclosing selection behind a gate. `held` are the gates that are passed here.
    `index_at` is the number of keys before a list index (companies and nodes), `bare_from` the number of keys before
    the first list of data.
    """

    path: Path = ()
    entry: int | None = None
    held: frozenset[Gate] = frozenset()
    index_at: int | None = None
    bare_from: int | None = None

    def under(self, key: str) -> "Position":
        """The position of this response key below this position."""
        return Position((*self.path, key), *self[1:])

    def in_rows(self) -> "Position":
        """The position inside a list of data."""
        return self if self.bare_from is not None else self._replace(bare_from=len(self.path))

    def in_indexed(self) -> "Position":
        """The position inside a list whose indices are known."""
        return self._replace(index_at=len(self.path))

    def in_entry(self, entry: int) -> "Position":
        """The position inside the selection with this number among the scope's entries."""
        return Position(self.path, entry, *self[2:])

    def holding(self, gates: Iterable[Gate]) -> "Position":
        """The position where these gates have been passed."""
        return self._replace(held=self.held | implied(gates))


@dataclass(frozen=True, slots=True)
class GatedSelection:
    """A selection behind gates, or a branch for rows of some kinds, which have gates.

    Numbers are places in the scope's list of gates. A closed gate of `needs` hides the selection, one of `inputs`
    refuses it. `branches` are the needs of the kinds of row in the branch: if none of them is passed, nothing below is
    reported as hidden. A `silent` selection is not reported as hidden. `locations`: where it stands in the document.
    """

    at: Position
    needs: tuple[int, ...] = ()
    inputs: tuple[int, ...] = ()
    branches: tuple[tuple[int, ...], ...] = ()
    silent: bool = False
    locations: tuple[Location, ...] = ()


@dataclass(slots=True)
class CompanyScope:
    """One company row of the statement, entered by a kind of credential.

    All data below it belongs to that company and is judged by one relation of gates. `times` is the number of companies
    that the row stands for. `named` is the parameter that names the company, where one does. `judged` is the
    column with the viewer's apps, where they are known already.
    """

    n: int
    company: Rows
    membership: Rows
    kind: CredentialKind
    times: Times = (1, ())
    named: Sql | None = None
    judged: Sql | None = None
    gates: dict[Gate, int] = field(default_factory=dict[Gate, int])
    entries: list[GatedSelection] = field(default_factory=list[GatedSelection])

    @property
    def access(self) -> Sql:
        """The alias of the relation of gates."""
        return alias("a", self.n)

    def gate_columns(self, need: Need) -> tuple[int, ...]:
        """The gates' places in this scope's list."""
        return tuple(self.gates.setdefault(gate, len(self.gates)) for gate in need)

    def passes(self, need: Need) -> Sql | None:
        """The condition that every gate is passed; None for an empty need."""
        return join(" and ", [self._column(place) for place in self.gate_columns(need)]) if need else None

    def note(self, entry: GatedSelection) -> int:
        """Add a selection to the entries and return its number."""
        self.entries.append(entry)
        return len(self.entries) - 1

    @property
    def effective(self) -> Sql:
        """The mask of the apps that the viewer holds, by an API key only those that it was made for."""
        if self.judged is not None:
            return self.judged
        of_key = sql(" & {}.apps", VIEWER) if self.kind is CredentialKind.API_KEY else sql("")
        return sql("({} & {}{})", awake(self.company), held(self.membership), of_key)

    @property
    def term(self) -> Sql:
        """The next moment at which the viewer's access or a lent app ends by itself, or the trial; null without one."""
        lent = sql("case when {0} > now() then {0} end", self.membership["lent_until"])
        return sql("least({}, {}, {})", self.membership["until"], lent, trial_end(self.company))

    def relation(self) -> Sql:
        """The join that computes every gate once for each company row; empty without gates.

        `offset 0` keeps PostgreSQL from pulling the gates up, which would test bits again for each row and leaf below,
        and from working the mask out for each of several gates.
        """
        if not self.gates:
            return sql("")
        several = sum(isinstance(gate, App) for gate in self.gates) > 1
        columns = [sql("{} {}", _judge(gate), self._name(place)) for gate, place in self.gates.items()]
        return sql(
            " cross join lateral (select {} from (select {} e, {} o{}{}) b offset 0) {}",
            join(", ", columns),
            self.effective,
            is_owner(self.membership),
            sql(", {} s", is_owner(self.membership, stands_in=True)) if Standing.OWNER in self.gates else sql(""),
            sql(" offset 0") if several else sql(""),
            self.access,
        )

    def closed_gates(self) -> Sql:
        """The closed gates as text: `<scope>:<company's uuid>:<t or f per gate>`; null if every gate is open.

        Null, too, for a row in a company that the viewer does not enter: nothing of it is reported as hidden.
        """
        if not self.gates:
            return sql("null")
        columns = [self._column(place) for place in range(len(self.gates))]
        bits = join(", ", columns)
        return sql(
            "case when not ({}) and {} is not null then concat('{}:', {}, ':', {}) end",
            join(" and ", columns),
            self.company["id"],
            number(self.n),
            self.company["id"],
            bits if len(columns) <= MOST_ARGUMENTS else sql("array_to_string(array[{}], '')", bits),
        )

    def _name(self, place: int) -> Sql:
        return alias("g", place)

    def _column(self, place: int) -> Sql:
        return sql("{}.{}", self.access, self._name(place))


def _judge(gate: Gate) -> Sql:
    match gate:
        case App():
            return sql("get_bit(b.e, {}) = 1", number(CATALOGUE[gate].position))
        case Standing():
            return sql("b.s")
        case _:
            return sql("b.o")


def is_owner(member: Rows, *, stands_in: bool = False) -> Sql:
    """The condition that a membership is an owner's; with `stands_in`, also that of a stand-in until an owner joins."""
    owner = sql("coalesce({} = 'OWNER', false)", member["role"])
    return sql("({} or {})", owner, member["stands_in"]) if stands_in else owner


def enterable(scope: CompanyScope) -> tuple[Sql, Sql]:
    """The FROM and the WHERE of the companies that the viewer may enter now, by `resolvers.membership`."""
    member, entered = scope.membership, scope.company
    key = replace(entered, copies={})["id"]
    source = sql("{} join {} on {} = {}", member.source, entered.source, key, member["company_id"])
    named = [sql("{} = {}", key, scope.named)] if scope.named is not None else []
    conditions = [
        sql("{} = {}.account_id", member["account_id"], VIEWER),
        *member.where,
        *named,
        is_in(member),
        *_narrowed(scope),
    ]
    return source, every(conditions)


def _narrowed(scope: CompanyScope) -> tuple[Sql, ...]:
    """The conditions by which a credential opens fewer companies than its account may enter.

    A session opens all of them. An API key opens its own company or any, if its account has been a member since the key
    was made and holds API_ACCESS now. A view-as credential opens the one membership that is viewed.
    """
    member = scope.membership
    match scope.kind:
        case CredentialKind.SESSION:
            return ()
        case CredentialKind.API_KEY:
            return (
                carries(member, VIEWER),
                sql("get_bit({}, {}) = 1", scope.effective, number(CATALOGUE[App.API_ACCESS].position)),
            )
        case CredentialKind.VIEW_AS:
            return (
                sql("{} = {}.company_id", member["company_id"], VIEWER),
                sql("{} = {}.membership_id", member["id"], VIEWER),
            )
