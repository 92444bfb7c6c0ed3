"""From a filter's input object to the conditions of a list's rows. A null anywhere in it counts as left out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import Final, TypeAlias, cast

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLScalarType,
)

from db.sql import Sql, every, join, sql
from db.tables.metadata import DELETED
from db.text.numbers import kind_of
from resolvers.compilation.context import Row
from resolvers.compilation.cost import is_computed
from resolvers.compilation.lists.operators import (
    OF_ABSENT,
    OPERATORS,
    null_condition,
    text_operators,
    where_present,
)
from resolvers.compilation.lists.references import Reference, id_condition, prefixes_of
from resolvers.compilation.parameters import enum_name, enum_names, unchanged
from resolvers.compilation.resolution import Leaf, Listing, ToOne
from resolvers.compilation.table_mapping import TableMapping
from resolvers.compilation.texts import (
    PartOf,
    is_served,
)
from resolvers.gates.coordinates import (
    Fields,
    definition,
    input_object,
    is_list,
    named_type,
    python_name,
    type_of,
)
from resolvers.operation.arguments import ArgumentValue, Inputs, plain
from resolvers.request import bad_input
from resolvers.request_limits import DEEPEST_FILTER, MOST_CRITERIA
from schema.declarations.listing import Read

Criterion: TypeAlias = Callable[[Row, ArgumentValue], Sql]


def _access_kind(row: Row, given: ArgumentValue) -> Sql:
    external = row.company_scope.membership["external"]
    return sql("{} = ({} = 'EXTERNAL')", external, row.ctx.bind(given, enum_name, "text"))


CRITERIA: Final[Mapping[str, Criterion]] = {"ViewerCompanyFilter.access": _access_kind}
"""Criteria that do not compare a column of the listed rows: `Filter.field` -> condition."""


@dataclass(slots=True)
class Tally:
    """The numbers of a filter's criteria so far: all, those whose values a subquery computes, and those for which the
    text of every row is looked at (`unserved` by an index).
    """

    criteria: int = 0
    computed: int = 0
    unserved: int = 0


@dataclass(frozen=True, slots=True)
class Filter:
    """The conditions of a filter on listed rows: `row` is one of them, `nodes` their type.

    `alone`: an index that finds the rows of a criterion finds all rows of the filter; it is not inside an `or` or a
    `not`.
    """

    row: Row
    nodes: Fields
    layout: TableMapping
    tally: Tally = field(default_factory=Tally)
    alone: bool = True

    def conditions(self, given: ArgumentValue, type_: GraphQLInputObjectType, depth: int = 1) -> Iterator[Sql]:
        """The conditions of an input object of the filter's type, inside `depth - 1` others.

        Raises RequestError (BAD_USER_INPUT) beyond `DEEPEST_FILTER` and `MOST_CRITERIA`.
        """
        if depth > DEEPEST_FILTER:
            raise bad_input(f"A filter has more than {DEEPEST_FILTER} filters inside each other.")
        inputs = self.row.ctx.inputs
        for name, declared, member in inputs.members(given, type_):
            if not inputs.given(member):
                continue
            combines = definition(declared).metadata.get("combines")
            if combines is not None:
                yield self._combined(combines, member, type_, depth + 1)
            else:
                self._count()
                yield from self._criterion(f"{type_.name}.{name}", declared, member)

    def _count(self) -> None:
        """Count one more criterion of the filter. Raises RequestError (BAD_USER_INPUT) beyond `MOST_CRITERIA`."""
        self.tally.criteria += 1
        if self.tally.criteria > MOST_CRITERIA:
            raise bad_input(f"A filter has more than {MOST_CRITERIA} criteria.")

    def _combined(self, how: str, given: ArgumentValue, type_: GraphQLInputObjectType, depth: int) -> Sql:
        """The condition of several filters together, or of the opposite of one.

        A comparison with an absent value does not hold, so that its opposite does.
        """
        inside = self if how == "and" else replace(self, alone=False)
        if how == "not":
            return sql("(({}) is not true)", every(inside.conditions(given, type_, depth)))
        items = self.row.ctx.inputs.items(given, MOST_CRITERIA)
        parts = [every(inside.conditions(item, type_, depth)) for item in items]
        if how == "and":
            return sql("({})", every(parts))
        return sql("({})", join(" or ", parts) or sql("false"))

    def _criterion(self, where: str, declared: GraphQLInputField, given: ArgumentValue) -> Iterator[Sql]:
        metadata = definition(declared).metadata
        if where in CRITERIA:
            yield CRITERIA[where](self.row, given)
        elif metadata.get("deleted"):
            yield self._deleted(given)
        elif metadata.get("viewer"):
            yield self._viewer(declared, given)
        elif metadata.get("refers_to_nothing"):
            nothing = self._reference(_read(declared)).is_null(self.row)
            yield sql("({}) = {}", nothing, self.row.ctx.bind(given, unchanged, "bool"))
        elif metadata.get("is_null"):
            yield null_condition(self.row, self._value(self.row, self.nodes, _read(declared)), given)
        elif named_type(declared).name == "IdCriterion":
            yield from self._refers(declared, given)
        elif named_type(declared).name == "String":
            yield self._found(declared, given)
        else:
            name = _read(declared)
            value = self._value(self.row, self.nodes, name)
            self.tally.computed += is_computed(value)
            if named_type(declared).name == "TextCriterion":
                yield from self._compare_text(name, value, declared, given)
            else:
                several = is_list(_shown(self.nodes, name)[1])
                yield from _compare(self.row, value, declared, given, several=several)

    def _value(self, row: Row, type_: Fields, name: str) -> Sql:
        """The value of a row of a type, as the field with this Python name shows it."""
        resolution = self.layout.resolution(type_, _shown(type_, name)[0])
        return resolution.value(row, {}) if isinstance(resolution, Leaf) else row[name]

    def _found(self, declared: GraphQLInputField, given: ArgumentValue) -> Sql:
        """The condition that one of the texts of a search has the text in it."""
        texts = [Read.parse(written) for written in definition(declared).metadata["reads"]]
        own = [read.names[0] for read in texts if read.through is None and len(read.names) == 1]
        served = len(own) == len(texts) and all(self._is_served(name, "contains", given) for name in own)
        self.tally.unserved += not served
        parts: list[Sql] = []
        for through, some in groupby(texts, key=lambda read: read.through):
            sought = partial(self._any_contains, [read.names for read in some], given)
            if through is None:
                parts.append(sought(self.row, self.nodes))
            else:
                there = cast("Fields", named_type(_shown(self.nodes, through)[1]))
                parts.append(self._linked(through).exists(self.row, lambda row, of=there, has=sought: has(row, of)))
        return sql("({})", join(" or ", parts))

    def _any_contains(self, texts: Sequence[tuple[str, ...]], given: ArgumentValue, row: Row, type_: Fields) -> Sql:
        """The condition that one of the texts of a row has the text in it; several names are one text."""
        return join(" or ", [self._contains(names, given, row, type_) for names in texts])

    def _compare_text(self, name: str, value: Sql, declared: GraphQLInputField, given: ArgumentValue) -> Iterator[Sql]:
        """The conditions of a criterion on the text in a column."""
        compare = text_operators(kind_of(name))
        for operator, operand in _operators(self.row, input_object(named_type(declared)), given):
            condition = compare(self.row, value, operator, operand)
            self.tally.unserved += operator != "isNull" and not self._is_served(name, operator, operand)
            yield condition if operator in OF_ABSENT else where_present(self.row, name, value, condition)

    def _is_served(self, name: str, operator: str, operand: ArgumentValue) -> bool:
        """True if PostgreSQL finds the rows whose text meets an operator by an index."""
        column = self.row.rows.table.columns.get(name)
        marks = operator == "contains" and self.row.ctx.inputs.probe(operand, PartOf(kind_of(name))) == "marks"
        return self.alone and not marks and is_served(column, operator)

    def _contains(self, names: tuple[str, ...], given: ArgumentValue, row: Row, type_: Fields) -> Sql:
        """The condition of one text."""
        value = join(" || ' ' || ", [self._value(row, type_, name) for name in names])
        contains = text_operators(kind_of(names[0]))(row, value, "contains", given)
        return where_present(row, names[0], value, contains) if len(names) == 1 else contains

    def _deleted(self, given: ArgumentValue) -> Sql:
        """The condition that a row is deleted, or is not; the answer is part of the statement's shape, for indexes."""
        state = sql("not null") if self.row.ctx.inputs.probe(given, plain) else sql("null")
        return sql("{} is {}", self.row[DELETED], state)

    def _viewer(self, declared: GraphQLInputField, given: ArgumentValue) -> Sql:
        """The condition that a row refers, or does not refer, to the viewer's membership.

        The value is part of the statement's shape, so that an index on the reference finds the rows.
        """
        me = self.row.company_scope.membership["id"]
        is_me = self._reference(_read(declared)).holds(self.row, lambda key: sql("{} = {}", key, me))
        return is_me if self.row.ctx.inputs.probe(given, plain) else sql("({}) is not true", is_me)

    def _refers(self, declared: GraphQLInputField, given: ArgumentValue) -> Iterator[Sql]:
        reference, inputs = self._reference(_read(declared)), self.row.ctx.inputs
        prefixes = prefixes_of(declared, self.nodes)
        for operator, _, operand in inputs.members(given, input_object(type_of(declared))):
            if inputs.given(operand):
                yield id_condition(self.row, reference, operator, operand, prefixes)

    def _reference(self, read: str) -> Reference:
        """The reference by the field with this Python name: a foreign key, if the field shows every row that it names.

        Else, and for a list of objects, the reference is what the field shows.
        """
        name, _ = _shown(self.nodes, read)
        columns = [column for column in (read, f"{read}_id") if column in self.row.rows.table.columns]
        match self.layout.resolution(self.nodes, name):
            case ToOne(hides=False) if columns:
                return Reference(column=columns[0])
            case _:
                return self._linked(read)

    def _linked(self, read: str) -> Reference:
        """The reference to the rows that the field with this Python name shows."""
        name, declared = _shown(self.nodes, read)
        resolution = self.layout.resolution(self.nodes, name)
        assert isinstance(resolution, Listing | ToOne), "the boot check refuses criteria of other fields"
        return Reference(referred=self.layout.placement(named_type(declared).name), link=resolution.link)


def lists_deleted(inputs: Inputs, given: ArgumentValue, type_: GraphQLInputObjectType) -> bool:
    """True if a filter itself, not one inside it, asks for deleted rows; a list leaves them out otherwise."""
    if not inputs.given(given):
        return False
    return any(
        definition(declared).metadata.get("deleted") and inputs.probe(member, plain) is True
        for _, declared, member in inputs.members(given, type_)
    )


def _shown(type_: Fields, name: str) -> tuple[str, GraphQLField]:
    """The field of a type with this Python name, and its name in the schema."""
    return next((shown, field) for shown, field in type_.fields.items() if python_name(field) == name)


def _read(declared: GraphQLInputField) -> str:
    """The Python name of the only field that a criterion reads."""
    (name,) = definition(declared).metadata["reads"]
    return name


def _compare(
    row: Row, value: Sql, declared: GraphQLInputField, given: ArgumentValue, *, several: bool
) -> Iterator[Sql]:
    """The conditions of a criterion on a value; `several`: on a list of enum values, of which one has to be given."""
    named = named_type(declared)
    match named:
        case GraphQLInputObjectType():
            for operator, operand in _operators(row, named, given):
                yield OPERATORS[named.name](row, value, operator, operand)
        case GraphQLEnumType() if is_list(declared):
            wanted = row.ctx.bind(given, enum_names, "text[]")
            yield sql("{} && {}", value, wanted) if several else sql("{} = any({})", value, wanted)
        case GraphQLEnumType():
            yield sql("{} = {}", value, row.ctx.bind(given, enum_name, "text"))
        case GraphQLScalarType(name="Boolean"):
            yield sql("{} = {}", value, row.ctx.bind(given, unchanged, "bool"))
        case _:
            raise AssertionError(f"no criterion has the type {named.name}")


def _operators(
    row: Row, criterion_: GraphQLInputObjectType, given: ArgumentValue
) -> Iterator[tuple[str, ArgumentValue]]:
    """The operators of a criterion that are given, with their operands."""
    for operator, _, operand in row.ctx.inputs.members(given, criterion_):
        if row.ctx.inputs.given(operand):
            yield operator, operand
