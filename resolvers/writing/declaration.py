"""The declared mutations over their tables: each root field with its rows, its columns and its rules."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, cast

from graphql import GraphQLField, GraphQLInputObjectType, GraphQLObjectType

from db.declarations import Column, Table
from resolvers.compilation.table_mapping import (
    TENANT,
    Carried,
    TableMapping,
    TableMappingError,
    TableOf,
    gated_values,
)
from resolvers.gates.coordinates import definition, id_prefix, is_list, named_type, python_name
from resolvers.gates.needs import Need, own_gates, type_need
from resolvers.writing.rules import NO_RULES, EntityRules, entity_rules
from schema.declarations.writing import DeclaredWrite, WriteAction, WriteKind, WriteRule
from schema.roles import Role

LISTS: Final = frozenset({WriteKind.OWNED, WriteKind.KEYED})
"""The kinds of rules for lists of rows of another table."""


@dataclass(frozen=True, slots=True)
class WriteColumn:
    """A member of an input with the column that it writes; a link also has the rows that it names, and their prefix.

    `values` are the values with gates of their own.
    """

    member: str
    rule: WriteRule
    column: Column
    need: Need
    linked: TableOf | None = None
    linked_prefix: str | None = None
    linked_type: str | None = None
    values: Mapping[str, Need] = field(default_factory=dict[str, Need])

    @property
    def name(self) -> str:
        """The column's name."""
        return self.column.name

    @property
    def may_be_null(self) -> bool:
        """True if null clears the column."""
        return bool(self.column.nullable) and not self.rule.required


@dataclass(frozen=True, slots=True)
class OwnedList:
    """A member of an input with rows that belong to the written row; `parent` is the column with that row's key.

    Rows are named by their ids, or by the column `key`.
    """

    member: str
    rule: WriteRule
    need: Need
    table: Table
    parent: str
    prefix: str
    columns: tuple[WriteColumn, ...]
    rules: EntityRules
    key: WriteColumn | None = None

    @property
    def value(self) -> str:
        """The column that each row with a key has to have: null removes the row."""
        return next(one.name for one in self.columns if one is not self.key and not one.column.nullable)

    @property
    def json_key(self) -> str:
        """The name of the rows in the JSON of an input; no column has such a name."""
        return f"*{self.member}"


@dataclass(frozen=True, slots=True)
class Whole:
    """The entity to which the rows of a part belong: `column` of a part has its key.

    `lists` are its lists of these parts, each with its rule for writing: its maximum length, and the values of columns
    by which a part is in it.
    """

    type_: GraphQLObjectType
    rows: TableOf
    column: str
    lists: Mapping[str, WriteRule]

    @property
    def member(self) -> str:
        """The payload's field for it."""
        return self.type_.name[0].lower() + self.type_.name[1:]

    @property
    def prefix(self) -> str:
        """The prefix of its global ids."""
        return str(id_prefix(self.type_))


@dataclass(frozen=True, slots=True)
class EntityWrite:
    """A root field of Mutation that writes a row of an entity, or a list of them (`listed`).

    `fixed` are the values by which a row of the table is one of the type. `member` is the payload's field for the row,
    `which` the input's member that names it (or the company, on creation and of a list), `row` the one that names it
    in an item of a list, by the name `called`. `effects` are members that no column holds.
    `carried` are the columns with values that have gates: a caller who does not pass these does not see the row.
    """

    operation: str
    action: WriteAction
    type_: GraphQLObjectType
    payload: GraphQLObjectType
    table: Table
    fixed: Mapping[str, object]
    columns: tuple[WriteColumn, ...]
    rules: EntityRules
    member: str
    lists: tuple[OwnedList, ...] = ()
    whole: Whole | None = None
    effects: tuple[WriteColumn, ...] = ()
    carried: Carried = field(default_factory=dict[str, Mapping[str, Need]])
    listed: bool = False
    called: str = ""

    @property
    def creates(self) -> bool:
        """True for a mutation that makes a row."""
        return self.action is WriteAction.CREATE

    @property
    def which(self) -> str:
        """The input's member that names the row; of a new one the company, or the entity that it is a part of."""
        if self.listed:
            return "companyId"
        if not self.creates:
            return self.row
        return "companyId" if self.whole is None else f"{self.whole.member}Id"

    @property
    def row(self) -> str:
        """The member that names the row."""
        return f"{self.called or self.member}Id"

    @property
    def named_prefix(self) -> str:
        """The prefix of the id in the member `which`."""
        if self.which == "companyId":
            return "com"
        return self.prefix if self.whole is None or not self.creates else self.whole.prefix

    @property
    def prefix(self) -> str:
        """The prefix of the rows' global ids."""
        return str(id_prefix(self.type_))

    @property
    def at_most(self) -> int | None:
        """Maximum number of rows in a company; None for any number."""
        return getattr(getattr(definition(self.type_), "origin", None), "__at_most__", None)

    @property
    def unique(self) -> frozenset[str]:
        """The columns whose values differ from row to row in a company."""
        names = {column for index in self.table.indexes if index.unique for column in index.columns}
        return frozenset(names | {"number"} if self.rules.numbering is not None else names)

    @property
    def for_owners(self) -> bool:
        """True if only owners write it. An API key may not: it changes nothing else of the owners."""
        return Role.OWNER in self.need

    @property
    def need(self) -> Need:
        """The gates that every write has to pass: those of the type, and of the type that it is a part of."""
        return tuple(dict.fromkeys((*type_need(self.type_), *(type_need(self.whole.type_) if self.whole else ()))))


def entity_writes(layout: TableMapping) -> Mapping[str, EntityWrite]:
    """The declared mutations by their root field. Raises TableMappingError for a column that is not there."""
    rules, mutation = entity_rules(), layout.schema.mutation_type
    fields: Mapping[str, GraphQLField] = mutation.fields if mutation is not None else {}
    found: dict[str, EntityWrite] = {}
    for operation, root in fields.items():
        declared: DeclaredWrite | None = definition(root).metadata.get("writes")
        if declared is not None:
            type_ = cast("GraphQLObjectType", layout.schema.type_map[declared.type_name])
            placement = layout.placement(type_.name)
            taken = cast("GraphQLInputObjectType", named_type(root.args["input"]))
            if declared.listed:
                taken = cast("GraphQLInputObjectType", named_type(taken.fields["items"]))
            found[operation] = EntityWrite(
                operation,
                declared.action,
                type_,
                cast("GraphQLObjectType", named_type(root)),
                placement.table,
                placement.where,
                tuple(_columns(layout, taken, type_, placement.table)),
                rules.get(type_.name, NO_RULES),
                declared.member,
                tuple(_lists(layout, taken, type_, placement.table, rules)),
                _whole(layout, declared.part_of, type_, placement.table),
                tuple(_effects(taken)),
                layout.carried(type_),
                declared.listed,
                declared.called or "",
            )
    return found


def _columns(
    layout: TableMapping, taken: GraphQLInputObjectType, type_: GraphQLObjectType, table: Table
) -> Iterator[WriteColumn]:
    written = {python_name(declared): declared for declared in type_.fields.values()}
    for member, declared in taken.fields.items():
        rule: WriteRule | None = definition(declared).metadata.get("write")
        if rule is None or rule.effect or rule.kind in LISTS:
            continue
        written_field = definition(declared).metadata["writes"]
        name = f"{written_field}_id" if rule.kind is WriteKind.LINK else written_field
        if name not in table.columns:
            raise TableMappingError(f"{taken.name}.{member}: {table.name} has no column {name}")
        column = WriteColumn(member, rule, table.columns[name], own_gates(declared), values=gated_values(declared))
        if rule.kind is WriteKind.LINK:
            linked = named_type(written[written_field])
            column = replace(
                column, linked=layout.placement(linked.name), linked_prefix=id_prefix(linked), linked_type=linked.name
            )
        yield column


def _effects(taken: GraphQLInputObjectType) -> Iterator[WriteColumn]:
    for member, declared in taken.fields.items():
        rule: WriteRule | None = definition(declared).metadata.get("write")
        if rule is not None and rule.effect:
            yield WriteColumn(member, rule, Column(f"*{python_name(declared)}"), own_gates(declared))


def _lists(
    layout: TableMapping,
    taken: GraphQLInputObjectType,
    type_: GraphQLObjectType,
    table: Table,
    rules: Mapping[str, EntityRules],
) -> Iterator[OwnedList]:
    written = {python_name(declared): declared for declared in type_.fields.values()}
    for member, declared in taken.fields.items():
        rule: WriteRule | None = definition(declared).metadata.get("write")
        if rule is None or rule.kind not in LISTS:
            continue
        item = cast("GraphQLObjectType", named_type(written[definition(declared).metadata["writes"]]))
        of_items = cast("GraphQLInputObjectType", named_type(declared))
        rows = layout.placement(item.name).table
        columns = tuple(_columns(layout, of_items, item, rows))
        yield OwnedList(
            member,
            rule,
            own_gates(declared),
            rows,
            _parent_column(rows, table),
            str(id_prefix(item)),
            columns,
            rules.get(item.name, NO_RULES),
            next((one for one in columns if rule.kind is WriteKind.KEYED and one.rule.required), None),
        )


def _parent_column(rows: Table, parent: Table) -> str:
    """The column of rows that refers to their parent: the one named after it, or the only one.

    Raises TableMappingError unless there is one.
    """
    keys = [key for key in rows.foreign_keys if key.target == parent.name]
    names = [name for key in keys for name in key.columns if name != TENANT]
    named = [name for name in names if name == f"{parent.name}_id"] or names
    if len(named) != 1:
        raise TableMappingError(f"{rows.name} has {len(keys)} foreign keys to {parent.name}, whose rows own them")
    return named[0]


def _whole(layout: TableMapping, name: str | None, part: GraphQLObjectType, table: Table) -> Whole | None:
    """The entity with this name, which has the parts.

    Raises TableMappingError unless it has lists of them that are told apart by values of their columns.
    """
    if name is None:
        return None
    type_ = cast("GraphQLObjectType", layout.schema.type_map[name])
    rows = layout.placement(name)
    lists: dict[str, WriteRule] = {
        listed: rule
        for listed, declared in type_.fields.items()
        if is_list(declared) and named_type(declared) is part and (rule := definition(declared).metadata.get("write"))
    }
    if not lists or len({rule.fixed for rule in lists.values()}) < len(lists):
        raise TableMappingError(f"{name} has {len(lists)} lists of {part.name}, which is its part")
    return Whole(type_, rows, _parent_column(table, rows.table), lists)
