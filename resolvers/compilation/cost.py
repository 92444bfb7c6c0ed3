"""The cost of an operation before it runs: a formula for each statement, from page sizes and nesting.

The unit is about one value of the answer. An object counts one, and one for each selected field; a list multiplies by
its maximum number of items. Counts, sums and searches count as many values as take PostgreSQL the same time. Of the
variables only page sizes and numbers of ids matter. The work of making the statement is added (`Budget.points`), since
it does not depend on the answer.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from graphql import GraphQLField, GraphQLNamedType

from db.sql import Sql
from resolvers.fair_use.budget import Path
from resolvers.gates.coordinates import is_list
from resolvers.operation.arguments import (
    ArgumentValue,
    ConstantArgument,
    ListArgument,
    ObjectArgument,
    VariableArgument,
    VariablePath,
    Variables,
    value_of,
)
from resolvers.request import ErrorEntry, RequestError
from schema.apps import CATALOGUE
from schema.errors import ErrorCode, error_message
from schema.localization.language import Language

T = TypeVar("T")

ROW, LOOKUP, FOUND, COUNT, FILTER = 1, 4, 20, 400, 200
"""Costs besides values: an object, a lookup of other rows, one of a row by its id, a count, a filter or an order."""

CRITERION, USUAL_CRITERIA = 50, 8
"""Cost of a criterion of a filter beyond the first `USUAL_CRITERIA`, which `FILTER` covers."""

LEAF_LIST, COMPUTED = 30, 4
"""Costs of a leaf that is a list, and of one that a subquery computes."""

SUM, SEARCH = 300, 3_000
EXTRA: Final = {
    "Dashboard": SUM,
    "DocumentTotals": SUM,
    "CurrencyTotals": SUM,
    "Report": 3 * SUM,
    "SearchResults": SEARCH,
}
"""Cost of each field of some types: PostgreSQL sums up or searches all rows of a kind for it."""

SIZED: Final = 50
"""Cost of a computed list besides its items where its length is known, since these have the most of the work."""

OWED: Final = 200
DEAR: Final = {
    "DocumentTotals.balanceDue": 5 * SUM,
    "CurrencyTotals.balanceDue": 5 * SUM,
    "Customer.balanceDue": OWED,
    "Customer.openBalance": OWED,
}
"""Further cost of some fields, which grows with a company: each reads all rows of a customer, or two for each row."""

COMPUTED_CRITERION: Final = SEARCH
"""Cost of a criterion whose value a subquery computes for every row of the list."""

EVERY_TEXT: Final = 1_000
"""Cost of a criterion that no index serves, for which a text of every row of a company is folded, or looked at.

Of 250,000 texts that takes PostgreSQL 1.4 s, or 0.13 s for marks; a sum of as many rows, which costs 700, 0.09 s.
"""

USUAL: Final = 4
ITEMS: Final = {
    "DocumentLine": 8, "PermissionRow": 20, "PermissionCell": 60, "AppInfo": 60, "ReportRow": 24,
    "AccessExplanation": 80, "Change": 100, "UserError": 12,
}  # fmt: skip
"""Estimated number of items of a list without pages, by their type; `USUAL` for other types."""

FEW: Final = 8
"""Maximum usual number of items of a list without pages that belongs to a row, as lines do; longer ones grow with a
company."""

APPS: Final = len(CATALOGUE)
"""The length of the list of all apps."""


NOTE: Final = 4
"""Cost of a selection behind a gate for each company: the answer may report that it is hidden there."""

NAME: Final = 32
"""Characters of a response key, or of a text that a statement carries, that cost as much as a value."""


def named(key: str) -> int:
    """Cost of a value with its response key, which is written as often as the value is."""
    return 1 + len(key) // NAME


def noted(path: Path) -> int:
    """Cost of a selection at a path for each company in which it may be hidden."""
    return NOTE + sum(map(len, path)) // NAME


Measure: TypeAlias = Callable[[Any], int]
"""From a client's value to a size; equal measures are one, and a value that is not known yet is None in it."""


class ListSize(NamedTuple):
    """A list size that the variables contain: a number, a list or what `measure` finds at a place; at most `most`."""

    place: VariablePath
    default: int
    most: int
    measure: Measure | None = None

    def of(self, variables: Variables) -> int:
        """The size for these variables; the parameters' converters refuse sizes out of range."""
        value: Any = self.place.read(variables)
        if self.measure is not None:
            return min(self.measure(value), self.most)
        if value is None:
            return self.default
        number = value if isinstance(value, int) else len(value) if isinstance(value, list) else 1  # pyright: ignore[reportUnknownArgumentType]
        return min(max(number, 0), self.most)


class Sizes(dict[ListSize, int]):
    """The list sizes in the variables of a request, each found once: a measure may look at thousands of items."""

    def __init__(self, variables: Variables) -> None:
        super().__init__()
        self._variables = variables

    def __missing__(self, size: ListSize) -> int:
        found = self[size] = size.of(self._variables)
        return found


def size_of(given: ArgumentValue, default: int, most: int) -> int | ListSize:
    """The size that an argument asks for: a number, or a `ListSize` for a variable."""
    match given:
        case VariableArgument(place):
            return ListSize(place, default, most)
        case ListArgument(items):
            return min(len(items), most)
        case _:
            value = value_of(given, {})
            if value is None:
                return default
            return min(max(value if isinstance(value, int) else len(value), 0), most)


def measured(given: ArgumentValue, measure: Measure, most: int) -> int | ListSize:
    """The size that `measure` finds in an argument, at most `most`."""
    if isinstance(given, VariableArgument):
        return ListSize(given.place, 0, most, measure)
    return min(measure(value_of(given, {})), most)


def length_of(given: ArgumentValue, member: str, most: int) -> int | ListSize:
    """The length of a list that an input object states as `member`; 0 without one."""
    match given:
        case VariableArgument(place):
            return ListSize(place.at(member), 0, most)
        case ObjectArgument(members) if member in members:
            return size_of(members[member], 0, most)
        case _:
            value = value_of(given, {})
            return size_of(ConstantArgument(value.get(member) if isinstance(value, dict) else None), 0, most)  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]


def items_of(listed: GraphQLNamedType) -> int:
    """Estimated number of items of a list without pages."""
    return ITEMS.get(listed.name, USUAL)


def leaf_cost(declared: GraphQLField, value: Sql) -> int:
    """Cost of a leaf besides its value."""
    return (LEAF_LIST if is_list(declared) else 0) + (COMPUTED if is_computed(value) else 0)


def is_computed(value: Sql) -> bool:
    """True if a subquery computes a value; a select from nothing is worked out once."""
    return "select" in value and " from " in value


class Term(NamedTuple):
    """A part of the cost: `weight` times all sizes. The field at `path` adds most of the weight: `share`."""

    weight: int
    sizes: tuple[ListSize, ...]
    path: Path
    share: int

    def of(self, sizes: Sizes) -> int:
        """The value of the term for a request's sizes."""
        product = self.weight
        for size in self.sizes:
            product *= sizes[size]
        return product

    @property
    def most(self) -> int:
        """The value of the term for the largest sizes."""
        product = self.weight
        for size in self.sizes:
            product *= max(size.most, size.default)
        return product


class Cost(NamedTuple):
    """The cost formula of a statement; `most` is the cost of its values for the largest sizes.

    `work` is the cost of making the statement, whatever the variables are.
    """

    most: int
    terms: tuple[Term, ...]
    work: int = 0

    def of(self, sizes: Sizes) -> int:
        """The cost of the values for a request's sizes."""
        return sum(term.of(sizes) for term in self.terms)

    def requested(self, sizes: Sizes) -> int:
        """The whole cost for a request's sizes."""
        return self.work + self.of(sizes)

    @property
    def weight(self) -> int:
        """Estimated size of the formula in memory, in bytes."""
        return 100 + 300 * len(self.terms)


NOTHING: Final = Cost(0, ())

WRITTEN: Final = 20
"""Cost of a row that a mutation writes."""


HASHED = 1_000
"""Cost of a password that a mutation hashes or checks: a sixth of a second of CPU."""


def cost_of_write(rows: int, hashes: int, key: str) -> Cost:
    """The cost formula of the rows and password hashes that the root field with this response key makes."""
    weight = WRITTEN * rows + HASHED * hashes
    return Cost(weight, (Term(weight, (), (key,), weight),) if weight else ())


def check_cost(costs: Sequence[Cost], variables: Variables, limit: int, language: Language) -> int:
    """The cost of all parts of an operation for these variables. Raises RequestError (COST_EXCEEDED) above `limit`."""
    sizes = Sizes(variables)
    cost = sum(part.requested(sizes) for part in costs)
    if cost <= limit:
        return cost
    path = _costliest(costs, sizes)
    values = {"cost": str(cost), "limit": str(limit), "field": ".".join(path)}
    extensions = {"cost": cost, "limit": limit, "selection": list(path)}
    message = error_message(ErrorCode.COST_EXCEEDED, language, **values)
    raise RequestError.several((ErrorEntry(ErrorCode.COST_EXCEEDED, message, extensions=extensions),))


def _costliest(costs: Iterable[Cost], sizes: Sizes) -> Path:
    """The path of the field that adds most to some costs for a request's sizes."""
    terms = [term for cost in costs for term in cost.terms]
    return max(terms, key=lambda term: term.of(sizes) * term.share / term.weight).path


Times: TypeAlias = tuple[int, tuple[ListSize, ...]]
"""A multiplicity: a number times all sizes."""


@dataclass(slots=True)
class Costs:
    """Adds up the cost of a statement while it is compiled, multiplied by the sizes of the enclosing lists.

    `grows`: the time of some of it grows with a company's rows, however few are listed.
    """

    grows: bool = False
    _factor: int = 1
    _sizes: tuple[ListSize, ...] = ()
    _terms: dict[tuple[ListSize, ...], Term] = field(default_factory=dict[tuple[ListSize, ...], Term])

    @property
    def here(self) -> Times:
        """The multiplicity at the current place."""
        return self._factor, self._sizes

    def charge(self, path: Path, weight: int, times: Times | None = None) -> None:
        """Add `weight` for the field at a path, multiplied by `times` (default: the current place's)."""
        factor, sizes = times or (self._factor, self._sizes)
        charged = weight * factor
        if not charged:
            return
        before = self._terms.get(sizes)
        if before is None:
            self._terms[sizes] = Term(charged, sizes, path, charged)
        elif charged > before.share:
            self._terms[sizes] = Term(before.weight + charged, sizes, path, charged)
        else:
            self._terms[sizes] = Term(before.weight + charged, sizes, before.path, before.share)

    def charge_growing(self, path: Path, weight: int) -> None:
        """Add `weight` likewise, for work whose time grows with a company's rows."""
        if weight:
            self.grows = True
            self.charge(path, weight)

    @contextmanager
    def times(self, size: int | ListSize) -> Generator[None]:
        """A context inside which all charges are multiplied by `size`."""
        factor, sizes = self._factor, self._sizes
        if isinstance(size, int):
            self._factor *= size
        else:
            self._sizes = (*sizes, size)
        try:
            yield
        finally:
            self._factor, self._sizes = factor, sizes

    def either(self, makes: Sequence[Callable[[], T]]) -> list[T]:
        """The results of alternatives; a row uses one, so the highest cost counts, for each combination of sizes."""
        before, made = self._terms, list[T]()
        dearest: dict[tuple[ListSize, ...], Term] = {}
        for make in makes:
            self._terms = {}
            made.append(make())
            for sizes, term in self._terms.items():
                dearest[sizes] = max(term, dearest.get(sizes, term))
        self._terms = before
        for sizes, term in dearest.items():
            known = before.get(sizes)
            if known is None:
                before[sizes] = term
            else:
                heavier = max(known, term, key=lambda one: one.share)
                before[sizes] = heavier._replace(weight=known.weight + term.weight)
        return made

    def total(self, work: int = 0) -> Cost:
        """The formula of all charges and of the work."""
        terms = tuple(self._terms.values())
        return Cost(sum(term.most for term in terms), terms, work)
