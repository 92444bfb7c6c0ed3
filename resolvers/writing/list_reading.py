"""From the input of a list verb to the values of each row, and the problems of each that need no database.

A problem of an item has its path within the item. If two items state one unique value, the later one is at fault.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import orjson

from db.tables.metadata import APPS
from resolvers.global_ids import Key
from resolvers.request_limits import LIST_ITEMS
from resolvers.user_problems import invalid
from resolvers.writing.declaration import EntityWrite
from resolvers.writing.given import Given
from resolvers.writing.reading import InputReader
from resolvers.writing.value_reading import NO_ROW, Path
from schema.apps import App
from schema.errors import TOO_MANY
from schema.errors import ValidationReason as Reason

# The members of an item's JSON beside the values by column; no column has such a name.
FIELDS, WRONG, USED, ROW, VERSION = "*fields", "*wrong", "*used", "*row", "*version"

# The further parameters of a statement for lists.
ROWS, WHOLE, LOCKS = "rows of the items", "all or nothing", "locks rows"


@dataclass(slots=True)
class GivenList(Given):
    """A list that was read; `problems` are of the list itself, those of an item are in it. `whole`: all or nothing.

    The apps that the items use are judged for the whole list at once, or for each item.
    """

    items: list[Given] = field(default_factory=list[Given])
    whole: bool = True

    @property
    def json(self) -> str:
        """The items as JSON."""
        return orjson.dumps([self._item(item) for item in self.items]).decode()

    def _item(self, item: Given) -> dict[str, object]:
        found: dict[str, object] = {**item.values, FIELDS: item.members}
        if item.problems:
            found[WRONG] = True
        if item.used and not self.whole:
            found[USED] = _bit_text(item.used)
        if item.row:
            found |= {ROW: item.row, VERSION: item.version}
        return found

    @property
    def more(self) -> Mapping[str, object]:
        """The rows that the items name, whether all are written or none, and whether any may be written at all."""
        is_refused = self.whole and any(item.problems for item in self.items)
        named = [item.row for item in self.items if item.row]
        return {ROWS: named, WHOLE: self.whole, LOCKS: not (self.is_trial or is_refused)}


@lru_cache(256)
def _bit_text(bits: int) -> str:
    """The mask of these apps as PostgreSQL reads it."""
    return f"{bits:0{APPS}b}"


class ListInputReader(InputReader):
    """Reads the inputs of one list verb."""

    def __init__(self, write: EntityWrite) -> None:
        super().__init__(write)
        self._member = None if write.creates else write.row
        self._item_row = Key((write.prefix,))
        self._unique: Final = {column.name: column.member for column in write.columns if column.name in write.unique}

    def read(self, given: Mapping[str, Any], key: str | None = None) -> GivenList:
        """The list as it is written; `key` is the idempotency key that came beside it."""
        found = GivenList(self._row(given["companyId"]) or NO_ROW, whole=given.get("allOrNothing") is not False)
        items = items_of(given)
        if len(items) > LIST_ITEMS:
            found.problems.append(invalid(("items",), Reason.TOO_LONG, TOO_MANY, most=LIST_ITEMS))
        else:
            seen: set[tuple[str, object]] = set()
            found.items = [self._read_item(item, seen) for item in items]
        if found.whole:
            for item in found.items:
                found.used |= item.used
        found.rows = sum(item.rows for item in found.items)
        self._read_controls(found, given, key)
        return found

    def _read_item(self, given: Mapping[str, Any], seen: set[tuple[str, object]]) -> Given:
        found = Given("" if self._member is None else self._item_row(given[self._member]) or NO_ROW)
        self._read_row(found, given)
        if self._member is not None and found.row != NO_ROW:
            self._see(found, seen, self._member, found.row)
        for column, member in self._unique.items():
            if (value := found.values.get(column)) is not None:
                self._see(found, seen, member, value)
        return found

    def _see(self, found: Given, seen: set[tuple[str, object]], member: str, value: object) -> None:
        """Record a value that differs from row to row; it is a problem if an earlier item has stated it."""
        if (member, value) in seen:
            found.problems.append(invalid((member,), Reason.COMBINATION))
        seen.add((member, value))

    def rows(self, given: Mapping[str, Any]) -> int:
        """The number of rows that an input writes."""
        return sum(map(super().rows, items_of(given)))

    def lacking(self, given: Mapping[str, Any], missing: int) -> Iterator[tuple[Path, App, bool]]:
        """The members of all items that need a missing app, as `InputReader.lacking`."""
        for n, item in enumerate(items_of(given)):
            for path, app, is_null in self.lacking_in(item, missing):
                yield ("items", str(n), *path), app, is_null

    def lacking_in(self, item: Mapping[str, Any], missing: int) -> Iterator[tuple[Path, App, bool]]:
        """The members of one item that need a missing app."""
        return super().lacking(item, missing)


def items_of(given: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The items."""
    return given["items"]
