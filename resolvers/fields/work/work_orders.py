"""Work orders: assignees, site and signature, and the maintenance plan that was made from one."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, equals, sql
from db.tables.work.work_orders import work_order_assignee
from resolvers.compilation.context import Row
from resolvers.compilation.joins import through, to_many, to_one
from resolvers.compilation.resolution import Leaf, Listing, Resolution, SameRow, ToOne
from resolvers.fields.company_settings import setting


def _site(row: Row, address: Row) -> tuple[Sql, ...]:
    """The link to the address if it is a site's: delivery addresses are in the same table, behind another gate."""
    return (*to_one("site_address_id")(row, address), equals(address["kind"], "SITE"))


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "WorkOrder.assignees": Listing(through(work_order_assignee, "work_order_id", "membership_id"), past=True),
    "WorkOrder.siteAddress": ToOne(_site),
    "WorkOrder.signature": SameRow(lambda row: row.rows, when=lambda row: sql("{} is not null", row["signed_at"])),
    "WorkOrderSignature.imageUrl": Leaf(lambda row, arguments: row["signature_url"]),
    "WorkOrder.maintenance": ToOne(to_many("source_work_order_id")),
    "Company.kilometreRate": setting("kilometre_rate"),
}

HOMES: Final[Mapping[str, str]] = {"WorkOrderSignature": "work_order"}
