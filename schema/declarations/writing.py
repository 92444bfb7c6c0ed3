"""Rules of writing, declared on the field's own line: `name: str = field("…", write=line(100))`.

Inputs, payloads and root fields of Mutation are made from these rules (`schema/mutations/declared.py`). An input field
has the gates of its output field, since both are the same line.
"""

import decimal
from dataclasses import dataclass, replace
from enum import Enum, Flag, auto
from typing import Final, TypeAlias

from schema.declarations.forms import Form


class Writes(Flag):
    """The mutations of an entity; what can be deleted can be restored, unless deletion is `FINAL`.

    `MANY`: also of lists of rows.
    """

    CREATE = auto()
    UPDATE = auto()
    DELETE = auto()
    MANY = auto()
    FINAL = auto()


CREATE, UPDATE, DELETE, MANY, FINAL = Writes
NOTHING: Final = Writes(0)


class WriteKind(Enum):
    """The sort of value that a rule takes."""

    LINE = "LINE"
    NOTE = "NOTE"
    FORM = "FORM"
    NUMBER = "NUMBER"
    WHOLE = "WHOLE"
    AMOUNT = "AMOUNT"
    CHOICE = "CHOICE"
    FLAG = "FLAG"
    LINK = "LINK"
    SINCE = "SINCE"
    WORDS = "WORDS"
    APPS = "APPS"
    OWNED = "OWNED"
    KEYED = "KEYED"


class Inherited(Enum):
    """In place of a default: the value of the company's own settings, else of the company."""

    COMPANY = "COMPANY"


COMPANY: Final = Inherited.COMPANY

Default: TypeAlias = str | int | bool | Inherited | None


class WriteAction(Enum):
    """The action of a declared mutation."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class DeclaredWrite:
    """The source of a root field of Mutation: its action on rows of a type, and the payload's field for one.

    `part_of` is the type that has the rows; None for rows that are no part of others. `listed`: it takes several rows.
    `called` is the name of a row in inputs, as in `presetId`, where it is not that of the payload's field.
    """

    action: WriteAction
    type_name: str
    member: str
    part_of: str | None = None
    listed: bool = False
    called: str | None = None


@dataclass(frozen=True, slots=True)
class WriteRule:
    """The rule for values that are written into a field.

    `least` and `most` bound a number, `most` also the characters of a text or the items of a list; `scale` is the
    number of decimals, `letter` the beginning of a number of the company's own. On creation a field that is left out
    has its `default`; `filled`: the statement finds its value. `required`: it has to be given on creation.
    The rows of an owned list have the `fixed` values. A member of an input may be `called` otherwise than its field;
    `effect`: no column holds what it states, but something follows from it. `once`: it is stated on creation only.
    `alone`: rows of other lists decide whether it may be changed, so no item of a list changes it.
    """

    kind: WriteKind
    most: decimal.Decimal = decimal.Decimal(0)
    least: decimal.Decimal = decimal.Decimal(0)
    scale: int = 0
    form: Form | None = None
    letter: str = ""
    default: Default = None
    required: bool = False
    filled: bool = False
    fixed: tuple[tuple[str, str], ...] = ()
    called: str = ""
    effect: bool = False
    once: bool = False
    alone: bool = False

    @property
    def longest(self) -> int:
        """The maximum number of characters or items."""
        return int(self.most)


Bound: TypeAlias = int | str
"""A bound of a number; a text for one with decimals."""


def line(most: int = 200, *, required: bool = False, filled: bool = False, default: Default = None) -> WriteRule:
    """One line of at most `most` characters."""
    return WriteRule(WriteKind.LINE, decimal.Decimal(most), required=required, filled=filled, default=default)


def note(most: int = 4_000) -> WriteRule:
    """A text of several lines, of at most `most` characters."""
    return WriteRule(WriteKind.NOTE, decimal.Decimal(most))


def form(name: Form, *, required: bool = False, filled: bool = False, default: Default = None) -> WriteRule:
    """A text in a form of its own, such as a VAT number."""
    return WriteRule(WriteKind.FORM, form=name, required=required, filled=filled, default=default)


def numbered(letter: str) -> WriteRule:
    """A number of the company's own counter: the letter and at least five digits; left out, it is the next one."""
    return WriteRule(WriteKind.NUMBER, letter=letter, filled=True)


def whole(least: int, most: int, *, required: bool = False, default: Default = None) -> WriteRule:
    """A whole number between two bounds."""
    bounds = decimal.Decimal(most), decimal.Decimal(least)
    return WriteRule(WriteKind.WHOLE, *bounds, required=required, default=default)


def amount(
    scale: int, least: Bound, most: Bound, *, required: bool = False, filled: bool = False, default: Default = None
) -> WriteRule:
    """A decimal number between two bounds, with at most `scale` decimals."""
    bounds = decimal.Decimal(most), decimal.Decimal(least)
    return WriteRule(WriteKind.AMOUNT, *bounds, scale, required=required, filled=filled, default=default)


def choice(*, required: bool = False, filled: bool = False, default: Default = None, once: bool = False) -> WriteRule:
    """A value of the field's enum; one with gates is written, and its rows are changed, by who passes them."""
    return WriteRule(WriteKind.CHOICE, required=required, filled=filled, default=default, once=once)


def flag(*, default: Default = None) -> WriteRule:
    """Yes or no."""
    return WriteRule(WriteKind.FLAG, default=default)


def since(called: str) -> WriteRule:
    """The moment since which something is on: the input switches it by yes or no, under the name `called`."""
    return WriteRule(WriteKind.SINCE, called=called)


def words(most: int) -> WriteRule:
    """A list of short texts, such as tags, each once: at most `most`, of one line each. It is replaced whole."""
    return WriteRule(WriteKind.WORDS, decimal.Decimal(most))


def apps() -> WriteRule:
    """A set of apps, which is stored as a mask. It has to be given on creation, and is replaced whole."""
    return WriteRule(WriteKind.APPS, required=True)


def effect(called: str, rule: WriteRule) -> WriteRule:
    """A number that no column holds, under the name `called`: the entity's effects and rules read it."""
    return replace(rule, called=called, effect=True)


def link(*, required: bool = False, called: str = "") -> WriteRule:
    """Another object of the company, which the caller has to see; the input field is `<called>Id`, else `<field>Id`."""
    return WriteRule(WriteKind.LINK, required=required, called=called)


def owned(most: int = 100, *, alone: bool = False, **fixed: str) -> WriteRule:
    """The rows of a list that belong to the object, at most `most`; kept rows are named by their ids.

    `fixed` are the values of columns that all rows of the list have. `alone`: rows of other lists decide what may be in
    it, so it is changed with one object alone.
    """
    return WriteRule(WriteKind.OWNED, decimal.Decimal(most), fixed=tuple(fixed.items()), alone=alone)


def keyed(most: int = 100) -> WriteRule:
    """The rows of a list that are named by their required member, such as a price by its tier, at most `most` at once.

    They are merged: an item without a value removes the row of its key, and rows that are not named stay.
    """
    return WriteRule(WriteKind.KEYED, decimal.Decimal(most))
