"""Hostile operations, drawn at random from the schema with a seed; constructs that multiply work are drawn more often.

The drawing reads the schema, so new fields are attacked automatically. Most documents are valid and within the limits:
a response key stands for one field with one set of arguments in the whole document.
"""

import enum
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any, Final, TypeVar

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    is_required_argument,
    is_required_input_field,
)

from resolvers.gates.needs import own_gates
from schema import schema
from tests.attacker.victim import KEY_OF, Asked
from tests.differential.oracle.core import is_abstract, is_leaf, is_list, kinds_of, named_of, nullable_of

T = TypeVar("T")

CALLERS: Final = (None, None, "lambert", "noah", "eva", "delvaux", "compta", "compta", f"{KEY_OF}compta")
"""The callers: anonymous, owners, a seller, a field worker, and an accountant of 62 companies, also with an API key."""

MODES: Final = (*("null",) * 6, *("error",) * 6, "absent")
DEEPEST: Final = 11
ALIASES: Final = 30
DIRECTIVES: Final = 50
TEXT: Final = 60_000
"""Maximum number of characters; a longer document is refused by its length."""

FEW: Final = (0, 1, 1, 2)
"""Lengths of lists of input objects: filters have filters inside them, as deep as values are drawn."""

PAGES: Final = (1, 2, 3, 5, 10, 20, 50, 100)
LENGTHS: Final = (1, 3, 20, 100, 200, 200, 201, 5_000, 250_000)
NAMES: Final = (40, 80, 90, 90, 90, 90, 90, 90, 90, 90, 101, 5_000)
LETTERS: Final = 2_000_000
"""Characters of all long texts of an operation: twice what a body may have. Lists of rows would have many more."""

PIECES: Final = ("a", "%", "_", "\\", "ab ", "ẞ", "ﷺ", "İ", "\U0001f600", "x%y_", "'", "\u0301", " ", "\x7f", "\u202e")
"""Pieces of texts: patterns, characters that grow by case folding, characters that JSON escapes."""


class Trait(enum.Enum):
    """A construct that a document uses more often."""

    KINDS = "all kinds of an interface, again inside each other"
    DEEP = "levels"
    WIDE = "fields"
    ROOTS = "fields of the root"
    ALIASES = "the same field again"
    NAMES = "long names"
    VALUES = "long values"
    IDS = "lists of ids of all sorts"
    FILTERS = "whole filters and orders"
    PAGES = "full pages"
    DIRECTIVES = "directives"
    FRAGMENTS = "named fragments, spread again and again"
    INTROSPECTION = "the schema"
    EXPLAINED = "operations explained"
    PAYLOAD = "a mutation's payload"
    GATED = "what apps hide, below many companies"


MULTIPLIERS: Final = (*Trait, Trait.KINDS, Trait.KINDS, Trait.FRAGMENTS, Trait.PAGES, Trait.IDS, Trait.FILTERS)

Ids = Mapping[str, Sequence[str]]
"""Real ids by their prefix; the first ones lead to the most rows."""


@cache
def ambiguous() -> frozenset[str]:
    """Names of fields that have different types or arguments on different types."""
    meanings: dict[str, set[str]] = {}
    for type_ in schema.core.type_map.values():
        for name, declared in getattr(type_, "fields", {}).items():
            meanings.setdefault(name, set()).add(f"{declared.type} {sorted(getattr(declared, 'args', ()))}")
    return frozenset(name for name, found in meanings.items() if len(found) > 1)


@cache
def distances() -> Mapping[str, int]:
    """The number of fields between each type and the next interface."""
    found = {name: 0 for name, type_ in schema.core.type_map.items() if is_abstract(type_)}
    for distance in range(1, DEEPEST):
        for name, type_ in schema.core.type_map.items():
            below = (named_of(of.type).name for of in getattr(type_, "fields", {}).values())
            leads = not isinstance(type_, GraphQLInputObjectType)
            if name not in found and leads and any(found.get(inner, DEEPEST) < distance for inner in below):
                found[name] = distance
    return found


def operations(seed: int, ids: Ids) -> Iterator[Asked]:
    """An endless stream of operations; the n-th is the same for the same seed and ids."""
    n = 0
    while True:
        yield operation(f"{seed}.{n}", ids)
        n += 1


def operation(seed: str, ids: Ids) -> Asked:
    """One operation."""
    random = Random(seed)
    traits = frozenset(random.choice(MULTIPLIERS) for _ in range(random.choice((1, 1, 2, 2, 3, 4))))
    points = int(10 ** random.uniform(2, 5.1))
    drawing = Drawing(random, ids, traits, points, room=int(10 ** random.uniform(0.8, 2.6)))
    return Asked(drawing.document(), drawing.variables, random.choice(CALLERS), random.choice(MODES))


class Name(str):
    """A text without quotes in a document: an enum value or a variable."""

    __slots__ = ()


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
class Drawing:
    """One document while it is drawn; `points` is its approximate maximum cost, `room` its number of fields."""

    random: Random
    ids: Ids
    traits: frozenset[Trait]
    points: int
    room: int
    inner: bool = False
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    declared: dict[str, str] = field(default_factory=dict[str, str])
    fragments: dict[str, tuple[str, int, str]] = field(default_factory=dict[str, tuple[str, int, str]])
    given: dict[str, str] = field(default_factory=dict[str, str])
    aliases: int = 0
    directives: int = 0
    letters: int = LETTERS

    # --- chance

    def has(self, trait: Trait, usual: int = 5) -> bool:
        """Whether to use a trait's construct: mostly if the document has the trait, else in `usual` percent."""
        return self.chance(70 if trait in self.traits else usual)

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def pick(self, options: Sequence[T]) -> T:
        return self.random.choice(options)

    # --- the document

    def document(self) -> str:
        if Trait.PAYLOAD in self.traits and not self.inner:
            body, sort = self.roots("Mutation", (1, 1, 2, 3)), "mutation"
        else:
            body, sort = self.roots("Query", (3, 10, 19, 20) if Trait.ROOTS in self.traits else (1, 1, 2)), "query"
        head = ", ".join(f"${name}: {type_}" for name, type_ in self.declared.items())
        name = f" {self.long_name()}" if self.has(Trait.NAMES, 0) else ""
        fragments = [f"fragment {name} on {on} {body}" for name, (on, _, body) in self.fragments.items()]
        return "\n".join((f"{sort}{name or ' A'}{f'({head})' if head else ''} {body}", *fragments))

    def roots(self, name: str, counts: Sequence[int]) -> str:
        type_: Any = schema.core.type_map[name]
        fields: dict[str, Any] = type_.fields
        liked = list(fields) if name == "Mutation" else ["company", "company", "viewer", "viewer", *fields]
        written = [self.root(name, self.pick(liked), fields) for _ in range(self.pick(counts))]
        return "{ " + " ".join(written) + " }"

    def root(self, owner: str, name: str, fields: Any) -> str:
        if owner == "Query" and self.has(Trait.INTROSPECTION, 1):
            return self.introspection()
        if owner == "Query" and self.has(Trait.IDS, 2):
            name = self.pick(("nodes", "nodes", "node"))
        declared, known = fields[name], self.given.get(f"{owner}.{name}")
        alias = self.alias(always=known is not None and self.chance(90))
        arguments = known if known is not None and not alias else self.arguments(declared, 1)
        self.given.setdefault(f"{owner}.{name}", arguments)
        factor = 116 if name == "apps" else 40 if name == "nodes" else 1
        return f"{alias}{name}{arguments}{self.directive()}{self.below(declared, 1, factor)}"

    def introspection(self) -> str:
        declared: Any = self.pick((SchemaMetaFieldDef, TypeMetaFieldDef))
        if declared is SchemaMetaFieldDef:
            return f"__schema {self.selections(named_of(declared.type), 1, 1)}"
        name = self.pick(("Node", "Document", "Company", "Query", "Mutation", self.pick(list(schema.core.type_map))))
        return f'{self.alias(always=True)}__type(name: "{name}") {self.selections(named_of(declared.type), 1, 1)}'

    # --- selections

    def below(self, declared: Any, depth: int, factor: int) -> str:
        named = named_of(declared.type)
        return "" if is_leaf(named) else f" {self.selections(named, depth + 1, factor)}"

    def selections(self, type_: Any, depth: int, factor: int) -> str:
        """The selections between braces."""
        if self.has(Trait.FRAGMENTS, 8):
            known = [name for name, (on, then, _) in self.fragments.items() if on == type_.name and then >= depth]
            if known and self.chance(70):
                return "{ " + f"...{self.pick(known)}{self.directive()}" + " }"
            body = self.body(type_, depth, factor)
            name = f"F{len(self.fragments)}{self.long_name() if self.has(Trait.NAMES, 0) else ''}"
            self.fragments[name] = (type_.name, depth, body)
            return "{ " + f"...{name}{self.directive()}" + " }"
        return self.body(type_, depth, factor)

    def body(self, type_: Any, depth: int, factor: int) -> str:
        if is_abstract(type_):
            return "{ " + " ".join(self.parts_of_kinds(type_, depth, factor)) + " }"
        written = [self.selection(type_, depth, factor) for _ in range(self.width())]
        return "{ " + " ".join(written) + " }"

    def width(self) -> int:
        wide = (5, 10, 20, 30) if self.has(Trait.WIDE) else (1, 2, 3, 4)
        return self.pick(wide) if self.room > 0 else 1

    def parts_of_kinds(self, type_: Any, depth: int, factor: int) -> Iterator[str]:
        """The parts for an interface: fragments for some or all types, own fields, the path to the next interface."""
        kinds = kinds_of(schema.core, type_)
        if not self.has(Trait.KINDS, 40):
            kinds = self.random.sample(kinds, min(len(kinds), 3))
        yield self.pick(("id", "__typename"))
        if self.chance(60):
            yield self.every_kind(type_, kinds, depth)
        else:
            for kind in kinds:
                yield f"... on {kind.name}{self.directive()} {self.inside(kind, depth, factor)}"
        for _ in range(self.pick((0, 1, 1, 2)) if len(type_.fields) > 1 else 0):
            yield self.selection(type_, depth, factor)

    def every_kind(self, type_: Any, kinds: Sequence[Any], depth: int) -> str:
        """A named fragment with another selection for every type, to be spread wherever there is room."""
        same = [name for name, (on, _, _) in self.fragments.items() if on == type_.name and name.startswith("K")]
        if same and self.chance(80):
            return f"...{self.pick(same)}{self.directive()}"
        name = f"K{len(self.fragments)}"
        parts = [f"... on {kind.name} {{ {self.mark(kind)} }}" for kind in kinds]
        self.fragments[name] = (type_.name, 0, "{ " + " ".join(parts) + " }")
        return f"...{name}"

    def mark(self, kind: Any) -> str:
        """A selection that differs from those of all other types."""
        if self.aliases < ALIASES and self.chance(60):
            return f"{self.alias(always=True)}__typename"
        leaves = [name for name, of in kind.fields.items() if is_leaf(of.type) and name not in ambiguous()]
        return self.pick(leaves) if leaves else "__typename"

    def inside(self, kind: Any, depth: int, factor: int) -> str:
        written = [self.selection(kind, depth, factor, within=True) for _ in range(self.pick((1, 1, 2)))]
        return "{ " + " ".join(written) + " }"

    def selection(self, type_: Any, depth: int, factor: int, *, within: bool = False) -> str:
        self.room -= 1
        self.points -= factor
        name = self.name(type_, depth, factor)
        if name == "__typename":
            return f"{self.alias()}__typename{self.directive()}"
        declared = type_.fields[name]
        key = f"{type_.name}.{name}" if name in ambiguous() else name
        size = self.size(declared, factor)
        arguments = self.given.get(key)
        alias = self.alias() if arguments is None or self.has(Trait.ALIASES) else ""
        if arguments is None or alias:
            arguments = self.arguments(declared, size)
            if not alias:
                self.given[key] = arguments
        if not alias and within and name in ambiguous():
            if self.aliases >= ALIASES:
                return "__typename"
            self.aliases += 1
            alias = f"{name}Of{type_.name}: "
        return f"{alias}{name}{arguments}{self.directive()}{self.below(declared, depth, factor * size)}"

    def name(self, type_: Any, depth: int, factor: int) -> str:
        """The name of a field, mostly of one with selections, until room or points are used up."""
        fields = type_.fields
        if type_.name.endswith("Connection") and "nodes" in fields:
            return self.pick(("nodes", "nodes", "nodes", "edges", "totalCount"))
        leaves = [name for name, of in fields.items() if is_leaf(of.type)] or ["__typename"]
        on = [name for name in fields if name not in leaves]
        if not on or depth >= DEEPEST or self.room <= 0 or self.points < factor:
            return self.pick(leaves) if self.chance(90) else "__typename"
        if self.has(Trait.KINDS, 20):
            nearest = min(distances().get(named_of(fields[name].type).name, DEEPEST) for name in on)
            return self.pick([n for n in on if distances().get(named_of(fields[n].type).name, DEEPEST) == nearest])
        gated = [name for name in fields if own_gates(fields[name])] if self.has(Trait.GATED, 0) else []
        if gated:
            return self.pick(gated)
        if self.has(Trait.EXPLAINED, 0) and "explainAccess" in on:
            return "explainAccess"
        return self.pick(on if self.chance(85 if Trait.DEEP in self.traits else 50) else leaves)

    def size(self, declared: Any, factor: int) -> int:
        """The number of items of a list."""
        if "first" not in declared.args:
            return 4 if is_list(declared.type) else 1
        affordable = [size for size in PAGES if 4 * size * factor <= self.points] or [1]
        return affordable[-1] if self.has(Trait.PAGES, 20) else self.pick(affordable)

    # --- names

    def alias(self, *, always: bool = False) -> str:
        """A new alias with its colon, or nothing."""
        if self.aliases >= ALIASES or not (always or self.has(Trait.ALIASES, 3) or self.has(Trait.NAMES, 0)):
            return ""
        self.aliases += 1
        return f"a{self.aliases}{self.long_name() if self.has(Trait.NAMES, 2) else ''}: "

    def long_name(self) -> str:
        return f"x{self.pick('abc')}" * (self.pick(NAMES) // 2)

    def directive(self) -> str:
        if self.directives >= DIRECTIVES or not self.has(Trait.DIRECTIVES, 2):
            return ""
        self.directives += 1
        if self.chance(40):
            return " @optional"
        value: Any = self.chance(70)
        if self.chance(50):
            value = self.variable("Boolean!", value)
        return f" @include(if: {literal(value)})"

    # --- arguments and values

    def arguments(self, declared: Any, size: int) -> str:
        given: dict[str, Any] = {}
        if "first" in declared.args and self.chance(95):
            given[self.pick(("first", "first", "last"))] = self.variable("Int", size) if self.chance(20) else size
        for name, of in declared.args.items():
            if name in ("first", "last") or (name in ("after", "before") and self.chance(95)):
                continue
            if is_required_argument(of) or self.has(Trait.FILTERS, 3):
                given[name] = self.value(of.type, name, depth=0)
        return "(" + ", ".join(f"{name}: {literal(value)}" for name, value in given.items()) + ")" if given else ""

    def variable(self, type_: str, value: Any) -> Name:
        name = f"v{len(self.declared)}{self.long_name() if self.has(Trait.NAMES, 0) else ''}"
        self.declared[name] = type_
        self.variables[name] = value
        return Name(f"${name}")

    def value(self, type_: Any, hint: str, *, depth: int, bare: bool = False) -> Any:
        """A value for an input position; `bare`: without variables, for JSON."""
        if not bare and (self.chance(40) or hint in ("operation", "variables")):
            return self.variable(str(type_), self.value(type_, hint, depth=depth, bare=True))
        nullable = nullable_of(type_)
        match nullable:
            case GraphQLList():
                return self.items(nullable, hint, depth=depth, bare=bare)
            case GraphQLInputObjectType():
                return self.members(nullable, depth=depth, bare=bare)
            case GraphQLEnumType():
                name = self.pick(list(nullable.values))
                return name if bare else Name(name)
            case _:
                return self.scalar(nullable.name, hint)

    def items(self, list_: Any, hint: str, *, depth: int, bare: bool) -> list[Any]:
        inner = nullable_of(list_.of_type)
        if hint == "orderBy" and isinstance(inner, GraphQLEnumType):
            names = self.random.sample(list(inner.values), min(self.pick((1, 3, 8)), len(inner.values)))
            return names if bare else [Name(name) for name in names]
        if inner.name == "ID" and self.chance(60):
            return [self.id_of(prefix) for prefix in self.random.sample(list(self.ids), len(self.ids))][:100]
        many = (20, 100, 100, 101, 1_000) if Trait.VALUES in self.traits else (1, 2, 5, 100)
        if isinstance(inner, GraphQLInputObjectType) and inner.name.endswith("Filter"):
            many = FEW
        return [self.value(list_.of_type, hint, depth=depth + 1, bare=bare) for _ in range(self.pick(many))]

    def members(self, type_: GraphQLInputObjectType, *, depth: int, bare: bool) -> dict[str, Any]:
        """Some or all members of an input object."""
        share = 90 if self.has(Trait.FILTERS) and depth < 2 else 25
        chosen = {
            name: of
            for name, of in type_.fields.items()
            if is_required_input_field(of) or (depth < 6 and self.chance(share))
        }
        return {name: self.value(of.type, name, depth=depth + 1, bare=bare) for name, of in chosen.items()}

    def scalar(self, type_name: str, hint: str) -> Any:
        scalars: dict[str, Callable[[], Any]] = {
            "ID": lambda: self.id_for(hint),
            "Decimal": lambda: self.pick(("0", "12.50", "-1", "9" * 30, "1e9", "0." + "1" * 200)),
            "Date": lambda: self.pick(("2026-11-01", "2025-01-31", "0001-01-01", "9999-12-31")),
            "DateTime": lambda: self.pick(("2026-11-01T08:00:00Z", "2025-03-01T00:00:00+01:00")),
            "Boolean": lambda: self.chance(50),
            "Int": lambda: self.pick((1, 2, 10, 100, 0, 2**31 - 1)),
            "JSON": dict,
        }
        return scalars.get(type_name, lambda: self.text(hint))()

    def text(self, hint: str) -> str:
        if hint == "operation":
            return self.operation()
        if hint == "email":
            return f"{self.random.randrange(10**9)}@attack.example"
        if not self.has(Trait.VALUES, 3):
            return self.pick(("a", "Lambert", "2026", "chaudière", "0478"))
        pieces, length = [self.pick(PIECES) for _ in range(self.pick((1, 2, 5)))], self.pick(LENGTHS)
        length = min(length, max(1, self.letters))
        self.letters -= length
        return ("".join(pieces) * length)[:length]

    def operation(self) -> str:
        """The text of a document, for the field that explains operations."""
        if self.inner:
            return "{ viewer { __typename } }"
        traits = (self.traits | {Trait.KINDS}) - {Trait.EXPLAINED}
        room = int(10 ** self.random.uniform(1, 2.5))
        inner = Drawing(self.random, self.ids, traits, 10_000, room, inner=True)
        text = inner.document()
        return text if not inner.variables else "{ viewer { companies { nodes { documents { nodes { id } } } } } }"

    def id_for(self, hint: str) -> str:
        if "company" in hint.lower() or (hint == "id" and self.chance(70)):
            return self.id_of("com")
        if "user" in hint.lower():
            return self.id_of("usr")
        return self.id_of(self.pick(list(self.ids))) if self.chance(95) else self.text(hint)

    def id_of(self, prefix: str) -> str:
        known = self.ids[prefix]
        return known[0] if self.chance(50) else self.pick(known)
