"""visibility.py and views.py: the schema as somebody sees it is what the gates say, no more and no less."""

import gc
import tracemalloc
from functools import cache
from typing import Any, Final

import pytest
from graphql import (
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_client_schema,
    build_schema,
    introspection_from_schema,
    is_required_argument,
    is_required_input_field,
    print_schema,
    validate_schema,
)

from resolvers.gates.coordinates import named_type
from resolvers.gates.needs import own_gates
from resolvers.gates.schema_views import View, Views
from resolvers.gates.visibility import NOTHING, Held, Needs, Visible, members
from schema import schema
from schema.apps import CATALOGUE, App
from schema.declarations.gates import Gate
from schema.roles import Role
from tests.differential.oracle.gating import every_gate, printed_schema, type_gates
from tests.differential.oracle.gating import own_gates as printed_gates

CORE: Final = schema.core
ALL: Final[Held] = Needs(CORE).gates
SELLER: Final[Held] = frozenset({App.QUOTES, App.INVOICES, App.DISCOUNTS})
SETS: Final[dict[str, Held]] = {
    "nothing": NOTHING,
    "seller": SELLER,
    "employee": ALL - {Role.OWNER},
    "no invoices": ALL - {App.INVOICES},
}
GATES: Final = sorted(ALL, key=lambda gate: gate.name)


@pytest.fixture(scope="module")
def views() -> Views:
    return Views(CORE)


@pytest.fixture(params=SETS)
def view(request: pytest.FixtureRequest, views: Views) -> View:
    return views.of(SETS[request.param])


def coordinates(shown: GraphQLSchema) -> dict[tuple[str, ...], Any]:
    """Everything that a schema has, by name."""
    found: dict[tuple[str, ...], Any] = {}
    for type_ in shown.type_map.values():
        found[type_.name,] = type_
        for name, member in members(type_).items():
            found[type_.name, name] = member
            found |= {(type_.name, name, argument): of for argument, of in getattr(member, "args", {}).items()}
    return found


# --- no more and no less ---------------------------------------------------------------------------------------------


@cache
def stated() -> dict[tuple[str, ...], Held]:
    """The gates of each coordinate as the SDL says them; a type has those of the rows that it lists, too."""
    return {
        coordinate: frozenset(
            gate for gate in (*printed_gates(of), *(type_gates(of) if len(coordinate) == 1 else ())) if not always(gate)
        )
        for coordinate, of in coordinates(printed_schema()).items()
    }


def always(gate: object) -> bool:
    return isinstance(gate, App) and CATALOGUE[gate].always_visible


@cache
def whole() -> dict[tuple[str, ...], Any]:
    return coordinates(CORE)


def leaks(held: Held, view: View) -> list[tuple[str, ...]]:
    """What is there although a gate of it is not held."""
    return [coordinate for coordinate in coordinates(view.schema) if not stated().get(coordinate, NOTHING) <= held]


def losses(held: Held, view: View) -> list[tuple[str, ...]]:
    """What is not there for no reason: of something that is there, and itself behind nothing that is not held."""
    there = coordinates(view.schema)
    return [
        coordinate
        for coordinate, of in whole().items()
        if coordinate not in there
        and (len(coordinate) == 1 or coordinate[:-1] in there)
        and stated().get(coordinate, NOTHING) <= held
        and not falls(of, view)
    ]


def falls(of: Any, view: View) -> bool:
    """Whether something cannot be there: its type is not, or what it requires, or nothing leads to it."""
    if isinstance(of, GraphQLNamedType):
        left = [name for name in members(of) if stated()[of.name, name] <= view.held]
        left = [name for name in left if not falls(members(of)[name], view)]
        required = [name for name, member in members(of).items() if is_required(member)]
        return not left or not set(required) <= set(left) or not is_led_to(of, view)
    return lacks(of, view) or (hasattr(of, "type") and named_type(of).name not in view.names)


def is_required(member: Any) -> bool:
    return isinstance(member, GraphQLInputField) and is_required_input_field(member)


def is_led_to(type_: GraphQLNamedType, view: View) -> bool:
    """Whether something that is left leads to a type, as the whole schema has it."""
    for name in view.names:
        other = CORE.type_map[name]
        if other.name in {interface.name for interface in getattr(type_, "interfaces", ())}:
            return True
        for member, of in members(other).items():
            if stated().get((name, member), NOTHING) <= view.held and hasattr(of, "type") and not lacks(of, view):
                arguments = getattr(of, "args", {}).values() if named_type(of).name in view.names else ()
                if type_.name in {named_type(one).name for one in (of, *arguments)}:
                    return True
    return False


def lacks(of: Any, view: View) -> bool:
    """Whether an argument that a field requires is not left."""
    required = [argument for argument in getattr(of, "args", {}).values() if is_required_argument(argument)]
    return any(named_type(argument).name not in view.names for argument in required)


def leads(type_: GraphQLNamedType) -> set[GraphQLNamedType]:
    """The types that a type names, or that implement it."""
    found: set[GraphQLNamedType] = set()
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        found.update(type_.interfaces)
        for field in type_.fields.values():
            found.update((named_type(field), *map(named_type, field.args.values())))
    if isinstance(type_, GraphQLInputObjectType):
        found.update(map(named_type, type_.fields.values()))
    return found


@pytest.mark.sampled(9)
@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_a_view_has_what_is_held_and_nothing_else(views: Views, gate: Gate) -> None:
    for held in (ALL - {gate}, *([frozenset({gate})] if GATES.index(gate) % 8 == 0 else [])):
        view = views.of(held)
        assert leaks(held, view) == []
        assert losses(held, view) == []


@pytest.mark.parametrize("gate", [App.QUOTES, App.DISCOUNTS, Role.OWNER], ids=lambda gate: gate.name)
def test_a_leak_and_a_loss_would_be_found(views: Views, gate: Gate) -> None:
    assert len(leaks(ALL - {gate}, views.of(ALL))) > 3
    assert len(losses(ALL, views.of(ALL - {gate}))) > 3


def test_a_view_leads_nowhere_but_into_itself(view: View) -> None:
    for type_ in view.schema.type_map.values():
        for named in leads(type_):
            assert view.schema.type_map.get(named.name) is named, (type_.name, named.name)


@pytest.mark.sampled(2)
def test_a_view_is_a_valid_schema_and_so_is_its_sdl_and_what_a_client_makes_of_its_introspection(view: View) -> None:
    assert mistakes(view.schema) == []
    client = build_client_schema(introspection_from_schema(view.schema))
    assert coordinates(client).keys() == coordinates(view.schema).keys()
    assert coordinates(build_schema(print_schema(client))).keys() == coordinates(view.schema).keys()
    assert coordinates(build_schema(schema.text_of(view.schema))).keys() == coordinates(view.schema).keys()


def mistakes(shown: GraphQLSchema) -> list[Any]:
    """What graphql-core finds wrong with a schema that is assumed to be valid."""
    options: Any = {**shown.to_kwargs(), "assume_valid": False}
    return validate_schema(GraphQLSchema(**options))


def test_who_holds_everything_sees_the_whole_schema(views: Views) -> None:
    assert views.of(ALL).schema is CORE
    assert views.of(frozenset((*App, *Role))).schema is CORE
    assert schema.text_of(views.of(ALL).schema) == schema.as_str()
    assert {gate for gate in every_gate() if not always(gate)} == ALL


def test_what_is_not_hidden_is_as_it_was(view: View) -> None:
    for coordinate, of in coordinates(view.schema).items():
        was = whole()[coordinate]
        for attribute in ("description", "deprecation_reason", "extensions", "default_value", "default", "out_name"):
            assert getattr(of, attribute, None) == getattr(was, attribute, None), (coordinate, attribute)
        assert str(getattr(of, "type", "")) == str(getattr(was, "type", "")), coordinate
    for name, type_ in view.schema.type_map.items():
        left = members(type_)
        assert list(left) == [member for member in members(CORE.type_map[name]) if member in left], name


def test_views_share_what_is_alike(views: Views) -> None:
    seller = views.of(SELLER).schema
    assert seller.type_map["Account"] is CORE.type_map["Account"]
    assert seller.type_map["App"] is CORE.type_map["App"]
    assert seller.type_map["Company"] is not CORE.type_map["Company"]


def test_apps_that_hide_nothing_make_no_view_of_their_own(views: Views) -> None:
    assert views.of(SELLER | {App.CUSTOMERS}) is views.of(SELLER)
    assert own_gates(CORE.type_map["Customer"]) == ()


# --- what falls with what is hidden ----------------------------------------------------------------------------------

SMALL: Final = build_schema("""
    directive @mark(of: Marked) on FIELD
    enum Marked { A }
    interface Thing { id: ID  next: Thing }
    type Open implements Thing { id: ID  next: Thing }
    type Closed implements Thing { id: ID  next: Thing  only: OnlyHere }
    type OnlyHere { a: Int }
    union Any = Open | Closed
    union Two = Closed
    enum Kind { X Y }
    enum Gone { Z }
    input Inner { x: Int }
    input Needy { inner: Inner!  y: Int }
    input Loop { again: Loop  kind: Gone  y: Int }
    type Query {
      thing(kind: Kind, gone: Gone, needy: Needy, loop: Loop): Thing
      any: Any  two: Two
      needed(gone: Gone!): Int
      only: OnlyHere
    }
    type Mutation { write(input: Needy!): Int }
""")


def small(*hidden: str) -> Visible:
    """What is left of a small schema without some coordinates, written with dots."""
    return Visible(SMALL, frozenset(tuple(coordinate.split(".")) for coordinate in hidden))


@pytest.mark.parametrize(("hidden", "gone", "left"), [
    ("Closed", {"Closed", "Two", "Query.two"}, {"OnlyHere", "Any", "Thing"}),
    ("Query.only", set[str](), {"OnlyHere"}),
    ("Gone.Z", {"Gone", "Query.thing.gone", "Query.needed", "Loop.kind"}, {"Loop", "Query.thing", "Kind.X"}),
    ("Kind.X", {"Kind.X"}, {"Kind", "Kind.Y", "Query.thing.kind"}),
    ("Inner.x", {"Inner", "Needy", "Query.thing.needy", "Mutation"}, {"Query.thing", "Query.thing.kind"}),
    ("Needy.inner", {"Needy", "Inner", "Mutation"}, {"Query.thing"}),
    ("Query.thing.loop", {"Loop", "Query.thing.loop"}, {"Query.thing", "Gone"}),
    ("Thing", {"Thing", "Query.thing", "Open.next", "Kind", "Loop"}, {"Open", "Closed", "Marked"}),
    ("Mutation.write", {"Mutation"}, {"Needy", "Query.thing.needy"}),
])  # fmt: skip
def test_what_cannot_be_without_something_hidden_falls_with_it(hidden: str, gone: set[str], left: set[str]) -> None:
    visible = small(hidden)
    there = {".".join(coordinate) for coordinate in coordinates(built(visible))}
    assert there & gone == set()
    assert left <= there
    assert mistakes(built(visible)) == []


def test_a_type_goes_when_all_that_leads_to_it_does() -> None:
    assert "OnlyHere" not in small("Closed", "Query.only").types
    assert "OnlyHere" in small("Closed").types


def built(visible: Visible) -> GraphQLSchema:
    """The view with these coordinates."""

    class Known(Needs):
        def hidden(self, held: Held) -> frozenset[tuple[str, ...]]:
            return visible.hidden

    views = Views(SMALL)
    views._needs = Known(SMALL)  # pyright: ignore[reportPrivateUsage]
    views._needs.gates = frozenset({App.QUOTES})  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
    return views.of(NOTHING).schema


# --- how much they take ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["nothing", "seller", "employee", "no invoices"])
def test_the_size_of_a_view_is_not_underestimated(name: str) -> None:
    views = Views(CORE)
    views.of(frozenset({App.QUOTES}))
    gc.collect()
    tracemalloc.start()
    try:
        view = views.of(SETS[name])
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert 0.9 * taken < view.weight < 4 * taken


def test_views_are_kept_within_bounds(views: Views) -> None:
    bounded = Views(CORE, 3_000_000)
    kept = bounded._cache  # pyright: ignore[reportPrivateUsage]
    for gate in GATES[:24]:
        assert bounded.of(ALL - {gate}) is bounded.of(ALL - {gate})
    assert 1 < len(kept) < 12
