"""Rules that declared mutations must keep, checked at boot. Each check yields sentences that name the mistake."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final, cast

from graphql import GraphQLInputObjectType, GraphQLSchema

from db.declarations import Column, Integer, Numeric, SmallInteger
from db.tables.core.identity import company
from db.tables.core.settings import company_settings
from resolvers.compilation.schema_checks import SchemaRefused
from resolvers.gates.coordinates import definition, named_type
from resolvers.writing.declaration import EntityWrite, WriteColumn
from schema.apps import App
from schema.declarations.writing import COMPANY, WriteKind

KEPT_COLUMNS: Final = frozenset({"company_id", "id", "version", "updated_at", "created_by", "updated_by", "deleted_at"})
"""The columns that every mutation writes by itself."""

NUMBER_COLUMNS: Final = frozenset({"sequence_number", "number"})
BITS: Final = {Integer: 31, SmallInteger: 15}
"""The bits of the numbers that a column holds, by its type."""


def check_writes(schema: GraphQLSchema, writes: Mapping[str, EntityWrite]) -> None:
    """Raise SchemaRefused unless every declared mutation keeps the rules."""
    mistakes = {mistake for write in writes.values() for mistake in WriteChecks(schema, write).mistakes()}
    if mistakes:
        raise SchemaRefused(sorted(mistakes))


@dataclass(frozen=True, slots=True)
class WriteChecks:
    """The rules over one declared mutation."""

    schema: GraphQLSchema
    write: EntityWrite

    def mistakes(self) -> Iterator[str]:
        """Every mistake."""
        yield from self._members()
        yield from self._kept()
        yield from self._unfilled()
        yield from self._unique()
        yield from self._rules()
        yield from self._private()
        yield from self._listed()
        for column in self.write.columns:
            where = f"{self.write.operation}.{column.member}"
            yield from (f"{where}: {mistake}" for mistake in column_mistakes(self.write, column))
        for owned in self.write.lists:
            item = replace(self.write, table=owned.table, columns=owned.columns, rules=owned.rules)
            for column in owned.columns:
                where = f"{self.write.operation}.{owned.member}.{column.member}"
                yield from (f"{where}: {mistake}" for mistake in column_mistakes(item, column))

    def _members(self) -> Iterator[str]:
        """Each member of the input names a coordinate, whose gates it has, or controls the mutation."""
        mutation = self.schema.mutation_type
        assert mutation is not None
        taken = named_type(mutation.fields[self.write.operation].args["input"])
        assert isinstance(taken, GraphQLInputObjectType)
        inputs = [taken]
        if self.write.listed:
            inputs.append(cast("GraphQLInputObjectType", named_type(taken.fields["items"])))
        for input_ in inputs:
            for name, member in input_.fields.items():
                metadata = definition(member).metadata
                if not metadata.get("control") and metadata.get("write") is None:
                    yield f"{input_.name}.{name} names no field, and controls nothing"

    def _rules(self) -> Iterator[str]:
        """A rule reads members with the same gates, so that no refusal reveals values that the caller does not see.

        Members that are stated `apart` are two ways to one value, which follows from the one that the caller states.
        """
        ways = {member for pair in self.write.rules.apart for member in pair}
        of_lists = ((owned.rules, owned.columns) for owned in self.write.lists)
        for rules, columns in ((self.write.rules, self.write.columns), *of_lists):
            needs = {column.member: frozenset(column.need) for column in columns}
            for rule in (*rules.rules, *rules.warnings):
                if columns and len({needs.get(member) for member in {rule.member, *rule.reads} - ways}) > 1:
                    yield f"{self.write.type_.name}: the rule at {rule.member} reads members with other gates"

    def _private(self) -> Iterator[str]:
        """No mutation writes a row that only some members of the company see, or refers to one."""
        linked = [column.linked.table for column in self.write.columns if column.linked is not None]
        for table in (self.write.table, *linked):
            if table.info.get("private") is not None:
                yield f"{self.write.operation}: rows of {table.name} are private"

    def _listed(self) -> Iterator[str]:
        """The statement of a list judges no values that rows have already, and raises no version of a whole."""
        if self.write.listed and self.write.carried:
            yield f"{self.write.operation}: rows of a list have values with gates of their own"
        if self.write.listed and self.write.whole is not None:
            yield f"{self.write.operation}: rows of a list are parts of a {self.write.whole.type_.name}"
        for owned in self.write.lists:
            if self.write.listed and not self.write.creates and owned.rules.turn is not None:
                yield f"{self.write.operation}.{owned.member}: rows of other lists decide what may be in it"

    def _kept(self) -> Iterator[str]:
        missing = sorted(KEPT_COLUMNS - self.write.table.columns.keys())
        if missing:
            yield f"{self.write.table.name} is written, but has no column {', '.join(missing)}"

    def _unfilled(self) -> Iterator[str]:
        """On creation each column that may not be null has a value."""
        if self.write.creates:
            for column in self.write.table.columns.values():
                if not (column.nullable or column.is_filled or self._is_filled(column.name)):
                    yield f"{self.write.operation}: nothing fills {self.write.table.name}.{column.name}"

    def _is_filled(self, name: str) -> bool:
        given = next((column for column in self.write.columns if column.name == name), None)
        if given is not None and (given.rule.required or given.rule.default is not None):
            return True
        rules, whole = self.write.rules, self.write.whole
        return (
            whole is not None and name == whole.column
        ) or name in KEPT_COLUMNS | self.write.fixed.keys() | rules.derived.keys() | rules.follows.keys() | (
            NUMBER_COLUMNS if rules.numbering else set()
        )

    def _unique(self) -> Iterator[str]:
        """Each unique index judges the value of one member, which the problem names."""
        known = {column.name for column in self.write.columns}
        known |= NUMBER_COLUMNS if self.write.rules.numbering is not None else frozenset()
        for index in self.write.table.indexes:
            names = [column for column in index.columns if column != "company_id"]
            if index.unique and (len(names) != 1 or names[0] not in known) and self.write.columns:
                yield f"{self.write.operation}: no member is at fault where {index.name} refuses a row"


def column_mistakes(write: EntityWrite, column: WriteColumn) -> Iterator[str]:
    """The mistakes in the rule of a column."""
    rule, stored = column.rule, column.column
    if any(not isinstance(gate, App) for gate in chain(column.need, *column.values.values())):
        yield "only apps are gates of what is written"
    if rule.default is COMPANY and column.name not in {*company_settings.columns.keys(), *company.columns.keys()}:
        yield f"neither a company nor its settings have a column {column.name}"
    if rule.filled and not _finds(write, column.name):
        yield "nothing finds its value"
    if rule.kind is WriteKind.LINK and not _refers(column):
        yield f"{write.table.name}.{column.name} is no key of the rows that it names"
    if rule.kind in (WriteKind.AMOUNT, WriteKind.WHOLE) and not _fits(column, stored):
        yield f"it takes numbers that {write.table.name}.{column.name} does not hold"


def _finds(write: EntityWrite, name: str) -> bool:
    return name in {*write.rules.derived, *write.rules.follows} or (
        write.rules.numbering is not None and name in NUMBER_COLUMNS
    )


def _refers(column: WriteColumn) -> bool:
    assert column.linked is not None
    keys = column.column.table.foreign_keys
    return any(key.target == column.linked.table.name and column.name in key.columns for key in keys)


def _fits(column: WriteColumn, stored: Column) -> bool:
    """True if a column holds every number that its rule allows."""
    greatest = max(abs(column.rule.least), abs(column.rule.most))
    match stored.type:
        case Numeric(precision=int(precision), scale=int(scale)):
            return column.rule.scale <= scale and greatest < 10 ** (precision - scale)
        case Integer():
            return column.rule.scale == 0 and greatest < 2 ** BITS.get(type(stored.type), 31)
        case _:
            return False
