"""Work orders: where and by whom they are done, and the maintenance plan that was made from one."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, equals, sql
from db.tables.work_orders import work_order_assignee
from resolvers.compilation import Row
from resolvers.links import pointed, pointing, through
from resolvers.resolution import Inline, Leaf, Listing, Reference, Resolution
from resolvers.settings import setting


def _site(row: Row, address: Row) -> tuple[Sql, ...]:
    """The address, if it is one of a site: those of deliveries stand in the same table, behind another gate."""
    return (*pointed("site_address_id")(row, address), equals(address["kind"], "SITE"))


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "WorkOrder.assignees": Listing(through(work_order_assignee, "work_order_id", "membership_id"), past=True),
    "WorkOrder.siteAddress": Reference(_site),
    "WorkOrder.signature": Inline(lambda row: row.rows, when=lambda row: sql("{} is not null", row["signed_at"])),
    "WorkOrderSignature.imageUrl": Leaf(lambda row, arguments: row["signature_url"]),
    "WorkOrder.maintenance": Reference(pointing("source_work_order_id")),
    "Company.kilometreRate": setting("kilometre_rate"),
}

HOMES: Final[Mapping[str, str]] = {"WorkOrderSignature": "work_order"}
