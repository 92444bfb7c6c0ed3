"""Whatever is a thing has an id, so that a client's normalised cache keeps one copy of it and loses no update."""

from typing import Final

from graphql import GraphQLObjectType, is_introspection_type

from resolvers.gates.coordinates import type_of
from schema import schema

VALUES: Final = {
    "CurrencyFigures": "a part of its report, or of a month of it",
    "CurrencyTotals": "a part of its list, as the number of rows is",
    "DocumentTotals": "a part of its list, as the number of rows is",
    "AccessExplanation": "a judgement on a text that the client sent: it is made for one answer and never changes",
    "AccessPreview": "a judgement on changes that the client sent: it is made for one answer",
    "AccessPreviewKey": "a part of that judgement; its key has an id",
    "AccessPreviewOperation": "a part of that judgement; its user has an id",
    "AccessPreviewPerson": "a part of that judgement; its user has an id",
    "TypeCoordinates": "a part of that judgement",
    "Author": "a part of the row that it wrote: the name then; the user has an id",
    "Change": "an event: it names the entity of which a cache keeps a copy, and with that id would be taken for it",
    "Changes": "an event: the next one has other content",
    "LiveSubscription": "a root",
    "Mutation": "a root",
    "PageInfo": "a part of its page",
    "Query": "a root",
    "UserError": "a part of one payload",
}
"""The types without an id that are neither connection, edge nor payload, each with the reason."""

PARTS: Final = ("Connection", "Edge", "Payload", "Result")
"""Endings of types that are parts of one answer: a page, a row in it, the outcome of a mutation or of one item."""


def objects() -> dict[str, GraphQLObjectType]:
    found = schema.core.type_map
    return {
        name: type_
        for name, type_ in found.items()
        if isinstance(type_, GraphQLObjectType) and not is_introspection_type(type_)
    }


def test_each_type_has_an_id_or_a_reason_for_having_none() -> None:
    without = {name for name, type_ in objects().items() if "id" not in type_.fields and not name.endswith(PARTS)}
    assert without == VALUES.keys()


def test_an_id_is_an_id_and_never_null() -> None:
    for name, type_ in objects().items():
        if "id" in type_.fields:
            assert str(type_of(type_.fields["id"])) == "ID!", name


def test_what_node_finds_and_what_it_does_not() -> None:
    named = {name for name, type_ in objects().items() if any(of.name == "Node" for of in type_.interfaces)}
    things = {name for name, type_ in objects().items() if "id" in type_.fields} - named
    assert {"Company", "Invoice", "User", "ExternalUser"} <= named
    assert {"Viewer", "Access", "AppInfo", "PermissionMatrix", "PermissionRow", "PermissionCell", "Dashboard"} <= things
