"""The reference as JSON for the page that shows it: the types that the caller sees with their gates, the errors, the
settings.

Everything comes from what the product itself runs on: the schema, the closed lists of codes, the declared settings.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    introspection_from_schema,
    is_introspection_type,
    is_specified_scalar_type,
)

from gateway.http.error_catalogue import of_payloads, of_validation, top_level
from gateway.settings import Settings
from gateway.variables import text_of, variable_of
from resolvers.gates.coordinates import Typed, type_of
from resolvers.gates.needs import own_gates
from schema import schema
from schema.apps import CATALOGUE, app_label
from schema.errors import role_label
from schema.localization.language import Language
from schema.roles import Role

KINDS: Final[Mapping[type[GraphQLNamedType], str]] = {
    GraphQLObjectType: "type",
    GraphQLInterfaceType: "interface",
    GraphQLUnionType: "union",
    GraphQLInputObjectType: "input",
    GraphQLEnumType: "enum",
    GraphQLScalarType: "scalar",
}
"""The keyword of each kind of type in the schema's language."""


def reference_json(view: GraphQLSchema) -> bytes:
    """The reference for whoever sees this view of the schema."""
    return orjson.dumps(
        {
            "types": [_type(type_) for type_ in view.type_map.values() if _is_own(type_)],
            "errors": [
                {"list": name, **line._asdict()}
                for name, lines in (("top", top_level()), ("payload", of_payloads()), ("validation", of_validation()))
                for line in lines
            ],
            "settings": _settings(),
            "gates": _gate_labels(),
        }
    )


def introspection_json() -> bytes:
    """The answer to an introspection of the whole schema; the API shows each caller the part that they may see."""
    return orjson.dumps({"data": introspection_from_schema(schema.core)})


def _is_own(type_: GraphQLNamedType) -> bool:
    return not is_introspection_type(type_) and not is_specified_scalar_type(type_)


def _type(type_: GraphQLNamedType) -> Mapping[str, Any]:
    return {"kind": _kind(type_), **_described(type_.name, type_), **_filled(_members(type_))}


def _kind(type_: GraphQLNamedType) -> str:
    """The keyword that declares a type of this kind."""
    return next(keyword for kind, keyword in KINDS.items() if isinstance(type_, kind))


def _members(type_: GraphQLNamedType) -> Mapping[str, Any]:
    """The fields of a type, its values, or the types that it stands for."""
    match type_:
        case GraphQLObjectType() | GraphQLInterfaceType():
            fields = [_field(name, field) for name, field in type_.fields.items()]
            return {"fields": fields, "interfaces": [interface.name for interface in type_.interfaces]}
        case GraphQLInputObjectType():
            return {"fields": [_typed(name, member) for name, member in type_.fields.items()]}
        case GraphQLEnumType():
            return {"values": [_described(name, value) for name, value in type_.values.items()]}
        case GraphQLUnionType():
            return {"types": [one.name for one in type_.types]}
        case _:
            return {}


def _field(name: str, field: GraphQLField) -> Mapping[str, Any]:
    arguments = [_typed(argument, declared) for argument, declared in field.args.items()]
    return {**_typed(name, field), **_filled({"arguments": arguments})}


def _typed(name: str, declared: Typed) -> Mapping[str, Any]:
    return {**_described(name, declared), "type": str(type_of(declared))}


def _described(name: str, declared: Any) -> Mapping[str, Any]:
    """The name, description, gates and deprecation of anything in the schema."""
    gates = [gate.name for gate in own_gates(declared)]
    deprecated = getattr(declared, "deprecation_reason", None)
    return {"name": name, **_filled({"text": declared.description, "gates": gates, "deprecated": deprecated})}


def _filled(members: Mapping[str, Any]) -> Mapping[str, Any]:
    """The members that have a value, so that the reference stays small."""
    return {name: value for name, value in members.items() if value}


def _settings() -> Iterable[Mapping[str, str]]:
    """Each setting with its variable, its meaning and its default; one that depends on the machine has none."""
    return [
        {
            "name": variable_of(name, field),
            "text": field.description or "",
            "default": "" if field.default_factory is not None else text_of(field.default),
        }
        for name, field in Settings.model_fields.items()
    ]


def _gate_labels() -> Mapping[str, Mapping[str, str]]:
    """The names of each app and role for people, by language (ISO 639-1)."""
    named = {app.name: {language: app_label(app, language) for language in Language} for app in CATALOGUE}
    named |= {role.name: {language: role_label(role.name, language) for language in Language} for role in Role}
    return {
        gate: {language.name.lower(): label for language, label in labels.items()} for gate, labels in named.items()
    }
