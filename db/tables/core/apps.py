"""The catalogue of apps in the database, written from that of the schema by each migration (`db/app_catalogue.py`)."""

from db.declarations import Boolean, Column, ForeignKey, Index, PrimaryKey, SmallInteger, Table, Text
from db.tables.metadata import holds, metadata, words

app = Table(
    "app",
    metadata,
    words("id"),
    Column("position", SmallInteger, nullable=False),
    Column("rank", SmallInteger, nullable=False),
    words("kind"),
    words("category", nullable=True),
    Column("always_visible", Boolean, nullable=False),
    words("plan"),
    PrimaryKey("id"),
    Index("uq_app_position", "position", unique=True),
    info=holds(order="rank", catalogue=True, AppInfo={}),
)
"""`position`: the app's bit in the permission masks; `rank`: its place in the catalogue."""

app_requirement = Table(
    "app_requirement",
    metadata,
    Column("app_id", Text, ForeignKey("app.id"), nullable=False),
    Column("requires_app_id", Text, ForeignKey("app.id"), nullable=False),
    PrimaryKey("app_id", "requires_app_id"),
)

app_text = Table(
    "app_text",
    metadata,
    Column("app_id", Text, ForeignKey("app.id"), nullable=False),
    words("language"),
    words("label"),
    words("description"),
    PrimaryKey("app_id", "language"),
)
