"""The oracle: the expected data, notes and refusals of an operation for a viewer.

graphql-core's own executor calls naive resolvers over rows in memory. The oracle shares no code with the compiler: it
knows only the printed schema, the tables and the rules.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, Final

from graphql import DocumentNode, FragmentDefinitionNode, OperationDefinitionNode
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values

from db.declarations import Table
from db.tables import metadata
from schema.declarations.gates import Standing
from schema.roles import Role
from tests.differential.oracle.collect import Collector
from tests.differential.oracle.core import CORE, is_leaf, is_list, kinds_of, named_of
from tests.differential.oracle.gating import Gate, field_gates, own_gates, printed_schema, type_gates, used_gates
from tests.differential.oracle.items import Arguments, Item, Listed, scope_of, written
from tests.differential.oracle.lists import (
    Filter,
    Page,
    global_id,
    is_listed,
    meets,
    order_of,
    paginate,
    snake,
    sort_key,
)
from tests.differential.oracle.optional import is_optional, written_out
from tests.differential.oracle.world import Record, Scope, World
from tests.differential.special import SPECIAL

HOMES: Final = {
    name: (table, holding.where)
    for table in metadata.tables.values()
    for name, holding in table.info.get("types", {}).items()
}
POINTERS: Final = {
    "Quote.invoices": "source_document_id",
    "Invoice.quote": "source_document_id",
    "Invoice.creditNotes": "source_document_id",
    "CreditNote.invoice": "source_document_id",
}
"""The foreign key of a field, where neither its name nor its table determines it."""

STOOD_IN: Final = (
    "Company.users", "User.email", "User.language", "User.role", "User.status", "User.invitation", "User.apps",
    "User.createdAt",
)  # fmt: skip
"""Fields of owners that an accountant who created the company sees as well, until its first owner has joined."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A hidden or refused selection of a company; the answer names one of `gates` as the reason."""

    path: tuple[str, ...]
    company: str
    gates: frozenset[Gate]
    refused: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """The expected answer; cursors are the hex of their row's key."""

    data: Any
    hidden: frozenset[Hidden]


def _type_of(item: Item, info: Any, type_: Any) -> str:
    return item.type


def ask(
    world: World, document: DocumentNode, variables: Mapping[str, Any], token: str | None, language: str = "FR"
) -> Answer:
    """The answer to the only operation of a valid document. Raises AssertionError when graphql-core finds an error."""
    document = written_out(document)
    (operation,) = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    values = get_variable_values(printed_schema(), operation.variable_definitions or (), dict(variables))
    assert isinstance(values, VariableValues), values
    oracle = _Oracle(world, token, language, Collector(printed_schema(), fragments, values.coerced), values)
    result = CORE.execute_sync(
        printed_schema(),
        document,
        variable_values=dict(variables),
        field_resolver=oracle.resolve,
        type_resolver=_type_of,
    )
    assert not result.errors, result.errors
    for path in oracle.dropped:
        _drop(result.data, path)
    return Answer(result.data, frozenset(oracle.hidden))


def _drop(data: Any, path: Sequence[str | int]) -> None:
    """Remove the key at the end of a path."""
    for step in path[:-1]:
        data = data[step]
    del data[path[-1]]


class _Oracle:
    def __init__(
        self, world: World, token: str | None, language: str, collector: Collector, variables: VariableValues
    ) -> None:
        self.world = world
        self.session = world.credential(token)
        self.account = world.one("account", id=self.session["account_id"]) if self.session else None
        self.language = self.account["language"] if self.account else language
        self.scopes = list(world.scopes(self.account["id"])) if self.account else []
        self.collector = collector
        self.variables = variables
        self.hidden: set[Hidden] = set()
        self.dropped: list[list[str | int]] = []

    # --- notes: a walk over the selections of a company row, independent of the rows below it

    def tell(self, item: Item | None, info: Any) -> Item | None:
        """Record the hidden selections of this row, when it is reached from outside of any company."""
        if item is not None:
            path = tuple(step for step in info.path.as_list() if isinstance(step, str))
            sets = tuple(node.selection_set for node in info.field_nodes if node.selection_set)
            self._walk(info.schema.type_map[item.type], sets, path, scope_of(item))
        return item

    def _walk(self, type_: Any, sets: Any, path: tuple[str, ...], scope: Scope) -> None:
        kinds = kinds_of(printed_schema(), type_)
        for each in [kind for kind in kinds if kind is type_ or all(map(scope.holds, type_gates(kind)))]:
            for key, nodes in self.collector.collect(each, sets).items():
                declared = each.fields.get(nodes[0].name.value)
                if declared is not None:
                    self._walk_field(declared, nodes, (*path, key), scope)

    def _walk_field(self, declared: Any, nodes: Any, path: tuple[str, ...], scope: Scope) -> None:
        arguments = get_argument_values(declared, nodes[0], self.variables)
        for refused, gates in ((False, _judged(declared)), (True, _judged_inputs(declared, arguments))):
            closed = frozenset(_told(gate) for gate in gates if not scope.holds(gate))
            if closed and not refused and is_optional(nodes):
                return
            if closed:
                self.hidden.add(Hidden(path, global_id("Company", scope.company["id"]), closed, refused))
                return
        named = named_of(declared.type)
        if not is_leaf(named):
            self._walk(named, tuple(node.selection_set for node in nodes), path, scope)

    # --- data

    def resolve(self, source: Any, info: Any, /, **arguments: Any) -> Any:
        """The value of a field."""
        name = info.field_name
        match source:
            case None:
                return self._root(name, info, arguments)
            case Listed(page, rows, scope):
                match name:
                    case "totals":
                        return Item("DocumentTotals", {"rows": rows}, scope)
                    case "totalsByCurrency":
                        return [Item("CurrencyTotals", {"rows": of}, scope) for of in _by_currency(rows)]
                    case _:
                        return self._of_page(page, name, info)
            case Item(type="Edge"):
                return self._of_edge(source, name, info)
            case Item(scope=scope) if scope is not None and not self._open(info, arguments, scope):
                return None
            case Item() if (special := SPECIAL.get(f"{source.type}.{name}")) is not None:
                return special(self, source, arguments)
            case Item():
                return self._convention(source, name, info.return_type, arguments)
            case _:
                return source[name]

    def _open(self, info: Any, arguments: Arguments, scope: Scope) -> bool:
        declared = info.parent_type.fields[info.field_name]
        if not all(map(scope.holds, _judged(declared))) and is_optional(info.field_nodes):
            self.dropped.append(info.path.as_list())
        return all(map(scope.holds, (*_judged(declared), *_judged_inputs(declared, arguments))))

    def _root(self, name: str, info: Any, arguments: Arguments) -> Any:
        match name:
            case "viewer":
                return Item("Viewer", self.session) if self.session else None
            case "company":
                found = self._find(arguments["id"])
                return self.tell(found if found and found.type == "Company" else None, info)
            case "node":
                return self.tell(self._find(arguments["id"]), info)
            case "nodes":
                return [self.tell(self._find(id_), info) for id_ in arguments["ids"]]
            case _:
                rows = [row for row in self.world.rows("app") if arguments.get("kind") in (None, row["kind"])]
                return [Item("AppInfo", row) for row in sorted(rows, key=lambda row: row["rank"])]

    def _find(self, id_: str) -> Item | None:
        """The node with a global id, if the viewer may see it."""
        for type_ in kinds_of(printed_schema(), printed_schema().type_map["Node"]):
            table, where = HOMES[type_.name]
            for row in self.world.rows(table.name, **where):
                ended = table.info["ended"] and row[table.info["ended"]]
                if global_id(type_.name, row["id"]) == id_ and not ended:
                    company = row["id"] if type_.name == "Company" else row["company_id"]
                    return next(iter(self._seen(type_, row, company)), None)
        return None

    def _seen(self, type_: Any, row: Record, company: Any) -> Iterator[Item]:
        for scope in self.scopes:
            if scope.company["id"] == company and _shown(scope, type_, row):
                yield Item(type_.name, row, scope)

    # --- connections

    def _of_page(self, page: Page, name: str, info: Any) -> Any:
        match name:
            case "nodes":
                return [self._listed(item, info) for item in page.rows]
            case "edges":
                return [Item("Edge", {"cursor": item.row["id"].hex, "node": item}) for item in page.rows]
            case "pageInfo":
                ends = [page.rows[n].row["id"].hex if page.rows else None for n in (0, -1)]
                known = (page.has_next, page.has_previous, *ends)
                return dict(zip(("hasNextPage", "hasPreviousPage", "startCursor", "endCursor"), known, strict=True))
            case _:
                return page.total

    def _of_edge(self, edge: Item, name: str, info: Any) -> Any:
        return self._listed(edge.row[name], info) if name == "node" else edge.row[name]

    def _listed(self, item: Item, info: Any) -> Item:
        """A row of a connection; for one with a company of its own, its hidden selections are recorded."""
        own = item.type == "Company" or (item.parent is not None and item.parent.type == "Viewer")
        if own and item.scope is not None:
            self.tell(item, info)
        return item

    def connect(
        self, items: list[Item], table: str, filter_type: str, arguments: Arguments, scope: Scope | None = None
    ) -> Listed:
        given: Arguments = arguments.get("filter") or {}
        ended = metadata.tables[table].info["ended"]
        listed = [item for item in items if is_listed(ended, item.row, arguments)]
        kept = {item.row["id"]: item for item in listed if meets(item.row, self._filter(item, filter_type), given)}
        keys: Any = arguments.get("orderBy") or []
        order = order_of([keys] if isinstance(keys, str) else keys, metadata.tables[table].info["order"])

        def find(key: str) -> Record:
            rows = (item.row for item in kept.values())
            return next(row for row in chain(rows, self.world.rows(table)) if row["id"].hex == key)

        page = paginate([item.row for item in kept.values()], order, arguments, find)
        shown = Page([kept[row["id"]] for row in page.rows], page.total, page.has_next, page.has_previous)
        return Listed(shown, [item.row for item in kept.values()], scope)

    def _filter(self, item: Item, filter_type: str) -> Filter:
        """A list's filter for one of its rows."""

        def keys(row: Record, name: str) -> set[Any]:
            found = SPECIAL[f"{item.type}.{_camel(name)}"](self, item, {})
            return {other.row["id"] for other in (found if isinstance(found, list) else [found]) if other is not None}  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]

        def shown(row: Record, column: str) -> Any:
            return self._value(item, _camel(column))

        def text(written: str) -> str | None:
            through, _, names = written.rpartition(".")
            of = SPECIAL[f"{item.type}.{through}"](self, item, {}) if through else item
            values: list[Any] = [self._value(of, name) for name in names.split()] if of is not None else [None]
            return None if None in values else " ".join(values)

        return Filter(filter_type, item.scope.membership["id"] if item.scope else None, keys, shown, text)

    def _value(self, item: Item, field: str) -> Any:
        """What a row's column has, or what a field shows that has none, or whose value depends on the day."""
        if field in ("status", "firstName", "lastName") or snake(field) not in item.row:
            special = SPECIAL.get(f"{item.type}.{field}")
            if special is not None:
                return special(self, item, {})
        return item.row[snake(field)]

    # --- fields by convention

    def _convention(self, item: Item, name: str, type_: Any, arguments: Arguments) -> Any:
        named = named_of(type_)
        if named.name == "ID":
            return (
                global_id("Company", item.row["company_id"])
                if name == "companyId"
                else global_id(item.type, item.row["id"])
            )
        if is_leaf(named):
            return written(item.row[snake(name)])
        if named.name.endswith("Connection"):
            nodes = named_of(named.fields["nodes"].type)
            items = self._children(item, nodes, arguments, name)
            filter_type = f"{nodes.name}Filter"
            return self.connect(items, _table(nodes), filter_type, arguments, item.scope)
        if is_list(type_):
            given: Arguments = arguments.get("filter") or {}
            children = self._children(item, named, arguments, name)
            kept = [child for child in children if meets(child.row, self._filter(child, f"{named.name}Filter"), given)]
            order = order_of(arguments.get("orderBy") or [], metadata.tables[_table(named)].info["order"])
            return sorted(kept, key=lambda child: sort_key(order, child.row))
        return self.referred(item, named, item.row[self._pointer(item, name, named)])

    def referred(self, item: Item, type_: Any, key: Any) -> Item | None:
        """The row with a key to which an item refers, as a value of the type, or of one of its types if it is shown."""
        for kind in kinds_of(printed_schema(), type_):
            table, where = HOMES[kind.name]
            same_company = {"company_id": item.row["company_id"]} if table.info.get("tenant") else {}
            row = self.world.one(table.name, id=key, **same_company, **where)
            if row is not None and _shown(item.scope, kind, row, known=kind is type_):
                return Item(kind.name, row, item.scope)
        return None

    def _pointer(self, item: Item, name: str, type_: Any) -> str:
        """The foreign key column behind a field of a row."""
        named = POINTERS.get(f"{item.type}.{name}", f"{snake(name)}_id")
        table = HOMES[item.type][0]
        return named if named in table.columns else _only_key(table, metadata.tables[_table(type_)])

    def _children(self, item: Item, type_: Any, arguments: Arguments, name: str) -> list[Item]:
        """The rows that refer to this one, as values of the type or of those of its types that the viewer holds."""
        kinds = kinds_of(printed_schema(), type_)
        found: list[Item] = []
        for kind in kinds:
            table, where = HOMES[kind.name]
            pointer = _back_pointer(item, name, table)
            for row in self.world.rows(table.name, company_id=scope_of(item).company["id"], **where):
                asked = arguments.get("kinds") is None or row["kind"] in arguments["kinds"]
                shown = _shown(scope_of(item), kind, row)
                listed = is_listed(table.info["ended"], row, arguments)
                if row[pointer] == item.row["id"] and listed and asked and shown:
                    found.append(Item(kind.name, row, item.scope))
        return found


def _by_currency(rows: Sequence[Record]) -> list[list[Record]]:
    """The rows of each currency, the most rows first; of as many those with the first key."""
    found: dict[str, list[Record]] = {}
    for row in sorted(rows, key=lambda row: row["id"]):
        found.setdefault(row["currency"], []).append(row)
    return sorted(found.values(), key=len, reverse=True)


@cache
def _stood_in() -> list[Any]:
    """The fields of `STOOD_IN`."""
    named = [coordinate.split(".") for coordinate in STOOD_IN]
    return [printed_schema().type_map[type_].fields[name] for type_, name in named]


def _judged(declared: Any) -> Iterator[Gate]:
    """The gates of a field in the form for `Scope.holds`: `Standing.OWNER` for the fields of `STOOD_IN`."""
    return _standing(declared, field_gates(declared))


def _judged_inputs(declared: Any, arguments: Arguments) -> Iterator[Gate]:
    """The gates of the inputs that a field uses, in the same form."""
    return _standing(declared, used_gates(declared, arguments))


def _standing(declared: Any, gates: Iterable[Gate]) -> Iterator[Gate]:
    for gate in gates:
        yield Standing.OWNER if gate is Role.OWNER and any(declared is of for of in _stood_in()) else gate


def _told(gate: Gate) -> Gate:
    """The gate in the form that answers name."""
    return Role.OWNER if gate is Standing.OWNER else gate


def _shown(scope: Scope | None, type_: Any, row: Record, *, known: bool = False) -> bool:
    """Whether the viewer may see a row: its type (`known`: already checked), and every enum value that it carries."""
    if scope is None:
        return True
    info = HOMES[type_.name][0].info
    private, owns = info.get("private"), info.get("owners") and scope.membership["role"] == "OWNER"
    if private is not None and row[private] != scope.membership["id"] and not owns:
        return False
    if not known and not all(map(scope.holds, type_gates(type_))):
        return False
    carried = [
        values[row[snake(name)]]
        for name, field in type_.fields.items()
        if (values := getattr(named_of(field.type), "values", None)) and f"{type_.name}.{name}" not in SPECIAL
        if isinstance(row.get(snake(name)), str)
    ]
    return all(scope.holds(gate) for value in carried for gate in own_gates(value))


def _back_pointer(item: Item, name: str, table: Table) -> str:
    """The foreign key column of a table that refers to an item's row."""
    named = POINTERS.get(f"{item.type}.{name}", f"{snake(item.type)}_id")
    return named if named in table.columns else _only_key(table, HOMES[item.type][0])


def _only_key(table: Table, to: Table) -> str:
    (key,) = [key for key in table.foreign_keys if key.target == to.name]
    return next(name for name in key.columns if name != "company_id")


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _table(type_: Any) -> str:
    kinds = kinds_of(printed_schema(), type_)
    return HOMES[kinds[0].name][0].name
