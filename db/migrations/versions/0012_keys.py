"""API keys and view-as tokens: two more kinds of credential."""

import sqlalchemy as sa
from alembic import op

from db.migrations.shorthand import flag, words

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

CHECKS = {
    "kind": "kind in ('SESSION', 'API_KEY', 'VIEW_AS')",
    "hidden_fields": "hidden_fields in ('NULL', 'ERROR', 'ABSENT')",
    "key_is_whole": (
        "case kind when 'API_KEY' then label is not null and last4 is not null and hidden_fields is not null "
        "else label is null and last4 is null and hidden_fields is null end"
    ),
    "view_as_has_membership": "(kind = 'VIEW_AS') = (membership_id is not null)",
    "session_has_no_company": "kind = 'API_KEY' or (kind = 'VIEW_AS') = (company_id is not null)",
    "view_as_only_reads": "read_only or kind <> 'VIEW_AS'",
}


def upgrade() -> None:
    """Add what they need."""
    for name in ("label", "last4", "hidden_fields"):
        op.add_column("credential", words(name, nullable=True))
    op.add_column("credential", flag("read_only"))
    for name in ("company_id", "membership_id"):
        op.add_column("credential", sa.Column(name, sa.Uuid(), nullable=True))
    op.drop_constraint(op.f("ck_credential_kind"), "credential", type_="check")
    for name, condition in CHECKS.items():
        _constrain(f"ck_credential_{name}", f"check ({condition})")
    _constrain("fk_credential_company_id", "foreign key (company_id) references company (id) on delete cascade")
    _constrain(
        "fk_credential_company_id_membership_id",
        "foreign key (company_id, membership_id) references membership (company_id, id) on delete cascade",
    )
    op.create_index("ix_credential_company_id", "credential", ["company_id", "membership_id"])


def _constrain(name: str, what: str) -> None:
    op.execute(f"alter table credential add constraint {name} {what} not valid")
    op.execute(f"alter table credential validate constraint {name}")


def downgrade() -> None:
    """There is no way back: the rows would be lost."""
    raise NotImplementedError("a database goes forward only")
