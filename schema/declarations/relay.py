"""Relay's object identification and connections."""

from typing import Generic, TypeVar

import strawberry

from schema.declarations.fields import field
from schema.declarations.object_types import value

NodeType = TypeVar("NodeType")


@strawberry.interface(description="An object with a global id; `node` and `nodes` find it again.")
class Node:
    id: strawberry.ID = field("The global id.")


@value("Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = field("Whether rows follow this page.")
    has_previous_page: bool = field("Whether rows precede this page.")
    start_cursor: str | None = field("The cursor of the page's first row.")
    end_cursor: str | None = field("The cursor of the page's last row.")


@value("A row of a list with its place in it.")
class Edge(Generic[NodeType]):
    cursor: str = field("The row's place, for `after` and `before`.")
    node: NodeType = field("The row.")


@value("A page of a list.")
class Connection(Generic[NodeType]):
    edges: list[Edge[NodeType]] = field("The rows of the page, each with its cursor.")
    nodes: list[NodeType] = field("The rows of the page.")
    page_info: PageInfo = field("Where the page stands in the list.")
    total_count: int = field("How many rows the whole list has.")
