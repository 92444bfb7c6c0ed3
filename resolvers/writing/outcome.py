"""The outcome of a declared mutation: from the columns of its statement to the problems in its payload."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

import orjson
from asyncpg import BitString, Record

from db.tables.metadata import APPS
from resolvers.user_problems import Subject, UserProblem, invalid
from resolvers.writing.declaration import EntityWrite
from resolvers.writing.given import Given
from resolvers.writing.value_reading import Path
from schema.apps import App, app_label
from schema.errors import ROW_CHANGED, TOO_MANY, UserErrorCode, ValidationReason
from schema.localization.field_labels import field_label
from schema.localization.language import Language


class Refusal(StrEnum):
    """The reason why a statement has not written.

    RACED: another write was first, or has locked the company's row. NOT_WRITTEN: the earlier request did not write this
    item of a repeated list, though it could be written now. The following are no fault of the input. UNCHANGED: all is
    already as asked. REPLAYED: an earlier request has written it. VALID: it was only a trial. PARTLY: not every item of
    a list was written.
    """

    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    RATE_LIMITED = "RATE_LIMITED"
    GATES = "GATES"
    KEY_REUSED = "KEY_REUSED"
    PROBLEMS = "PROBLEMS"
    FOUND = "FOUND"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    RACED = "RACED"
    NOT_WRITTEN = "NOT_WRITTEN"
    UNCHANGED = "UNCHANGED"
    REPLAYED = "REPLAYED"
    VALID = "VALID"
    PARTLY = "PARTLY"


SHOWN: Final = frozenset({None, *Refusal}) - {Refusal.FORBIDDEN, Refusal.NOT_FOUND, Refusal.VALID}
"""Outcomes whose payload shows the row as it is; None stands for a row that was written."""

WARNED: Final = frozenset({None, Refusal.UNCHANGED, Refusal.VALID})
"""Outcomes with a row that is or would be as asked: it may have warnings."""

SILENT: Final = frozenset({Refusal.FORBIDDEN, Refusal.NOT_FOUND})
"""Refusals that reveal no company and no row."""


class ItemOutcome(NamedTuple):
    """The outcome of an item of a list: the reason of a refusal, the row, and the problems that the database found.

    `warnings` are those of the row, by numbers in the entity's rules.
    """

    refused: Refusal | None
    row: str | None
    found: tuple[str, ...]
    warnings: tuple[int, ...] = ()


class Outcome(NamedTuple):
    """The outcome of a mutation: `refused` is None for a written row or list, else the reason.

    `company`, `row` and `whole` (which has the row as a part) are those that the caller entered and sees; `apps` are
    the caller's, where some are missing; `found` are the problems that the database found, each as code, reason and
    path. Of several rows `total` is their number, and `keys` are the first of them. `items` are those of a list that
    was looked at, and not simply written. A change of access writes no single row, and needs no apps;
    its `total` is the number of rights that it grants. `warnings` are those of a single row.
    """

    refused: Refusal | None
    company: uuid.UUID | None
    row: uuid.UUID | None
    whole: uuid.UUID | None
    language: Language
    confirmed: bool
    apps: BitString | None
    found: tuple[str, ...]
    keys: tuple[uuid.UUID, ...] = ()
    total: int | None = None
    items: tuple[ItemOutcome, ...] = ()
    warnings: tuple[int, ...] = ()

    @property
    def has_warnings(self) -> bool:
        """True if a row has warnings."""
        return bool(self.warnings) or any(item.warnings for item in self.items)


def outcome_of(record: Record) -> Outcome:
    """The outcome in a statement's row."""
    said, get = record["outcome"], record.get
    refused = Refusal(said) if said is not None else None
    seen, items = refused not in SILENT, get("of_items")
    return Outcome(
        refused,
        record["company_id"] if seen else None,
        get("row_id") if seen else None,
        get("whole_id") if seen else None,
        Language[record["language"]],
        record["confirmed"],
        get("apps"),
        tuple(record["problems"] or ()),
        tuple(get("keys") or ()),
        get("count"),
        tuple(_items(items)) if items is not None else (),
        tuple(get("warnings") or ()),
    )


def _items(found: str) -> Iterator[ItemOutcome]:
    for refused, row, problems, *warnings in orjson.loads(found):
        numbers = tuple(warnings[0] or ()) if warnings else ()
        yield ItemOutcome(Refusal(refused) if refused is not None else None, row, tuple(problems), numbers)


class Reader(Protocol):
    """Reads the inputs of a mutation with a statement of its own."""

    def read(self, given: Mapping[str, Any], key: str | None = None) -> Given:
        """The input as it is written; `key` is the idempotency key that came beside it."""
        ...

    def rows(self, given: Mapping[str, Any]) -> int:
        """The number of rows that an input may write."""
        ...

    def lacking(self, given: Mapping[str, Any], missing: int) -> Iterator[tuple[Path, App, bool]]:
        """The members that need a missing app: each with the first one, and whether it was null."""
        ...


def problems_of(
    outcome: Outcome, write: EntityWrite, reader: Reader, input_: Mapping[str, Any], given: Given
) -> Iterable[UserProblem]:
    """The problems of a refusal, for `errors`; no problems without a refusal."""
    match outcome.refused:
        case Refusal.NOT_FOUND:
            return (UserProblem(UserErrorCode.NOT_FOUND, (write.which,)),)
        case Refusal.GATES:
            return _missing(outcome, reader, input_)
        case Refusal.KEY_REUSED:
            return (UserProblem(UserErrorCode.KEY_REUSED, ("idempotencyKey",)),)
        case Refusal.PROBLEMS:
            return given.problems
        case Refusal.FOUND:
            return map(found_problem, outcome.found)
        case Refusal.VERSION_CONFLICT | Refusal.RACED:
            return (conflict(("expectedVersion",) if write.which == write.row else None),)
        case _:
            return ()


def warnings_of(outcome: Outcome, write: EntityWrite) -> Iterator[UserProblem]:
    """The warnings for a row that is or would be as asked, for `warnings`."""
    if outcome.refused in WARNED:
        yield from (warning(write, n) for n in outcome.warnings)


def warning(write: EntityWrite, n: int) -> UserProblem:
    """The n-th warning of an entity: of a value, so its code is VALIDATION, though the value is written."""
    found = write.rules.warnings[n]
    return invalid((found.member,), found.reason, found.text)


def _missing(outcome: Outcome, reader: Reader, input_: Mapping[str, Any]) -> Iterator[UserProblem]:
    """A problem for each member that needs a missing app, in the order of the input."""
    return map(missing_app_problem, reader.lacking(input_, missing_bits(outcome)))


def missing_bits(outcome: Outcome) -> int:
    """The apps that the caller lacks, as bits."""
    assert outcome.apps is not None
    return ((1 << APPS) - 1) & ~outcome.apps.to_int(bitorder="big")


def missing_app_problem(lacking: tuple[Path, App, bool]) -> UserProblem:
    """The problem of a member that needs a missing app; the flag is True if the member was null."""
    path, app, is_null = lacking
    reason = ValidationReason.NULL_SENT if is_null else None
    return UserProblem(UserErrorCode.APP_REQUIRED, path, partial(_gate_values, path[-1], app), reason=reason, app=app)


def conflict(stated: Path | None) -> UserProblem:
    """The problem of a row that was changed meanwhile; `stated` is the path of the version in the input."""
    return UserProblem(UserErrorCode.VERSION_CONFLICT, stated, text=ROW_CHANGED)


def _gate_values(member: str, app: App, language: Language) -> Mapping[str, str]:
    return {"field": field_label(member, language), "app": app_label(app, language)}


def found_problem(problem: str) -> UserProblem:
    """A problem that the database found; after its path may be the id of the row that it is about."""
    code, reason, place, *others = problem.split(" ")
    path = tuple(place.split("."))
    if code == UserErrorCode.VALIDATION.name:
        return invalid(path, ValidationReason[reason])
    if code == UserErrorCode.LIMIT_REACHED.name and place == "companyId":  # of the company's rows
        return UserProblem(UserErrorCode[code], path)
    if code == UserErrorCode.LIMIT_REACHED.name:  # in the place of a reason is the greatest number
        values: Mapping[str, str] = {"most": reason}
        return UserProblem(
            UserErrorCode[code], path, lambda language: {"field": field_label(path[-1], language), **values}, TOO_MANY
        )
    about = Subject(others[0], path[-1:]) if others else None
    return UserProblem(
        UserErrorCode[code], path, lambda language: {"field": field_label(path[-1], language)}, about=about
    )
