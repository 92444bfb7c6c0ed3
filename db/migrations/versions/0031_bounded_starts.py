"""Texts are folded in linear time, and the indexes that find them whole have a bounded beginning of them.

Before, a row of an index could become larger than PostgreSQL allows, and its text could not be written.
"""

from alembic import op

from db.migrations.shorthand import drop_index_concurrently, index_concurrently
from db.text.functions import functions

in_steps = True
revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

START = 600

FOLDED = (
    ("contact", "name"),
    ("contact", "number"),
    ("document", "kind", "customer_name"),
    ("document", "kind", "number"),
    ("product", "name"),
    ("product", "number"),
)
"""Table, and columns of an index of which the last one is found."""

NUMBERS = (("document", "structured_communication"), ("product", "ean"))


def upgrade() -> None:
    """Replace the functions by faster ones with the same results, and the indexes while all is in use."""
    for function in functions():
        op.execute(function.replace(":", "\\:"))
    for table, *columns in FOLDED:
        *leading, last = ["company_id", *columns]
        on = f'{table} ({", ".join(leading)}, (left(folded({last}), {START}) collate "C"))'
        _replace(f"ix_{table}_company_id_{'_'.join(columns)}", "folded", "start", on)
    for table, number in NUMBERS:
        on = f'{table} (company_id, (left(bare_number({number}), {START}) collate "C")) where {number} is not null'
        _replace(f"ix_{table}_company_id_{number}", "bare", "bare_start", on)


def _replace(name: str, old: str, new: str, on: str) -> None:
    index_concurrently(f"{name}_{new}", on)
    drop_index_concurrently(f"{name}_{old}")


def downgrade() -> None:
    """There is no way back: a database goes forward only."""
    raise NotImplementedError("a database goes forward only")
