"""The oracle's answers to `previewAccess`: every coordinate judged before and after, by the rules of a cell."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any, Final

from graphql import GraphQLEnumType, GraphQLObjectType, is_introspection_type

from schema.apps import CATALOGUE, App
from schema.roles import Role
from tests.differential.data.dataset import bits
from tests.differential.oracle.core import named_of
from tests.differential.oracle.gating import field_gates, own_gates, printed_schema, type_gates
from tests.differential.oracle.items import Arguments, Item, Oracle, Resolver
from tests.differential.oracle.lists import global_id
from tests.differential.oracle.world import Scope, has_bit, is_on
from tests.differential.special.access import opening_keys


def _preview(oracle: Oracle, item: Item, arguments: Arguments) -> Any:
    """Operations are left out: the bench has no manifest."""
    company = item.row
    people: list[Any] = []
    keys: list[Any] = []
    asked: dict[str, dict[App, bool]] = {}
    asked_for: list[dict[str, Any]] = arguments.get("changes") or []
    for one in asked_for:
        app, given = App(one["app"]), one["granted"]
        if not CATALOGUE[app].always_visible:
            switched = asked.setdefault(one["userId"], {})
            switched[app] = given and switched.get(app, True)  # whatever takes away wins
    for id_, switched in asked.items():
        for row in oracle.world.rows("membership", company_id=company["id"], removed_at=None, role="EMPLOYEE"):
            if global_id("User", row["id"]) == id_:
                toggled = [app for app in App if switched.get(app, is_on(row, app))]
                after = {**row, "toggles": bits(toggled), "lent_until": None}
                before_scope, after_scope = Scope(company, row), Scope(company, after)
                if any(before_scope.reaches(app) != after_scope.reaches(app) for app in App):
                    people.append(
                        {
                            "user": Item("User", row, item.scope),
                            "gained": _listed(after_scope.reaches, before_scope.reaches),
                            "lost": _listed(before_scope.reaches, after_scope.reaches),
                        }
                    )
                    keys += _keys(oracle, item, before_scope, after_scope)
    return {"people": people, "operations": [], "apiKeys": keys}


def _keys(oracle: Oracle, item: Item, before: Scope, after: Scope) -> list[Any]:
    found: list[Any] = []
    for key in sorted(opening_keys(oracle, item, {}), key=lambda key: key.row["id"]):
        if key.row["account_id"] != before.membership["account_id"]:
            continue

        def reached(app: App, scope: Scope, mask: Any = key.row["apps"]) -> bool:
            works = scope.reaches(App.API_ACCESS) and has_bit(mask, App.API_ACCESS)
            return works and scope.reaches(app) and has_bit(mask, app)

        if not reached(App.API_ACCESS, before):
            continue
        if any(reached(app, before) and not reached(app, after) for app in App):
            lost = _listed(partial(reached, scope=before), partial(reached, scope=after))
            found.append({"apiKey": key, "lost": lost})
    return found


def _listed(sees: Callable[[App], bool], looks: Callable[[App], bool]) -> list[Any]:
    """What is seen by the apps for which `sees` is true, and not by those for which `looks` is."""
    found: dict[str, list[str]] = {}
    seen, unseen = {app for app in App if sees(app)}, {app for app in App if looks(app)}
    for type_name, name, gates in _coordinates():
        apps = {gate for gate in gates if isinstance(gate, App) and not CATALOGUE[gate].always_visible}
        if Role.OWNER not in gates and apps <= seen and not apps <= unseen:
            found.setdefault(type_name, []).append(name)
    return [{"type": type_name, "names": sorted(names)} for type_name, names in sorted(found.items())]


@cache
def _coordinates() -> list[tuple[str, str, set[Any]]]:
    return [*_found_coordinates()]


def _found_coordinates() -> Iterator[tuple[str, str, set[Any]]]:
    types = printed_schema().type_map
    returned = {
        named_of(field.type).name
        for type_ in types.values()
        for field in getattr(type_, "fields", {}).values()
        if hasattr(field, "args")
    }
    for type_name, type_ in types.items():
        if isinstance(type_, GraphQLObjectType) and not is_introspection_type(type_):
            for name, field in type_.fields.items():
                yield type_name, name, {*type_gates(type_), *field_gates(field)}
        elif isinstance(type_, GraphQLEnumType) and type_name in returned:
            for name, value in type_.values.items():
                yield type_name, name, set(own_gates(value))


SPECIAL: Final[Mapping[str, Resolver]] = {"Company.previewAccess": _preview}
