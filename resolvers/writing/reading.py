"""From an input to the values of columns, the apps that it uses, and every problem that needs no database.

A member is used when it is present, null included.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from asyncpg import BitString

from db.tables.metadata import APPS
from resolvers.forms.registry import NATIONAL
from resolvers.gates.needs import Need
from resolvers.global_ids import Key
from resolvers.operation.arguments import ArgumentValue, Inputs, ObjectArgument
from resolvers.user_problems import invalid
from resolvers.writing.declaration import EntityWrite, OwnedList, WriteColumn
from resolvers.writing.given import Given
from resolvers.writing.value_reading import KEY, NO_ROW, UNKNOWN, Created, Path, Read, Wrong, national, reader_of
from resolvers.writing.values import created_name
from schema.apps import CATALOGUE, App
from schema.declarations.forms import Form
from schema.declarations.writing import WriteKind
from schema.errors import TOO_MANY
from schema.errors import ValidationReason as Reason

PLAIN: Final = frozenset({str, int, bool})
"""The types of values that are written as they were read."""

WALKED: Final = 10
"""Number of rows with the same cost as one row that is also judged by the rows of other lists."""


@dataclass(frozen=True, slots=True)
class MemberReader:
    """Reads one member of an input: `bits` are the apps that it needs, `of_values` those that some values need as well.

    `is_national`: it reads the country, too. `empty` is stored for a blank text.
    """

    column: str
    read: Read
    bits: int
    may_be_null: bool
    is_national: bool
    empty: str | None
    of_values: Mapping[str, int]

    def used(self, value: Any) -> int:
        """The apps that a value needs."""
        return self.bits | self.of_values.get(value.value, 0) if self.of_values and value is not None else self.bits


class RowReader:
    """Reads the members of an input that write the columns of one row; `blank` is the value of an item with a key."""

    def __init__(self, columns: Iterable[WriteColumn], *, creates: bool, blank: str | None = None) -> None:
        columns = tuple(columns)
        homes = (column.rule.default for column in columns if column.rule.form is Form.COUNTRY)
        self._home = str(next(homes, UNKNOWN)) if creates else UNKNOWN
        self._is_keyed = blank is not None
        self.members = {column.member: _member_reader(column, blank) for column in columns}
        self.required = tuple(column.member for column in columns if column.rule.required)

    def read(self, found: Given, given: Mapping[str, Any], path: Path = ()) -> dict[str, object]:
        """The values by column; the used apps and the problems are added to `found`."""
        values: dict[str, object] = {}
        country = self._country(given)
        members, used = self.members, found.used
        for name, sent in given.items():
            member = members.get(name)
            if member is None:
                continue
            used |= member.used(sent) if member.of_values else member.bits
            value = sent
            if sent is not None:
                value = national(member.read, sent, country) if member.is_national else member.read(sent)
            if value is None:
                value = member.empty
            if type(value) in PLAIN:
                values[member.column] = value
            else:
                self._add_other(found, values, member, (*path, name), value)
        found.used = used
        return values

    def _add_other(
        self, found: Given, values: dict[str, object], member: MemberReader, path: Path, value: object
    ) -> None:
        """Add a value that is no text, number or flag, or its problem."""
        if isinstance(value, Wrong):
            found.problems.append(invalid((*path, *value.place), value.reason, value.text, **value.values))
        elif value is None and not member.may_be_null:
            found.problems.append(invalid(path, Reason.REQUIRED))
        elif isinstance(value, Created) and self._is_keyed:  # nobody looks for it there
            values[member.column] = NO_ROW
        elif isinstance(value, Created):
            values[created_name(member.column)] = value.key
        else:
            values[member.column] = value

    def _country(self, given: Mapping[str, Any]) -> str:
        """The country that the input states; a new row without one has that of its declaration."""
        stated = given.get("country")
        return stated.strip().upper() if isinstance(stated, str) else self._home


class ListReader:
    """Reads a member of an input with owned rows."""

    def __init__(self, owned: OwnedList) -> None:
        self.json_key = owned.json_key
        self.is_merged = owned.key is not None
        self.weight = WALKED if owned.rules.turn is not None else 1
        self._key = owned.key.member if owned.key is not None else "id"
        self._value = next((one.member for one in owned.columns if self.is_merged and one.name == owned.value), "")
        self.bits = _bits(owned.need)
        self._most = owned.rule.longest
        self._id = Key((owned.prefix,))
        self.kept = RowReader(owned.columns, creates=False, blank=owned.value if self.is_merged else None)
        self.new = RowReader(owned.columns, creates=True)

    def read(self, found: Given, name: str, value: Any) -> list[dict[str, object]]:
        """The items by column, each with the key of the row that it keeps."""
        found.used |= self.bits
        if value is None:
            found.problems.append(invalid((name,), Reason.REQUIRED))
        elif len(value) > self._most:
            found.problems.append(invalid((name,), Reason.TOO_LONG, TOO_MANY, most=self._most))
        else:
            found.rows += len(value)
            seen: set[str] = set()
            return [self._item(found, (name, str(n)), item, seen) for n, item in enumerate(value)]
        return []

    def _item(self, found: Given, path: Path, given: Mapping[str, Any], seen: set[str]) -> dict[str, object]:
        if self.is_merged:
            return self._keyed_item(found, path, given, seen)
        if given.get("id") is None:
            found.problems += [
                invalid((*path, name), Reason.REQUIRED) for name in self.new.required if name not in given
            ]
            return self.new.read(found, given, path)
        id_ = self._id(given["id"]) or NO_ROW
        if id_ in seen and id_ != NO_ROW:
            found.problems.append(invalid((*path, "id"), Reason.COMBINATION))
        seen.add(id_)
        return {**self.kept.read(found, given, path), "id": id_}

    def _keyed_item(self, found: Given, path: Path, given: Mapping[str, Any], seen: set[str]) -> dict[str, object]:
        """An item that is named by a key, and has its value or null."""
        key = str(given[self._key])
        if key in seen:
            found.problems.append(invalid((*path, self._key), Reason.COMBINATION))
        seen.add(key)
        if self._value not in given:
            found.problems.append(invalid((*path, self._value), Reason.REQUIRED))
        return self.kept.read(found, given, path)


@dataclass(frozen=True, slots=True)
class Usual:
    """The probe of an input: True if it states nothing besides `members`, and is no trial."""

    members: frozenset[str]

    @classmethod
    def of(cls, write: EntityWrite) -> "Usual":
        """Members that need nothing but their columns: no list, no link, no number, no effect, no rule of an update."""
        judged = {effect.reads for effect in write.rules.effects}
        if not write.creates:
            judged |= {member for rule in write.rules.rules for member in rule.reads}
        plain = {
            column.member
            for column in write.columns
            if column.linked is None and column.rule.kind is not WriteKind.NUMBER
        }
        controls = {write.which, "expectedVersion", "idempotencyKey", "validateOnly"}
        return cls(frozenset(plain - judged | controls))

    def __call__(self, value: Any) -> bool:
        """The answer for a whole input."""
        return isinstance(value, dict) and self.members.issuperset(value) and not value.get("validateOnly")  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]

    def of_argument(self, given: ArgumentValue, inputs: Inputs) -> bool:
        """The answer for an input that may have variables in it."""
        if isinstance(given, ObjectArgument):
            return "validateOnly" not in given.fields and self.members.issuperset(given.fields)
        return bool(inputs.probe(given, self))


class InputReader:
    """Reads the inputs of one declared mutation."""

    def __init__(self, write: EntityWrite) -> None:
        self.usual = Usual.of(write)
        self._which = write.which
        self._creates = write.creates
        self._row = Key((write.named_prefix,))
        self._own = RowReader((*write.columns, *write.effects), creates=write.creates)
        self._lists = {owned.member: ListReader(owned) for owned in write.lists}
        self._members = frozenset((*self._own.members, *self._lists))
        self._apart = write.rules.apart

    def read(self, given: Mapping[str, Any], key: str | None = None) -> Given:
        """The input as it is written; `key` is the idempotency key that came beside it."""
        found = Given(self._row(given[self._which]) or NO_ROW)
        self._read_row(found, given)
        self._read_controls(found, given, key)
        return found

    def _read_row(self, found: Given, given: Mapping[str, Any]) -> None:
        """Read the members of one row."""
        found.members = tuple([name for name in given if name in self._members])
        found.version = given.get("expectedVersion")
        found.values = self._own.read(found, given)
        for name, owned in self._lists.items():
            if name in given:
                self._read_list(found, owned, name, given[name])
        for one, other in self._apart:
            if given.get(one) is not None and given.get(other) is not None:
                found.problems.append(invalid((other,), Reason.COMBINATION))

    def _read_controls(self, found: Given, given: Mapping[str, Any], key: str | None) -> None:
        """Read the members for the whole input; `key` came beside it."""
        found.is_trial = bool(given.get("validateOnly"))
        own = given.get("idempotencyKey")
        self._read_key(found, given, own if own is not None else key)

    def rows(self, given: Mapping[str, Any]) -> int:
        """The number of rows that an input writes, itself included; one that many others judge counts as many."""
        return 1 + sum(owned.weight * len(given.get(name) or ()) for name, owned in self._lists.items())

    def _read_list(self, found: Given, owned: ListReader, name: str, value: Any) -> None:
        """Read a list; one that replaces the stored list has to be based on a version, a merged one has not."""
        found.values[owned.json_key] = owned.read(found, name, value)
        version = ("expectedVersion",)
        is_based = self._creates or owned.is_merged or found.version is not None
        if not is_based and all(one.field != version for one in found.problems):
            found.problems.append(invalid(version, Reason.REQUIRED))

    def _read_key(self, found: Given, given: Mapping[str, Any], key: str | None) -> None:
        """Read the key, which only a write claims, never a trial."""
        if key is None:
            return
        if not KEY.fullmatch(key):
            found.problems.append(invalid(("idempotencyKey",), Reason.FORMAT))
        elif not found.is_trial:
            found.key, found.digest = key, b"" if found.problems else _digest(given)

    def lacking(self, given: Mapping[str, Any], missing: int) -> Iterator[tuple[Path, App, bool]]:
        """The members that need a missing app: each with the first one, and whether it was null."""
        for name, value in given.items():
            owned = self._lists.get(name)
            if owned is not None and owned.bits & missing:
                yield (name,), _first_app(owned.bits & missing), value is None
            elif owned is not None:
                for n, item in enumerate(value or ()):
                    yield from _lacking(owned.kept, item, missing, (name, str(n)))
        yield from _lacking(self._own, given, missing)


def _lacking(
    reader: RowReader, given: Mapping[str, Any], missing: int, path: Path = ()
) -> Iterator[tuple[Path, App, bool]]:
    for name, value in given.items():
        member = reader.members.get(name)
        if member is not None and (lacks := member.used(value) & missing):
            yield (*path, name), _first_app(lacks), value is None


def _digest(given: Mapping[str, Any]) -> bytes:
    """The hash of an input as it was sent, without its key; of any text, lone surrogates too."""
    sent = {name: value for name, value in given.items() if name != "idempotencyKey"}
    return hashlib.sha256(json.dumps(sent, default=str, sort_keys=True).encode()).digest()


# --- masks ----------------------------------------------------------------------------------------------------------


def bits_of(apps: Iterable[App]) -> int:
    """The apps as a number with a bit for each, the first position highest."""
    return sum(1 << (APPS - 1 - CATALOGUE[app].position) for app in set(apps))


def _first_app(bits: int) -> App:
    return next(app for app, entry in CATALOGUE.items() if bits >> (APPS - 1 - entry.position) & 1)


@lru_cache(4_096)
def mask(bits: int) -> BitString:
    """The mask of these apps, as the driver writes it."""
    return BitString.from_int(bits, length=APPS)


# --- members --------------------------------------------------------------------------------------------------------


def _member_reader(column: WriteColumn, blank: str | None) -> MemberReader:
    """The reader of a member; the column `blank` may be null, whatever the table says."""
    return MemberReader(
        column.name,
        reader_of(column),
        _bits(column.need),
        column.may_be_null or column.name == blank,
        column.rule.form in NATIONAL,
        "" if column.rule.default == "" else None,
        {value: _bits(need) for value, need in column.values.items()},
    )


def _bits(need: Need) -> int:
    return bits_of(gate for gate in need if isinstance(gate, App))
