"""Requests for access: what users ask the owners for, and what became of it."""

from db.declarations import Column, ForeignKey, Index, Text, Uuid
from db.tables.metadata import holds, index, loose_key, one_of, reference, stamp, tenant_table, words

access_request = tenant_table(
    "access_request",
    Column("user_id", Uuid, nullable=False),
    Column("app_id", Text, ForeignKey("app.id"), nullable=False),
    words("reason"),
    words("state", default="OPEN"),
    stamp("created_at"),
    stamp("decided_at", nullable=True),
    loose_key("decided_by", nullable=True),
    stamp("until", nullable=True),
    one_of("state", "OPEN", "GRANTED", "DECLINED"),
    reference("user_id", "membership", ondelete="CASCADE"),
    Index(
        "uq_access_request_open",
        "company_id",
        "user_id",
        "app_id",
        unique=True,
        where="state = 'OPEN'",
    ),
    info=holds(order="-created_at", private="user_id", owners=True, AccessRequest={}),
)
index(access_request, "created_at", "id")
index(access_request, "user_id", "created_at", "id")
"""`decided_by` is an account. A trigger answers an open request when its toggle is switched on or its user is deleted,
by whatever does that."""
