"""The page for the authors of clients names all types and entities that it is about."""

import re

from graphql import GraphQLObjectType

from schema import schema
from schema.roots.changes import ChangedEntity
from tests.support.databases import ROOT

PAGE = (ROOT / "gateway" / "CLIENTS.md").read_text(encoding="utf-8")
PARTS = ("Connection", "Edge", "Payload")
"""How the names of types end that the page names by their sort."""


def test_every_type_without_an_id_is_named() -> None:
    (line,) = re.findall(r"^- Pages, (.*?) have no id", PAGE, re.MULTILINE | re.DOTALL)
    core = schema.core
    objects = {one for one in core.type_map.values() if isinstance(one, GraphQLObjectType) and "id" not in one.fields}
    values = {one.name for one in objects - {core.query_type, core.mutation_type, core.subscription_type}}
    assert set(re.findall(r"`(\w+)`", line)) == {
        name for name in values if not name.endswith(PARTS) and name[:2] != "__"
    }


def test_every_entity_that_changes_has_its_type() -> None:
    (table,) = re.findall(r"^const TYPES = \{(.*?)\};", PAGE, re.MULTILINE | re.DOTALL)
    types = dict(re.findall(r'(\w+): "(\w+)"', table))
    assert types.keys() == {entity.name for entity in ChangedEntity}
    assert all(isinstance(schema.core.type_map.get(name), GraphQLObjectType) for name in types.values())
