"""The permission matrix of a company, of now or of a moment: a row for each member, a cell for each active app."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from db.sql import Sql, every, join, sql
from db.tables.core.access import app_grant
from db.tables.core.identity import company
from resolvers.compilation.context import Row
from resolvers.compilation.parameters import Fingerprint, Keys, enum_names
from resolvers.compilation.resolution import (
    Arguments,
    GlobalId,
    Leaf,
    Listing,
    Pairs,
    PairSource,
    Resolution,
    RowOrDerived,
    SameRow,
)
from resolvers.fields.core.matrix_changes import MOST_CHANGES, changed_cells
from resolvers.fields.core.matrix_history import company_then, is_past, members_then, moment
from resolvers.membership import held
from resolvers.operation.arguments import NOT_GIVEN, ArgumentValue
from resolvers.plans import asleep, awake, version


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """A cell: the row of its matrix, that of its person, and its column, which is an app."""

    matrix: Row
    person: Row
    column: Row

    @classmethod
    def at(cls, row: Row) -> Self:
        """The cell that is compiled at a row."""
        assert row.parent is not None, "a cell stands in a row"
        assert row.parent.parent is not None, "a row stands in a matrix"
        return cls(row.parent.parent, row.parent, row)

    def bit(self, mask: Sql) -> Sql:
        """The condition that the app is in a mask of the person's."""
        return sql("(get_bit({}, {}) = 1)", mask, self.column["position"])


def matrix_of(person: Row) -> Row | None:
    """The matrix of a moment that shows this person; None outside of such a matrix."""
    line = person.parent
    if line is None or line.rows is not person.rows or line.parent is None:
        return None
    return line.parent if is_past(line.parent) else None


def _matrix(row: Row) -> Row:
    """The matrix of a row: the row itself if it is a company's, else its parent."""
    matrix = row if row.rows.table is company else row.parent
    assert matrix is not None
    return matrix


def _active(row: Row, column: Row) -> tuple[Sql, ...]:
    """The link to the matrix's columns: the apps that are awake, narrowed by the argument `apps`."""
    matrix = _matrix(row)
    mask = awake(matrix.rows if is_past(matrix) else row.company_scope.company)
    active = sql("get_bit({}, {}) = 1", mask, column["position"])
    if not _asks_for(matrix, "apps"):
        return (active,)
    return (active, sql("{} = any({})", column["id"], row.ctx.bind(matrix.arguments["apps"], enum_names, "text[]")))


def _asleep(row: Row, column: Row) -> tuple[Sql, ...]:
    """The link to the apps that would be columns, but sleep."""
    return (sql("get_bit({}, {}) = 1", asleep(row.rows), column["position"]),)


def _people(row: Row, person: Row) -> tuple[Sql, ...]:
    """The link to the matrix's rows: the memberships that were not removed, narrowed by the argument `userIds`."""
    if not _asks_for(row, "userIds"):
        return ()
    users, externals = (row.ctx.bind(row.arguments["userIds"], Keys((prefix,)), "uuid[]") for prefix in ("usr", "ext"))
    asked = sql("{} = any(case when {} then {} else {} end)", person["id"], person["external"], externals, users)
    return (asked,)


def _columns(row: Row) -> ArgumentValue:
    """The matrix's argument `apps`."""
    return _matrix(row).arguments.get("apps", NOT_GIVEN)


def _granted(row: Row, arguments: Arguments) -> Sql:
    cell = MatrixCell.at(row)
    return cell.bit(cell.person["toggles"])


def _effective(row: Row, arguments: Arguments) -> Sql:
    """The condition that a person has the app of a cell: by the mask of now, once accepted and within the term.

    A cell exists only for an active app, so the company's mask is not looked at.
    """
    cell = MatrixCell.at(row)
    return sql(
        "({} and {} is not null and ({} is null or {} > {}))",
        cell.bit(held(cell.person.rows)),
        cell.person["accepted_at"],
        cell.person["until"],
        cell.person["until"],
        moment(cell.matrix) or sql("now()"),
    )


def _editable(row: Row, arguments: Arguments) -> Sql:
    role = sql("coalesce({}, '')", MatrixCell.at(row).person["role"])
    return sql("(not {} and {} = 'EMPLOYEE')", row["always_visible"], role)


def _asks_for(matrix: Row, argument: str) -> bool:
    """True if this argument narrows the matrix's rows or columns."""
    return argument in matrix.arguments and matrix.ctx.inputs.given(matrix.arguments[argument])


def _mark(matrix: Row | None, *narrowing: str) -> Sql | None:
    """The mark in the id of a matrix or its row that differs from the whole matrix of now, so a client caches both.

    It has the microseconds since 1970 for the matrix of a moment, and a fingerprint for each narrowing argument. None
    for the whole matrix of now.
    """
    assert matrix is not None, "a row stands in a matrix"
    then = moment(matrix)
    marks = [] if then is None else [sql("(extract(epoch from {}) * 1000000)::int8::text", then)]
    marks += [
        matrix.ctx.bind(matrix.arguments[argument], Fingerprint(argument), "text")
        for argument in narrowing
        if _asks_for(matrix, argument)
    ]
    return join(" || '_' || ", marks) or None


def _mark_of_cell(row: Row) -> Sql:
    """The mark in the id of a cell, whose key is the person's: the moment, as in the matrix, and the app."""
    then = _mark(MatrixCell.at(row).matrix)
    return row["id"] if then is None else sql("{} || '_' || {}", then, row["id"])


def _reason(row: Row, arguments: Arguments) -> Sql:
    person = MatrixCell.at(row).person
    return sql(
        "case when {} then 'ALWAYS_VISIBLE' when {} then 'EXTERNAL' when {} = 'OWNER' then 'OWNER' else 'TOGGLE' end",
        row["always_visible"],
        person["external"],
        person["role"],
    )


def _until(row: Row, arguments: Arguments) -> Sql:
    """The end that the toggle of a cell was given with; null without one, and for a toggle that is off.

    Only for a lent app, or one of a moment, its period is looked for (DECISIONS D140).
    """
    cell, grant = MatrixCell.at(row), row.ctx.rows(app_grant, company=row.company)
    then = moment(cell.matrix)
    return sql(
        "(case when {} then (select {} from {} where {} and {} = {} and {} = {} and {}) end)",
        cell.bit(cell.person["lent" if then is None else "toggles"]),
        grant["until"],
        grant.source,
        every(grant.where),
        grant["membership_id"],
        cell.person["id"],
        grant["app_id"],
        row["id"],
        sql("upper_inf({})", grant["valid"]) if then is None else sql("{} @> {}", grant["valid"], then),
    )


def _changed_cells(matrix: Row, person: Row, column: Row, arguments: Arguments) -> PairSource:
    """The cells that changed since a version, of the matrix's rows and columns."""
    changed = changed_cells(matrix, person, column, arguments)
    return changed._replace(
        conditions=(*changed.conditions, *_active(matrix, column), *_people(matrix, person)),
    )


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Company.permissionMatrix": RowOrDerived(company_then),
    "PermissionMatrix.id": GlobalId(lambda row: row["id"], mark=lambda row: _mark(row, "apps", "userIds")),
    "PermissionMatrix.version": Leaf(lambda row, arguments: version(row.rows)),
    "PermissionMatrix.apps": Listing(_active, narrowed=_columns),
    "PermissionMatrix.sleepingApps": Listing(_asleep),
    "PermissionMatrix.rows": Listing(
        _people,
        order=("external", "created_at"),
        instead=members_then,
        narrowed=lambda row: row.arguments.get("userIds", NOT_GIVEN),
    ),
    "PermissionMatrix.changedSince": Pairs(
        "PermissionRow", _changed_cells, order=("external", "created_at"), most=MOST_CHANGES
    ),
    "PermissionRow.id": GlobalId(lambda row: row["id"], mark=lambda row: _mark(row.parent, "apps")),
    "PermissionRow.user": SameRow(lambda row: row.rows, when=lambda row: sql("not {}", row["external"])),
    "PermissionRow.externalUser": SameRow(lambda row: row.rows, when=lambda row: row["external"]),
    "PermissionRow.cells": Listing(_active, narrowed=_columns),
    "PermissionCell.id": GlobalId(lambda row: MatrixCell.at(row).person["id"], mark=_mark_of_cell),
    "PermissionCell.app": Leaf(lambda row, arguments: row["id"]),
    "PermissionCell.granted": Leaf(_granted),
    "PermissionCell.effective": Leaf(_effective),
    "PermissionCell.editable": Leaf(_editable),
    "PermissionCell.reason": Leaf(_reason),
    "PermissionCell.until": Leaf(_until),
}

HOMES: Final[Mapping[str, str]] = {
    "PermissionMatrix": "company",
    "PermissionRow": "membership",
    "PermissionCell": "app",
}
