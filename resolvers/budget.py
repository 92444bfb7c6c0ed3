"""What one operation may make the gateway and PostgreSQL do: every bound, and the one account on which work is charged.

| work | what is counted | where it is charged |
|---|---|---|
| `TOKENS` | a token of the document, and of those that it has explained; a hundred take 2 ms | `Compiler`, `explain` |
| `SELECTIONS` | a selection that is looked at, again for each kind of row that it may stand on | `Collector.collect` |
| `FIELDS` | a field that becomes SQL, again for each group of kinds; ten take a millisecond | `Objects.field` |
| `STATEMENT` | a character of SQL, and for each table that is read `TABLE` more | `Compilation.rows`, `Objects.field` |
| `INTROSPECTED` | a field of the schema's own description; the usual query takes 44,000 | `Introspection` |
| `ANSWER` | a byte that PostgreSQL wrote | `result_of` |

Work is charged while it is done, so an operation that goes too far is stopped where it does: COST_EXCEEDED names the
work. How many values the answer may have is another account (`cost`), since it depends on the variables; how large a
document and its variables may be is known before it is read (`glance`, `limits`, `bounds`).
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
    """What is counted of an operation; the value is how a refusal calls it."""

    TOKENS = "tokens, those of explained operations counted"
    SELECTIONS = "selections to look at, those of each kind counted"
    FIELDS = "fields to compile, those of each kind counted"
    STATEMENT = "characters of SQL, of which a table counts a thousand"
    INTROSPECTED = "fields of the schema's description"
    ANSWER = "bytes of the answer"


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
"""The most of each work that one statement may take.

A statement of 220,000 has taken PostgreSQL 60 MiB and 90 ms to plan, and the compiler 50 ms.
"""

POINT: Final[Mapping[Work, int]] = MappingProxyType(
    {Work.TOKENS: 10, Work.FIELDS: 5, Work.STATEMENT: 100, Work.INTROSPECTED: 20}
)
"""How much of some work counts as much in the cost of an operation as a value of its answer."""

VIEW: Final = 2_000
"""The fields of the schema's description that take as long as to find out what of the schema somebody sees."""

TABLE: Final = 1_000
"""The characters of SQL that take as much to plan as one table more."""


LITTLE: Final = 1_000
"""The most work, in points, for one operation of somebody who is not signed in."""


def check_stranger(points: int) -> None:
    """Refuse work for somebody who is not signed in: RequestError (COST_EXCEEDED) above `LITTLE`."""
    if points > LITTLE:
        message = f"This takes {points} points of work, and {LITTLE} are for who is not signed in; please sign in."
        extensions: dict[str, object] = {"work": "STATEMENT", "limit": LITTLE, "selection": []}
        raise RequestError.several((ErrorEntry(ErrorCode.COST_EXCEEDED, message, extensions=extensions),))


def too_much(work: Work, path: Path = ()) -> RequestError:
    """The refusal of an operation that takes more of some work than it may, at a path of its response."""
    limit = BOUNDS[work]
    message = f"This takes more than {limit} {work.value}; please ask for less."
    extensions = {"work": work.name, "limit": limit, "selection": list(path)}
    return RequestError.several((ErrorEntry(ErrorCode.COST_EXCEEDED, message, extensions=extensions),))


@dataclass(slots=True)
class Budget:
    """What one statement has taken so far: `text` in characters, `path` is where the compiler stands."""

    path: Path = ()
    text: int = 0
    tables: int = 0
    spent: dict[Work, int] = field(default_factory=lambda: dict.fromkeys(Work, 0))

    def charge(self, work: Work, amount: int = 1) -> None:
        """So much work more. RequestError (COST_EXCEEDED) when that is more than there may be."""
        self._reach(work, self.spent[work] + amount)

    def read(self) -> None:
        """A table more is read. RequestError as for `charge`."""
        self.tables += 1
        self._reach(Work.STATEMENT, self.text + TABLE * self.tables)

    def write(self, began: int, length: int) -> None:
        """So much SQL is written since `text` was `began`. RequestError as for `charge`."""
        self.text = max(self.text, began + length)
        self._reach(Work.STATEMENT, self.text + TABLE * self.tables)

    @property
    def points(self) -> int:
        """What the work counts in the cost of the operation."""
        return sum(self.spent[work] // amount for work, amount in POINT.items())

    def _reach(self, work: Work, spent: int) -> None:
        self.spent[work] = spent
        if spent > BOUNDS[work]:
            raise too_much(work, self.path)
