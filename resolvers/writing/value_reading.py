"""From the value of a member of an input to the value that its column gets, or to its problem."""

import decimal
import re
from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial
from typing import Final, NamedTuple, TypeAlias

from resolvers.forms.registry import LONGEST, former
from resolvers.forms.texts import Formed, line, note
from resolvers.global_ids import Key
from resolvers.masks import mask_of
from resolvers.writing.declaration import WriteColumn
from resolvers.writing.values import BY_KEY
from schema.apps import App
from schema.declarations.writing import WriteKind, WriteRule
from schema.errors import TOO_MANY
from schema.errors import ValidationReason as Reason

KEY: Final = re.compile(r"[!-~]{1,100}")
"""An idempotency key: visible ASCII."""

NUMBER: Final = re.compile(r"([A-Z])0*([1-9][0-9]{0,7})")
"""A stated number: one digit less than a number may have, so that the counter goes on for long."""

WORD: Final = 100
"""Maximum length of a short text in a list, in characters."""

NO_ROW: Final = "0" * 32
"""The key of no row, for a malformed id, which is therefore answered like an unknown one."""


class Created(NamedTuple):
    """A row that the caller has created with this idempotency key."""

    key: str


class Wrong(NamedTuple):
    """The problem of a value: its reason, the values of its message, and its place in a list."""

    reason: Reason
    values: Mapping[str, object] = {}
    place: "Path" = ()
    text: str | None = None


Path: TypeAlias = tuple[str, ...]
"""The place of a value in an input."""

Read: TypeAlias = Callable[..., object]
"""Returns the JSON value of a column, or Wrong, for a coerced value (and a country, if its form depends on one)."""

UNKNOWN: Final = ""
"""The country of a row if only the database knows it."""


def reader_of(column: WriteColumn) -> Read:
    """The function that reads the values of a column."""
    rule = column.rule
    match rule.kind:
        case WriteKind.LINE:
            return _text(partial(line, longest=rule.longest), rule.longest)
        case WriteKind.NOTE:
            return _text(partial(note, longest=rule.longest), rule.longest)
        case WriteKind.FORM:
            assert rule.form is not None
            return _text(former(rule.form), LONGEST[rule.form])
        case WriteKind.WORDS:
            return partial(_words, rule.longest)
        case WriteKind.NUMBER:
            return partial(_number, rule.letter)
        case WriteKind.WHOLE:
            return partial(_whole, rule)
        case WriteKind.AMOUNT:
            return partial(_amount, rule)
        case WriteKind.LINK:
            return partial(_link, Key((str(column.linked_prefix),)))
        case _:
            return UNBOUNDED[rule.kind]


def _text(form: Callable[..., Formed], longest: int) -> Read:
    def read(value: str, *country: str | None) -> object:
        found = form(value, *country)
        return Wrong(found, {"most": longest}) if isinstance(found, Reason) else found

    return read


def _words(most: int, value: list[str]) -> object:
    """Texts of one line, each once; the first one that is not is the problem."""
    if len(value) > most:
        return Wrong(Reason.TOO_LONG, {"most": most}, text=TOO_MANY)
    found: list[str] = []
    for n, item in enumerate(value):
        text = line(item, longest=WORD)
        if not isinstance(text, str) or not text:
            reason = text if isinstance(text, Reason) else Reason.REQUIRED
            return Wrong(reason, {"most": WORD}, (str(n),))
        found.append(text)
    return list(dict.fromkeys(found))


def national(read: Read, value: str, country: str) -> object:
    """A text in the form of a country; in any form if that is unknown: the statement then judges both together."""
    if country:
        return read(value, country)
    found = read(value, None)
    return read(value, UNKNOWN) if isinstance(found, Wrong) and found.reason is Reason.FORMAT else found


def _number(letter: str, value: str) -> object:
    """A stated number in the company's own form: the letter and at least five digits."""
    found = NUMBER.fullmatch(value.strip().upper())
    return f"{letter}{found[2]:0>5}" if found and found[1] == letter else Wrong(Reason.FORMAT)


def _whole(rule: WriteRule, value: int) -> object:
    return value if rule.least <= value <= rule.most else Wrong(Reason.RANGE)


def _amount(rule: WriteRule, value: decimal.Decimal) -> object:
    if not rule.least <= value <= rule.most:
        return Wrong(Reason.RANGE)
    exponent = value.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > rule.scale:
        return Wrong(Reason.DECIMALS)
    return str(value)


def _since(value: bool) -> str | None:
    """The time of the transaction, in PostgreSQL's word for it; None where it is switched off."""
    return "now" if value else None


def _choice(value: Enum) -> str:
    return value.value


def _link(key: Key, value: str) -> object:
    created = value.removeprefix(BY_KEY)
    if created != value and KEY.fullmatch(created):
        return Created(created)
    return key(value) or NO_ROW


def _apps(value: list[App]) -> str:
    """The mask of apps, as PostgreSQL writes it."""
    return mask_of(value).as_string().replace(" ", "")


UNBOUNDED: Final[Mapping[WriteKind, Read]] = {
    WriteKind.APPS: _apps,
    WriteKind.CHOICE: _choice,
    WriteKind.FLAG: bool,
    WriteKind.SINCE: _since,
}
"""The readers of kinds whose every value can be written. Lists of rows have none, since they are no columns."""
