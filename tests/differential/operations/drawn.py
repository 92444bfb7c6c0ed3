"""Valid operations, drawn from the printed schema: strategies for a query, its variables and placeholders of cursors.

A response key stands for one field with one set of arguments in the whole document, so that all merges are valid.
Hypothesis draws only the seed: drawing every choice is slow, and `reduction` makes failing cases smaller.
"""

import datetime
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any, Final, TypeVar

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLList, is_required_argument, is_required_input_field
from hypothesis import strategies as st

from db.tables import metadata
from tests.differential.data.dataset import ACTIVE, AMOUNTS, build, key
from tests.differential.data.filling import DAY, MOMENT, TEXTS
from tests.differential.operations.explained import OPERATIONS
from tests.differential.oracle.core import is_abstract, is_leaf, is_list, kinds_of, named_of, nullable_of
from tests.differential.oracle.gating import printed_schema
from tests.differential.oracle.lists import prefix_of

T = TypeVar("T")

DEEPEST: Final = 11
ALIASES: Final = 27
DIRECTIVES: Final = 20
FIELDS: Final = 45
LONG: Final = ("cells", "apps", "rows", "users", "requires")
"""Lists that are long in this data; few fields of their items are selected."""


@cache
def ambiguous() -> frozenset[str]:
    """Names of fields with different types on different types."""
    meanings: dict[str, set[str]] = {}
    for type_ in printed_schema().type_map.values():
        for name, declared in getattr(type_, "fields", {}).items():
            meanings.setdefault(name, set()).add(str(declared.type))
    return frozenset(name for name, types in meanings.items() if len(types) > 1)


class Name(str):
    """A text without quotes in a document: an enum value or a variable."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Cursor:
    """A placeholder for a cursor: that of the n-th row of the type's list in that order, or of those searched for."""

    type: str
    order: tuple[str, ...]
    n: int
    searched: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """An operation; `@cursor:n@` in its texts stands for the n-th of `cursors`."""

    query: str
    variables: dict[str, Any]
    cursors: tuple[Cursor, ...] = ()

    def filled(self, cursors: Sequence[str | None]) -> "Case":
        """The operation with real cursors, or null where a list has no such row."""
        query, variables = self.query, json.dumps(self.variables)
        for n, cursor in enumerate(cursors):
            query = query.replace(f'"@cursor:{n}@"', json.dumps(cursor))
            variables = variables.replace(f'"@cursor:{n}@"', json.dumps(cursor))
        return Case(query, json.loads(variables))

    def __str__(self) -> str:
        return f"{self.query}\nvariables: {json.dumps(self.variables, ensure_ascii=False)}"


@cache
def known_ids() -> tuple[str, ...]:
    """All ids in the data, companies first, and some of rows that do not exist."""
    data = build()
    ids = [
        f"{prefix_of(type_)}_{row['id'].hex}"
        for table in metadata.sorted_tables
        for type_, holding in table.info.get("types", {}).items()
        if prefix_of(type_) is not None
        for row in data.tables.get(table.name, ())
        if all(row[column] == value for column, value in holding.where.items())
    ]
    return (*sorted(ids, key=lambda id_: not id_.startswith("com_")), *STRANGE_IDS)


STRANGE_IDS: Final = (
    "",
    "com",
    "inv_",
    "inv_0123",
    f"xxx_{key('company A').hex}",
    f"inv_{key('document A 0').hex}",
    f"inv_{key('document A 1').hex.upper()}",
    f" cus_{key('contact A 0').hex}",
    f"pmx_{key('company A').hex}",
    f"cus_{key('nobody').hex}",
    'é\\"\n',
    "1",
)


@cache
def ids_of(prefix: str) -> tuple[str, ...]:
    """The known ids with a prefix."""
    return tuple(id_ for id_ in known_ids() if id_.startswith(f"{prefix}_") and len(id_) == 36)


@cache
def _prefixes() -> tuple[str, ...]:
    """The prefixes of the known ids."""
    return tuple(dict.fromkeys(id_[:3] for id_ in known_ids() if len(id_) == 36))


def literal(value: Any) -> str:
    """A value as GraphQL literal."""
    match value:
        case Name():
            return value
        case dict():
            return "{" + ", ".join(f"{name}: {literal(item)}" for name, item in value.items()) + "}"  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case list():
            return "[" + ", ".join(map(literal, value)) + "]"  # pyright: ignore[reportUnknownArgumentType]
        case _:
            return json.dumps(value, ensure_ascii=False)


@dataclass(slots=True)
class _Writer:
    """One document while it is drawn; names in `favourites` are chosen more often."""

    random: Random
    favourites: frozenset[str]
    companies: tuple[str, ...]
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    declared: dict[str, str] = field(default_factory=dict[str, str])
    cursors: list[Cursor] = field(default_factory=list[Cursor])
    fragments: dict[str, tuple[str, str, int]] = field(default_factory=dict[str, tuple[str, str, int]])
    plain: dict[str, str] = field(default_factory=dict[str, str])
    inside: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0

    # --- chance

    def pick(self, options: Sequence[T]) -> T:
        return options[self.random.randrange(len(options))]

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    # --- values

    def variable(self, type_: str, value: Any) -> Name:
        """A new variable with this value; it may have a default, and may be left out if nullable."""
        name = f"v{len(self.declared)}"
        self.declared[name] = type_
        if value is None and self.chance(50):
            return Name(f"${name}")
        if not type_.endswith("!") and _has_no_cursor(value) and self.chance(15):
            self.declared[name] += f" = {literal(value)}"
            if self.chance(50):
                return Name(f"${name}")
        self.variables[name] = _plain(value)
        return Name(f"${name}")

    def value(self, type_: Any, hint: str, *, bare: bool = False) -> Any:
        """A value for an input position; `bare`: without variables inside."""
        if not bare and self.chance(25):
            return self.variable(str(type_), self.value(type_, hint, bare=True))
        nullable = nullable_of(type_)
        items: Any = getattr(nullable, "of_type", None)
        if nullable is type_ and self.chance(6):
            return None
        match nullable:
            case GraphQLList():
                return [self.value(items, hint, bare=bare) for _ in range(self.pick((1, 2, 1, 3, 0)))]
            case GraphQLInputObjectType(name="PeriodInput"):
                return self.period(nullable, bare=bare)
            case GraphQLInputObjectType():
                return self.members(nullable, bare=bare)
            case GraphQLEnumType():
                return Name(self.pick(self.liked(list(nullable.values))))
            case _:
                return self.scalar(nullable.name, hint)

    def members(self, type_: GraphQLInputObjectType, *, bare: bool) -> dict[str, Any]:
        names = list(type_.fields)
        deep = type_.name.endswith("Filter") and self.inside >= 2
        liked = [name for name in self.liked(names) if not (deep and name in ("and", "or", "not"))]
        self.inside += 1
        chosen = dict.fromkeys(self.pick(liked) for _ in range(self.pick((1, 1, 2, 3, 0))))
        chosen |= dict.fromkeys(name for name in names if is_required_input_field(type_.fields[name]))
        given = {name: self.value(type_.fields[name].type, name, bare=bare) for name in chosen}
        self.inside -= 1
        return given

    def period(self, type_: GraphQLInputObjectType, *, bare: bool) -> dict[str, Any]:
        """A period of two days in the right order, not too far apart."""
        spread = self.pick((0, 1, 3, 40, 400, 1_700))
        others = (-spread, spread if self.chance(50) else 0)
        days = sorted(DAY + datetime.timedelta(days=self.pick((0, -1, 2)) + other) for other in others)
        members = dict(zip(("from", "until"), map(str, days), strict=True))
        variable = not bare and self.chance(40)
        return {
            name: self.variable(str(type_.fields[name].type), day) if variable else day for name, day in members.items()
        }

    def liked(self, names: list[str]) -> list[str]:
        """The names, with the favourites repeated."""
        liked = [name for name in names if _folded(name) in self.favourites]
        return names + liked * (1 + len(names) // 2)

    def scalar(self, type_name: str, hint: str) -> Any:
        match type_name:
            case "ID":
                return self.id_for(hint)
            case "Decimal":
                return self.pick((*AMOUNTS, "5", "7.5", "2.500"))
            case "Date":
                return str(
                    DAY.replace(day=self.pick((27, 28, 26))) if self.chance(80) else DAY.replace(month=3, day=14)
                )
            case "DateTime":
                return (MOMENT + datetime.timedelta(minutes=30 * self.pick((0, 1, 2, 3, 5)))).isoformat()
            case "Boolean":
                return self.chance(50)
            case "Int":
                return self.pick((2, 3, 1, 5, 0, 100))
            case "JSON":
                return {}
            case _ if hint == "operation":
                return self.pick(tuple(OPERATIONS))
            case _:
                return self.text()

    def text(self) -> str:
        whole = self.pick((*TEXTS, "Q/1", "C00001", "po-1", "liège", "FAIR", "I", "BE0", "5410001", "bières"))
        start = self.random.randrange(7)
        part = whole[start : start + self.pick((3, 1, 2, 20))] if self.chance(40) else whole
        return part.swapcase() if self.chance(30) and part.swapcase().swapcase() == part else part

    def id_for(self, hint: str) -> str:
        """An id that fits a position: `hint` is the name of the argument or criterion."""
        if self.chance(8):
            return self.pick(STRANGE_IDS)
        if self.chance(8):  # a known key under the prefix of another type
            return f"{self.pick(('cus', 'prg', 'usr', 'ext', 'inv'))}{self.id_of(hint)[3:]}"
        return self.id_of(hint)

    def id_of(self, hint: str) -> str:
        """A known id that fits a position."""
        match hint:
            case "company":
                return self.pick(self.companies)
            case "customer":
                return self.pick(ids_of("cus"))
            case "group":
                return self.pick(ids_of("prg"))
            case "userId" | "userIds":
                return self.pick((*ids_of("usr"), *ids_of("ext")))
            case _:
                return self.pick(ids_of(self.pick(_prefixes())))

    # --- arguments

    def arguments(self, owner: str, name: str, declared: Any) -> str:
        given: dict[str, Any] = {}
        if "first" in declared.args:
            given |= self.page(declared, searched=owner == "SearchResults")
        for argument, of in declared.args.items():
            if argument in ("first", "last", "after", "before", "orderBy"):
                continue
            if is_required_argument(of) or self.chance(60 if argument in ("userIds", "apps") else 35):
                hint = (
                    {"company": "company", "node": "node", "nodes": "node"}.get(name, argument)
                    if owner == "Query"
                    else argument
                )
                given[argument] = self.value(of.type, hint)
        return "(" + ", ".join(f"{name}: {literal(value)}" for name, value in given.items()) + ")" if given else ""

    def page(self, declared: Any, *, searched: bool) -> dict[str, Any]:
        nodes = named_of(named_of(declared.type).fields["nodes"].type)
        given: dict[str, Any] = {}
        names: list[str] = []
        order = declared.args.get("orderBy")
        if order is not None and self.chance(60):
            values = list(named_of(order.type).values)
            several = is_list(order.type)
            names = [self.pick(self.liked(values)) for _ in range(self.pick((1, 2, 1, 3)) if several else 1)]
            names = list({name.rpartition("_")[0]: name for name in names}.values())  # both directions are refused
            value: Any = [Name(name) for name in names] if several else Name(names[0])
            given["orderBy"] = self.variable(str(order.type), value) if self.chance(30) else value
        if self.chance(60):
            size = self.pick((2, 3, 1, 5, 0))
            given["last" if self.chance(45) else "first"] = self.variable("Int", size) if self.chance(25) else size
        for bound in ("after", "before"):
            if self.chance(22):
                self.cursors.append(Cursor(nodes.name, tuple(names), self.random.randrange(13), searched))
                cursor = f"@cursor:{len(self.cursors) - 1}@"
                given[bound] = self.variable("String", cursor) if self.chance(40) else cursor
        return given

    # --- selections

    def selections(self, type_: Any, depth: int, *, within: bool = False) -> str:
        """The selections between braces; `within`: inside a fragment on rows of several types."""
        count = self.pick((3, 2, 4, 5, 1, 6) if self.fields < FIELDS else (1, 2))
        written = [self.selection(type_, depth, within=within) for _ in range(count)]
        if self.chance(15):
            written.append(self.again(self.pick(written)))
        return "{ " + " ".join(written) + " }"

    def again(self, text: str) -> str:
        """The same text once more, if the document has room for it."""
        aliases, directives = text.count(": "), text.count("@")
        if self.aliases + aliases > ALIASES or self.directives + directives > DIRECTIVES:
            return "__typename"
        self.aliases += aliases
        self.directives += directives
        self.fields += text.count(" ")
        return text

    def selection(self, type_: Any, depth: int, *, within: bool) -> str:
        roll = self.random.randrange(100)
        if is_abstract(type_):
            if roll >= 75:
                return self.kinds(type_)
            if roll >= 40:
                return self.fragment(self.pick(kinds_of(printed_schema(), type_)), depth, within=True)
        if roll >= 90:
            on = self.pick([type_, *type_.interfaces])
            return self.fragment(on, depth, within=within or is_abstract(on), bare=on is type_)
        if 12 <= roll < 18:
            return f"__typename{self.directive()}"
        return self.field(type_, depth, within=within)

    def kinds(self, type_: Any) -> str:
        """Fragments on several types with one response key for fields of the same type."""
        possible = kinds_of(printed_schema(), type_)
        chosen = list(dict.fromkeys(self.pick(possible) for _ in range(3)))
        shared = [sort for sort in _bare_types(chosen[0]) if all(sort in _bare_types(kind) for kind in chosen)]
        if self.aliases + len(chosen) > ALIASES or not shared:
            return "__typename"
        wanted = self.pick(shared)
        self.aliases += len(chosen)
        alias = f"s{self.aliases}"
        parts: list[str] = []
        for kind in chosen:
            names = [name for name, of in kind.fields.items() if _is_bare_leaf(of) and str(of.type) == wanted]
            parts.append(f"... on {kind.name}{self.directive()} {{ {alias}: {self.pick(self.liked(names))} }}")
        return " ".join(parts)

    def fragment(self, type_: Any, depth: int, *, within: bool, bare: bool = False) -> str:
        """A fragment on a type; `bare`: the type condition may be left out."""
        same = [
            name for name, (on, _, depth_then) in self.fragments.items() if on == type_.name and depth_then >= depth
        ]
        if same and self.fields < FIELDS and self.chance(60):
            return f"...{self.pick(same)}{self.directive()}"
        directive = self.directive()
        if self.chance(40):
            body = self.selections(type_, depth, within=True)
            name = f"F{len(self.fragments)}"
            self.fragments[name] = (type_.name, body, depth)
            return f"...{name}{directive}"
        condition = "" if bare and self.chance(25) else f" on {type_.name}"
        return f"...{condition}{directive} {self.selections(type_, depth, within=within)}"

    def field(self, type_: Any, depth: int, *, within: bool) -> str:
        self.fields += 1
        name = self.pick(self.liked(self.offered(type_, depth)))
        if not name:
            return "__typename"
        declared = type_.fields[name]
        arguments = self.arguments(type_.name, name, declared)
        alias = self.alias(type_, name, arguments, within=within)
        if alias is None:
            return "__typename"
        named = named_of(declared.type)
        start = f"{alias}{name}{arguments}{self.directive()}"
        return start if is_leaf(named) else f"{start} {self.below(named, name, depth)}"

    def below(self, named: Any, name: str, depth: int) -> str:
        if name in LONG and named.name != "UserConnection" and (name != "rows" or self.chance(50)):
            chosen = (self.field(named, DEEPEST, within=False) for _ in range(2))
            return "{ " + " ".join(dict.fromkeys(chosen)) + " }"
        return self.selections(named, depth + 1)

    def offered(self, type_: Any, depth: int) -> list[str]:
        """The field names to choose from: only leaves when the document is long or deep enough, else mostly others."""
        leaves = [name for name, of in type_.fields.items() if is_leaf(of.type)]
        if depth >= DEEPEST or (self.fields > FIELDS and leaves):
            return leaves or [""]
        if type_.name.endswith("Connection"):
            return [
                "nodes",
                "nodes",
                "edges",
                "edges",
                "pageInfo",
                "totalCount",
                *[name for name in type_.fields if name.startswith("totals")],
            ]
        on = [name for name in type_.fields if name not in leaves]
        eager = [name for name in on if name not in LONG]
        return [*leaves, *on, *eager * (1 + len(leaves) // max(4, len(eager)))]

    def alias(self, type_: Any, name: str, arguments: str, *, within: bool) -> str | None:
        """The alias with its colon, empty where the field's own name can be used, None when there are too many."""
        if within and name in ambiguous():
            if self.plain.setdefault(f"{type_.name}.{name}", arguments) == arguments:
                self.aliases += 1
                return f"{name}Of{type_.name}: " if self.aliases <= ALIASES else None
        elif self.chance(85) and self.plain.setdefault(_place(type_, name), arguments) == arguments:
            return ""
        self.aliases += 1
        return f"a{self.aliases}{'x' * (70 if self.chance(3) else 0)}: " if self.aliases <= ALIASES else None

    def directive(self) -> str:
        """Directives for a selection, at most one of each."""
        return self.condition() + self.optional()

    def optional(self) -> str:
        if self.directives >= DIRECTIVES or not self.chance(9):
            return ""
        self.directives += 1
        return " @optional"

    def condition(self) -> str:
        if self.directives >= DIRECTIVES or not self.chance(9):
            return ""
        self.directives += 1
        value = self.chance(50)
        condition = self.variable("Boolean!", value) if self.chance(60) else literal(value)
        return f" @{self.pick(('include', 'skip'))}(if: {condition})"

    # --- the document

    def document(self) -> Case:
        roots = [self.root() for _ in range(self.pick((1, 1, 2, 3)))]
        if self.chance(5):
            roots.append("__typename")
        return self.whole(" ".join(roots))

    def page_of_companies(self) -> Case:
        """A document that reads one page of the viewer's companies, and perhaps the viewer's account."""
        declared = printed_schema().type_map["Viewer"].fields["companies"]
        arguments = self.arguments("Viewer", "companies", declared)
        page = f"companies{arguments} {self.selections(named_of(declared.type), 2)}"
        account = "account { email } " if self.chance(30) else ""
        return self.whole(f"viewer {{ {account}{page} }}")

    def whole(self, body: str) -> Case:
        """The document with these root fields."""
        fragments = [f"fragment {name} on {on} {of}" for name, (on, of, _) in self.fragments.items()]
        used = set(re.findall(r"\$(\w+)", "".join((body, *fragments))))
        head = ", ".join(f"${name}: {type_}" for name, type_ in self.declared.items() if name in used)
        text = f"query {f'({head}) ' if head else ''}{{ {body} }}"
        variables = {name: value for name, value in self.variables.items() if name in used}
        return Case("\n".join((text, *fragments)), variables, tuple(self.cursors))

    def root(self) -> str:
        name = self.pick(
            ("company", "company", "company", "viewer", "node", "nodes", "node", "viewer", "company", "apps")
        )
        query = printed_schema().type_map["Query"]
        declared = query.fields[name]
        arguments = self.arguments("Query", name, declared)
        self.aliases += 1
        start = f"r{self.aliases}: {name}{arguments}{self.directive()}"
        return f"{start} {self.below(named_of(declared.type), name, 1)}"


def _bare_types(kind: Any) -> list[str]:
    """The types of the fields of an object type that are leaves without arguments."""
    return sorted({str(of.type) for of in kind.fields.values() if _is_bare_leaf(of)})


def _is_bare_leaf(of: Any) -> bool:
    return is_leaf(of.type) and not of.args


def _place(type_: Any, name: str) -> str:
    """The scope in which an unaliased field has one meaning: the type for ambiguous names, else the document."""
    return f"{type_.name}.{name}" if name in ambiguous() else name


def _folded(name: str) -> str:
    """A name in a common form: `discountType` and `DISCOUNT_TYPE_ASC` become discounttype."""
    return name.removesuffix("_ASC").removesuffix("_DESC").replace("_", "").lower()


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {name: _plain(item) for name, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
        case list():
            return [_plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        case str():
            return str(value)
        case _:
            return value


def _has_no_cursor(value: Any) -> bool:
    return "@cursor" not in str(value)


def operations(*favourites: str, companies: Sequence[str] = tuple(ACTIVE)) -> st.SearchStrategy[Case]:
    """Operations with frequent use of fields, filters and order keys of these names (of GraphQL or of columns)."""
    names = frozenset(map(_folded, favourites))
    ids = tuple(f"com_{key(f'company {company}').hex}" for company in companies)

    return st.integers(0, 2**64 - 1).map(lambda seed: _Writer(Random(seed), names, ids).document())


def pages_of_companies() -> st.SearchStrategy[Case]:
    """Operations that read one page of the viewer's companies."""
    ids = tuple(f"com_{key(f'company {company}').hex}" for company in ACTIVE)
    return st.integers(0, 2**64 - 1).map(lambda seed: _Writer(Random(seed), frozenset(), ids).page_of_companies())
