"""The components of composite products."""

from db.declarations import Check, Column, Integer, Uuid
from db.tables.metadata import Quantity, holds, index, reference, tenant_table

product_component = tenant_table(
    "product_component",
    Column("product_id", Uuid, nullable=False),
    Column("child_id", Uuid, nullable=False),
    Column("position", Integer, nullable=False),
    Column("quantity", Quantity, nullable=False),
    Check("child_id <> product_id", name="not_of_itself"),
    reference("product_id", "product", ondelete="CASCADE"),
    reference("child_id", "product"),
    info=holds(order="position", ProductComponent={}),
    node=False,
)
index(product_component, "product_id", "position")
index(product_component, "child_id")
