"""Presets: sets of apps with a name, which owners give to users."""

from db.declarations import Index
from db.tables.metadata import holds, mask, reading_index, tenant_table, words, written

access_preset = tenant_table(
    "access_preset",
    words("name"),
    mask("apps"),
    *written(),
    Index(
        "uq_access_preset_company_id_name",
        "company_id",
        "name",
        unique=True,
        where="deleted_at is null",
    ),
    info=holds(order="name", AccessPreset={}),
)

reading_index(access_preset, "name")
