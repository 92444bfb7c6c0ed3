"""Limits of the work that one operation may cause in the gateway and PostgreSQL, and the account of that work.

| work | unit | charged in |
|---|---|---|
| `TOKENS` | a token of the document, or of a document that it has explained; 100 take 2 ms | `Compiler`, `explain` |
| `SELECTIONS` | a selection that is looked at, once for each kind of row that it may stand on | `Collector` |
| `FIELDS` | a field that becomes SQL or is explained, once for each kind; 10 take 1 ms | `Objects`, `explain` |
| `STATEMENT` | a character of SQL; a table that is read counts as `TABLE` of them | `StatementContext`, `Objects` |
| `INTROSPECTED` | a field of the schema's own description; the usual query takes 44,000 | `Introspection` |
| `ANSWER` | a byte that PostgreSQL wrote | `result_of` |

Work is charged while it is done, so an operation is stopped at its limit; COST_EXCEEDED names the work. Three other
limits are elsewhere: the number of values in the answer, which depends on the variables (`compilation/cost.py`), the
size of a document (`operation/prescan.py`, `operation/limits.py`), and that of its variables
(`operation/variable_limits.py`).
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeAlias

from resolvers.request import ErrorEntry, RequestError
from schema.errors import ErrorCode

Path: TypeAlias = tuple[str, ...]
"""Response keys from the root, without list indices."""


class Work(enum.StrEnum):
    """A kind of work; the value is its name in the message of a refusal."""

    TOKENS = "tokens, those of explained operations counted"
    SELECTIONS = "selections to look at, those of each kind counted"
    FIELDS = "fields to compile, those of each kind counted"
    STATEMENT = "characters of SQL, of which a table counts a thousand"
    INTROSPECTED = "fields of the schema's description"
    ANSWER = "bytes of the answer"

    __hash__ = str.__hash__  # Enum.__hash__ is written in Python, and each field is a charge


BOUNDS: Final[Mapping[Work, int]] = MappingProxyType(
    {
        Work.TOKENS: 4_000,
        Work.SELECTIONS: 20_000,
        Work.FIELDS: 1_500,
        Work.STATEMENT: 220_000,
        Work.INTROSPECTED: 60_000,
        Work.ANSWER: 8_388_608,
    }
)
"""Maximum of each kind of work for one statement.

A statement of 220,000 has taken PostgreSQL 60 MiB and 90 ms to plan, and the compiler 50 ms.
"""

POINT: Final[Mapping[Work, int]] = MappingProxyType(
    {Work.TOKENS: 10, Work.FIELDS: 5, Work.STATEMENT: 100, Work.INTROSPECTED: 20}
)
"""The amount of each kind of work that is one point of an operation's cost, as much as one value of its answer."""

VIEW: Final = 4_000
"""The work of making a view of the schema (16 ms), in fields of the schema's description (4 µs each).

Whoever asks for the description, or in the mode `absent`, pays for one, also where it is kept.
"""

TABLE: Final = 1_000
"""The work of planning one more table, in characters of SQL."""


BRIEF: Final = 200
"""Maximum points, of its values and its SQL, of a statement that takes PostgreSQL a few milliseconds only.

Such a read may exceed its account's share of the connections.
"""

BRIEF_PAGES: Final = 4_000
"""The same of a statement that only reads pages in their own order, whose time does not grow with a company's rows.

A page of 100 companies with three invoices each has 3,200, and takes a millisecond.
"""

LITTLE: Final = 1_100
"""Maximum work for one operation of an anonymous client, in points.

The usual question for the whole description of the schema takes 1,056, and more with each field that is added.
"""


def check_stranger(points: int) -> None:
    """Check the work for an anonymous client. Raises RequestError (COST_EXCEEDED) above `LITTLE` points."""
    if points > LITTLE:
        message = f"This takes {points} points of work, and {LITTLE} are for who is not signed in; please sign in."
        extensions: dict[str, object] = {"work": "STATEMENT", "limit": LITTLE, "selection": []}
        raise RequestError.several((ErrorEntry(ErrorCode.COST_EXCEEDED, message, extensions=extensions),))


def too_much(work: Work, path: Path = ()) -> RequestError:
    """The refusal of an operation that exceeds the limit of some work at a path of its response."""
    limit = BOUNDS[work]
    message = f"This takes more than {limit} {work.value}; please ask for less."
    extensions = {"work": work.name, "limit": limit, "selection": list(path)}
    return RequestError.several((ErrorEntry(ErrorCode.COST_EXCEEDED, message, extensions=extensions),))


@dataclass(slots=True)
class Budget:
    """The work of one statement so far; `text` counts its characters, `path` is the compiler's response path."""

    path: Path = ()
    text: int = 0
    tables: int = 0
    spent: dict[Work, int] = field(default_factory=lambda: dict.fromkeys(Work, 0))

    def charge(self, work: Work, amount: int = 1) -> None:
        """Add an amount of work. Raises RequestError (COST_EXCEEDED) above the limit."""
        self._reach(work, self.spent[work] + amount)

    def read(self) -> None:
        """Count one more table that is read. Raises as `charge` does."""
        self.tables += 1
        self._reach(Work.STATEMENT, self.text + TABLE * self.tables)

    def write(self, began: int, length: int) -> None:
        """Count `length` characters of SQL, written since `text` was `began`. Raises as `charge` does."""
        self.text = max(self.text, began + length)
        self._reach(Work.STATEMENT, self.text + TABLE * self.tables)

    @property
    def points(self) -> int:
        """The work's share in the cost of the operation, in points."""
        return sum(map(self.points_of, POINT))

    def points_of(self, work: Work) -> int:
        """The points of one kind of work."""
        return self.spent[work] // POINT[work]

    def _reach(self, work: Work, spent: int) -> None:
        self.spent[work] = spent
        if spent > BOUNDS[work]:
            raise too_much(work, self.path)
