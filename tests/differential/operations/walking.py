"""Operations for a line of the gate table: documents over all paths to it, and the values in their answers."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import GraphQLEnumType, GraphQLInputObjectType, is_required_argument, is_required_input_field

from resolvers.gates.table import NODE, CoordinateKind, GatedCoordinate, Reached, Step
from schema.declarations.gates import Gate
from tests.differential.data.dataset import KINDS, key
from tests.differential.operations.drawn import Case, ids_of
from tests.differential.operations.explained import OF_A
from tests.differential.oracle.core import is_leaf, is_list, named_of
from tests.differential.oracle.gating import field_gates, own_gates, printed_schema, type_gates
from tests.differential.oracle.lists import prefix_of

HERE: Final = f'"com_{key("company A").hex}"'
AT_ONCE: Final = 6
"""Maximum number of paths in one document."""

ENTRANCES: Final = {
    "company": f"company(id: {HERE}) {{ %s }}",
    "companies": "viewer { companies { nodes { %s } } }",
}
PAYLOAD: Final = "mutation { at0: updateProfile(input: {}) { viewer { companies { nodes { %s } } } } }"
LIVE: Final = f"subscription {{ permissionMatrix: permissionMatrixChanged(companyId: {HERE}) {{ %s }} }}"
SAMPLES: Final = {
    "String": '"5410001"', "Int": "1", "Boolean": "true", "Decimal": '"1"', "Date": '"2026-02-27"', "ID": HERE,
    "DateTime": '"2026-03-01T09:30:00Z"', "JSON": "{}",
    "PeriodInput": '{from: "2017-03-01", until: "2026-12-31"}',
}  # fmt: skip
ASKED: Final = {
    "userId": f'"usr_{key("membership Olga A ").hex}"',
    "operation": json.dumps(OF_A),
}
"""Values for arguments that need an existing id or a real operation."""


@dataclass(frozen=True, slots=True)
class Walk:
    """One document over some paths of a line."""

    line: GatedCoordinate
    case: Case
    paths: tuple[Reached, ...]
    elsewhere: bool = False
    """Whether the document also reaches the viewer's other companies."""

    def shown(self, data: Any) -> list[Any]:
        """The values at the end of the paths that are not null; for a gated enum value only that value."""
        return [value for n in range(len(self.paths)) for value in self.shown_by(data, n)]

    def shown_by(self, data: Any, n: int) -> list[Any]:
        """The values at the end of the n-th path."""
        found = list(_values(data.get(f"at{n}"), _keys(self.paths[n])))
        if self.line.kind is CoordinateKind.TYPE:
            return [value for value in found if value.get("__typename") == self.line.type_name]
        if self.line.kind is CoordinateKind.ENUM_VALUE and not self.paths[0].given:
            return [value for value in found if value == self.line.coordinate.partition(".")[2]]
        return found


def needs(path: Reached) -> frozenset[Gate]:
    """Every gate on a path: of its fields, their types, the types in fragments, and the arguments in use."""
    gates: set[Gate] = set()
    type_, arguments = printed_schema().type_map["Company"], {}
    for step in path.steps:
        parent = printed_schema().type_map[step.on] if step.on else type_
        field = parent.fields[step.name]
        gates.update((*type_gates(parent), *field_gates(field)))
        type_, arguments = named_of(field.type), field.args
        given = path.given[:1] if step is path.steps[-1] else ()
        gates.update(_required(arguments, given))
    return frozenset((*gates, *_used_on_the_way(arguments, path.given)))


def _required(arguments: Any, given: tuple[str, ...]) -> Iterator[Gate]:
    """The gates of required arguments and of their sample values."""
    for name, declared in arguments.items():
        if is_required_argument(declared) and (name,) != given:
            yield from own_gates(declared)
            values = getattr(named_of(declared.type), "values", {})
            yield from (gate for value in [*values.values()][:1] for gate in own_gates(value))


def _used_on_the_way(members: Any, given: tuple[str, ...]) -> Iterator[Gate]:
    """The gates of an argument and of the input fields given inside it."""
    if given:
        declared = members[given[0]]
        yield from own_gates(declared)
        if hasattr(declared, "type"):
            named = named_of(declared.type)
            yield from _used_on_the_way(getattr(named, "fields", None) or getattr(named, "values", {}), given[1:])


ROOTS: Final = (CoordinateKind.MUTATION, CoordinateKind.SUBSCRIPTION)
"""The kinds of coordinate that are root fields, not below a company."""


def walks(line: GatedCoordinate) -> Iterator[Walk]:
    """Documents that read a line by every path; the first path also through `viewer.companies`."""
    if line.kind in ROOTS:
        return
    carrying = [path for path in line.paths if not path.given]
    using = [path for path in line.paths if path.given and not path.live]
    for paths in (*_batches(carrying), *_batches(using)):
        yield Walk(line, Case(_document(line, paths, "company"), {}), paths)
    below = [path for path in line.paths if NODE not in path.steps and not path.live]
    if below:
        yield Walk(line, Case(_document(line, below[:1], "companies"), {}), tuple(below[:1]), elsewhere=True)


INVOICE: Final = f"document A {KINDS.index('INVOICE')}"

GIVEN: Final = {
    "documentId": f'"inv_{key(INVOICE).hex}"',
    "to": '"client@mail.test"',
}
"""Values for input fields of mutations that need an existing id or a valid value."""


def mutation(line: GatedCoordinate) -> Case:
    """A gated mutation in company A, with the required input fields."""
    (path,) = line.paths
    (step,) = path.steps
    input_ = named_of(printed_schema().type_map["Mutation"].fields[step.name].args["input"].type)
    needed = [name for name, member in input_.fields.items() if is_required_input_field(member)]
    given = ", ".join(
        f"{name}: {GIVEN.get(name) or _argument(input_.fields[name].type, ())}"
        for name in dict.fromkeys((*needed, "companyId"))
    )
    return Case(f"mutation {{ at0: {step.name}(input: {{{given}}}) {{ errors {{ code }} }} }}", {})


def alone(line: GatedCoordinate, path: Reached) -> Case:
    """A document over one path of a line."""
    return Case(_document(line, (path,), "company"), {})


def _batches(paths: Sequence[Reached]) -> list[tuple[Reached, ...]]:
    return [tuple(paths[start : start + AT_ONCE]) for start in range(0, len(paths), AT_ONCE)]


def payload(line: GatedCoordinate) -> Walk | None:
    """The first path of a line below a mutation's payload."""
    if line.kind in ROOTS:
        return None
    below = [path for path in line.paths if NODE not in path.steps and not path.live][:1]
    return Walk(line, Case(PAYLOAD % _below(line, below[0]), {}), tuple(below)) if below else None


def subscription(line: GatedCoordinate) -> Walk | None:
    """The first path of a line that leads through the permission matrix, below the subscription's field."""
    if line.kind is CoordinateKind.SUBSCRIPTION:
        path = Reached((Step("permissionMatrix"),))
        return Walk(line, Case(LIVE % "__typename", {}), (path,))
    for path in line.paths:
        first, *rest = path.steps
        if first.name == "permissionMatrix" and rest and not path.given:
            below = _below(line, path).removeprefix("permissionMatrix { ").removesuffix(" }")
            return Walk(line, Case(LIVE % below, {}), (path,))
    return None


def live_input(line: GatedCoordinate) -> Case | None:
    """A subscription that uses a gated input; None for a line that is no input of subscriptions."""
    for path in line.paths:
        if path.live:
            (step,), (argument, value) = path.steps, path.given
            asked = f"{step.name}(companyId: {HERE}, {argument}: [{value}])"
            return Case(f"subscription {{ at0: {asked} {{ __typename }} }}", {})
    return None


def of_companies(line: GatedCoordinate) -> Iterator[tuple[str, Reached]]:
    """The selection on a company for each path of a line."""
    for path in line.paths:
        if not path.given and NODE not in path.steps and line.kind not in ROOTS:
            yield _below(line, path), path


def shown_at(line: GatedCoordinate, path: Reached, company: Any) -> list[Any]:
    """The values at the end of a path in a company's part of an answer."""
    return Walk(line, Case("", {}), (path,)).shown({"at0": company})


def _document(line: GatedCoordinate, paths: Sequence[Reached], entrance: str) -> str:
    return "{ " + " ".join(f"at{n}: {_root(line, path, entrance)}" for n, path in enumerate(paths)) + " }"


def _root(line: GatedCoordinate, path: Reached, entrance: str) -> str:
    if path.steps[:1] == (NODE,):
        type_ = (path.steps[1].on if len(path.steps) > 1 else None) or line.type_name
        ids = ", ".join(f'"{id_}"' for id_ in ids_of(str(prefix_of(type_)))[:40])
        return f"nodes(ids: [{ids}]) {{ {_below(line, path)} }}"
    return ENTRANCES[entrance] % _below(line, path)


def _below(line: GatedCoordinate, path: Reached) -> str:
    """The selection of a path on a company, or on a node."""
    steps, type_ = path.steps, printed_schema().type_map["Company"]
    fields: list[tuple[Step, Any]] = []
    for step in steps:
        if step == NODE:
            type_ = printed_schema().type_map["Node"]
            continue
        parent = printed_schema().type_map[step.on] if step.on else type_
        fields.append((step, parent.fields[step.name]))
        type_ = named_of(fields[-1][1].type)
    text = _tail(type_)
    for place, (step, field) in reversed(list(enumerate(fields))):
        given = path.given if place == len(fields) - 1 else ()
        text = f"{step.name}{_arguments(field, given)}{text and f' {text}'}"
        text = f"... on {step.on} {{ {text} }}" if step.on else text
        text = f"{{ {text} }}" if place else text
    return text.removeprefix("{ ").removesuffix(" }") if not fields else text


def _tail(type_: Any) -> str:
    """The selection of a value at the end of a path."""
    if is_leaf(type_):
        return ""
    return "{ totalCount nodes { __typename } }" if type_.name.endswith("Connection") else "{ __typename }"


def _arguments(field: Any, given: tuple[str, ...]) -> str:
    written = {
        name: ASKED.get(name) or _argument(declared.type, given[1:] if given[:1] == (name,) else ())
        for name, declared in field.args.items()
        if given[:1] == (name,) or is_required_argument(declared)
    }
    return "(" + ", ".join(f"{name}: {value}" for name, value in written.items()) + ")" if written else ""


def _argument(type_: Any, given: tuple[str, ...]) -> str:
    named = named_of(type_)
    match named:
        case GraphQLEnumType():
            value = given[0] if given else next(iter(named.values))
        case GraphQLInputObjectType() if named.name not in SAMPLES:
            members = list(named.fields)
            name = given[0] if given else "isNull" if "isNull" in members else members[0]
            value = f"{{{name}: {_argument(named.fields[name].type, given[1:])}}}"
        case _:
            value = SAMPLES[named.name]
    return f"[{value}]" if is_list(type_) else value


def _keys(path: Reached) -> list[str]:
    return [step.name for step in path.steps if step != NODE]


def _values(value: Any, keys: Sequence[str]) -> Iterator[Any]:
    """The values at the end of a path of keys, through lists and the root path; nulls are left out."""
    match value:
        case None:
            return
        case list():
            for item in value:  # pyright: ignore[reportUnknownVariableType]
                yield from _values(item, keys)
        case dict() if keys and keys[0] in value:
            yield from _values(value[keys[0]], keys[1:])
        case dict() if keys and len(value) == 1 and next(iter(value)) in ("viewer", "companies", "nodes"):  # pyright: ignore[reportUnknownArgumentType]
            yield from _values(next(iter(value.values())), keys)  # pyright: ignore[reportUnknownArgumentType]
        case dict() if keys:
            return
        case _:
            yield value
