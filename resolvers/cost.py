"""What an operation may cost, known before anything of it runs: a statement's formula, from page sizes and nesting.

The unit is about one value of the answer: each object counts one and one for each field selected of it, a list as
often as it may have items. What PostgreSQL works longer for than for a value (counts, sums, searches) counts as many
values as take that time. Of the variables only page sizes and numbers of ids matter. The work to make the statement
counts besides (`budget.points`), since it is done whatever the answer is.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from graphql import GraphQLField, GraphQLNamedType

from db.sql import Sql
from resolvers.budget import Path
from resolvers.coordinates import is_list
from resolvers.inputs import Input, Place, Several, Variable, Variables, value_of
from resolvers.request import ErrorEntry, RequestError
from schema.errors import ErrorCode, error_message
from schema.language import Language

T = TypeVar("T")

MAX_COST: Final = 100_000
"""What an operation may cost unless the operator says otherwise."""

ROW, LOOKUP, FOUND, COUNT, FILTER = 1, 4, 20, 400, 200
"""What counts besides values: an object, a look at other rows, one found by its id, a count, a filter or an order."""

LEAF_LIST, COMPUTED = 30, 4
"""A leaf that is a list, and one that a query of its own computes."""

SUM, SEARCH = 300, 3_000
EXTRA: Final = {"Dashboard": SUM, "Report": 3 * SUM, "SearchResults": SEARCH}
"""What every field of some types counts besides: all rows of a kind are added up for it, or searched."""

USUAL: Final = 4
ITEMS: Final = {
    "DocumentLine": 8, "PermissionRow": 20, "PermissionCell": 60, "AppInfo": 60, "ReportRow": 24,
    "AccessExplanation": 80,
}  # fmt: skip
"""How many items a list without pages is taken to have, by their type; `USUAL` of other types."""

CATALOGUE: Final = 116
"""How many apps there are, for the list of them all."""


NOTE: Final = 4
"""What a selection behind a gate counts for each company, in which it may have to be told of."""

NAME: Final = 32
"""Characters of a name, and bytes of a text that a statement carries, that count as much as a value."""


def named(key: str) -> int:
    """What a value counts under a response key, which is written as often as the value is."""
    return 1 + len(key) // NAME


def noted(path: Path) -> int:
    """What a selection at a path counts for each company in which it may be hidden."""
    return NOTE + sum(map(len, path)) // NAME


class Size(NamedTuple):
    """How many items a list has that says so in the variables: a number or a list at a place, at most `most`."""

    place: Place
    default: int
    most: int

    def of(self, variables: Variables) -> int:
        """The number with these variables; what is out of range is refused elsewhere."""
        value: Any = self.place.read(variables)
        if value is None:
            return self.default
        number = value if isinstance(value, int) else len(value) if isinstance(value, list) else 1  # pyright: ignore[reportUnknownArgumentType]
        return min(max(number, 0), self.most)


def size_of(given: Input, default: int, most: int) -> int | Size:
    """The size that an argument says: one that is known, or one that the variables say."""
    match given:
        case Variable(place):
            return Size(place, default, most)
        case Several(items):
            return min(len(items), most)
        case _:
            value = value_of(given, {})
            if value is None:
                return default
            return min(max(value if isinstance(value, int) else len(value), 0), most)


def items_of(listed: GraphQLNamedType) -> int:
    """How many items a list without pages is taken to have."""
    return ITEMS.get(listed.name, USUAL)


def leaf_cost(declared: GraphQLField, value: Sql) -> int:
    """What a leaf counts besides its value."""
    return (LEAF_LIST if is_list(declared) else 0) + (COMPUTED if "select" in value else 0)


class Term(NamedTuple):
    """A part of the cost: `weight` times all of the sizes. `path` leads to the field that adds most to it, `share`."""

    weight: int
    sizes: tuple[Size, ...]
    path: Path
    share: int

    def of(self, variables: Variables) -> int:
        """The part with these variables."""
        product = self.weight
        for size in self.sizes:
            product *= size.of(variables)
        return product

    @property
    def most(self) -> int:
        """The part with the largest variables."""
        product = self.weight
        for size in self.sizes:
            product *= max(size.most, size.default)
        return product


class Cost(NamedTuple):
    """The formula of a statement; `most` is what its values count for the largest variables.

    `work` is what it counts to make the statement, whatever the variables are.
    """

    most: int
    terms: tuple[Term, ...]
    work: int = 0

    def of(self, variables: Variables) -> int:
        """What the values count with these variables."""
        return sum(term.of(variables) for term in self.terms)

    def requested(self, variables: Variables) -> int:
        """The cost with these variables."""
        return self.work + self.of(variables)

    @property
    def weight(self) -> int:
        """How much memory the formula takes, about, in bytes."""
        return 100 + 300 * len(self.terms)


NOTHING: Final = Cost(0, ())

WRITTEN: Final = 20
"""What a row counts that is written."""


def cost_of_rows(rows: int, key: str) -> Cost:
    """What it costs to write so many rows by the root field with that key."""
    weight = WRITTEN * rows
    return Cost(weight, (Term(weight, (), (key,), weight),) if weight else ())


def check_cost(costs: Sequence[Cost], variables: Variables, limit: int, language: Language) -> int:
    """What the parts of an operation cost together with these variables. RequestError (COST_EXCEEDED) above `limit`."""
    cost = sum(part.requested(variables) for part in costs)
    if cost <= limit:
        return cost
    path = _costliest(costs, variables)
    told = {"cost": str(cost), "limit": str(limit), "field": ".".join(path)}
    extensions = {"cost": cost, "limit": limit, "selection": list(path)}
    message = error_message(ErrorCode.COST_EXCEEDED, language, **told)
    raise RequestError.several((ErrorEntry(ErrorCode.COST_EXCEEDED, message, extensions=extensions),))


def _costliest(costs: Iterable[Cost], variables: Variables) -> Path:
    """The path of the field that adds most to some costs with these variables."""
    terms = [term for cost in costs for term in cost.terms]
    return max(terms, key=lambda term: term.of(variables) * term.share / term.weight).path


Times: TypeAlias = tuple[int, tuple[Size, ...]]
"""How often something is there: a number, times all of the sizes."""


@dataclass(slots=True)
class Costs:
    """Adds up what a statement costs while it is compiled, inside the lists around what is compiled."""

    _factor: int = 1
    _sizes: tuple[Size, ...] = ()
    _terms: dict[tuple[Size, ...], Term] = field(default_factory=dict[tuple[Size, ...], Term])

    @property
    def here(self) -> Times:
        """How often what is compiled now is there."""
        return self._factor, self._sizes

    def charge(self, path: Path, weight: int, times: Times | None = None) -> None:
        """What is at a path costs so much, each time it is there."""
        factor, sizes = times or self.here
        charged = weight * factor
        if not charged:
            return
        before = self._terms.get(sizes, Term(0, sizes, path, 0))
        if charged > before.share:
            before = before._replace(path=path, share=charged)
        self._terms[sizes] = before._replace(weight=before.weight + charged)

    @contextmanager
    def times(self, size: int | Size) -> Generator[None]:
        """What is charged inside is charged so many times."""
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
        """What all of these make, of which only one is for a row: the dearest counts, for each combination of sizes."""
        before, made = self._terms, list[T]()
        dearest: dict[tuple[Size, ...], Term] = {}
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
        """The formula of all that was charged, and of the work that was done."""
        terms = tuple(self._terms.values())
        return Cost(sum(term.most for term in terms), terms, work)
