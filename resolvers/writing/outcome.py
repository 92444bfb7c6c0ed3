"""What came of a mutation of one statement, from its columns to the problems that the payload shows."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import partial
from typing import Any, Final, NamedTuple

from asyncpg import BitString, Record

from db.tables.metadata import APPS
from resolvers.user_problems import UserProblem, invalid
from resolvers.writing.declaration import EntityWrite
from resolvers.writing.reading import Given, InputReader
from schema.apps import App, app_label
from schema.errors import ROW_CHANGED, UserErrorCode, ValidationReason
from schema.localization.field_labels import field_label
from schema.localization.language import Language


class Refusal(StrEnum):
    """Why a statement has not written; the last three are no fault of the input: what it asks for is so already, was
    done by an earlier request, or was only tried. RACED: another one was there first, or has the company's row.
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
    UNCHANGED = "UNCHANGED"
    REPLAYED = "REPLAYED"
    VALID = "VALID"


SILENT: Final = frozenset({Refusal.FORBIDDEN, Refusal.NOT_FOUND})
"""Refusals that tell of no company and no row."""

SHOWN: Final = frozenset({None, *Refusal}) - {Refusal.FORBIDDEN, Refusal.NOT_FOUND, Refusal.VALID}
"""Outcomes whose payload shows the row as it is; None stands for a row that was written."""


class Outcome(NamedTuple):
    """What came of it: `refused` is None for a row that was written, else the reason.

    `company`, `row` and `whole` (which has the row as a part) are those that the caller entered and sees; `apps` are
    the caller's, where some are missing; `found` are the problems that the database found, of an entity each as code,
    reason and path. A change of access writes no single row, and needs no apps.
    """

    refused: Refusal | None
    company: uuid.UUID | None
    row: uuid.UUID | None
    whole: uuid.UUID | None
    language: Language
    confirmed: bool
    apps: BitString | None
    found: tuple[str, ...]


def outcome_of(record: Record) -> Outcome:
    """The outcome in a statement's row."""
    refused = Refusal(record["outcome"]) if record["outcome"] is not None else None
    seen = refused not in SILENT
    return Outcome(
        refused,
        record["company_id"] if seen else None,
        record.get("row_id") if seen else None,
        record.get("whole_id") if seen else None,
        Language[record["language"]],
        record["confirmed"],
        record.get("apps"),
        tuple(record["problems"] or ()),
    )


def problems_of(
    outcome: Outcome, write: EntityWrite, reader: InputReader, input_: Mapping[str, Any], given: Given
) -> Iterable[UserProblem]:
    """The problems of a refusal, for `errors`; none for what is no refusal."""
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
            return map(_found, outcome.found)
        case Refusal.VERSION_CONFLICT | Refusal.RACED:
            stated = None if write.creates else ("expectedVersion",)
            return (UserProblem(UserErrorCode.VERSION_CONFLICT, stated, text=ROW_CHANGED),)
        case _:
            return ()


def _missing(outcome: Outcome, reader: InputReader, input_: Mapping[str, Any]) -> Iterator[UserProblem]:
    """A problem for each member that needs an app which the caller lacks, in the order of the input."""
    assert outcome.apps is not None
    everything = (1 << APPS) - 1
    for path, app, is_null in reader.lacking(input_, everything & ~outcome.apps.to_int(bitorder="big")):
        reason = ValidationReason.NULL_SENT if is_null else None
        values = partial(_gate_values, path[-1], app)
        yield UserProblem(UserErrorCode.APP_REQUIRED, path, values, reason=reason, app=app)


def _gate_values(member: str, app: App, language: Language) -> Mapping[str, str]:
    return {"field": field_label(member, language), "app": app_label(app, language)}


def _found(problem: str) -> UserProblem:
    code, reason, place = problem.split(" ")
    path = tuple(place.split("."))
    if code == UserErrorCode.VALIDATION.name:
        return invalid(path, ValidationReason[reason])
    return UserProblem(UserErrorCode[code], path, lambda language: {"field": field_label(path[-1], language)})
