"""The accounts of a company's general ledger."""

from db.declarations import Check, Index
from db.tables.metadata import holds, reading_index, tenant_table, words

gl_account = tenant_table(
    "gl_account",
    words("code"),
    words("name"),
    Check("code ~ '^[0-9]{6}$'", name="code"),
    Index("uq_gl_account_company_id_code", "company_id", "code", unique=True),
    info=holds(order="code", GlAccount={}),
)

reading_index(gl_account, "code")
