"""The first schema: accounts, companies and their permission matrix, contacts, products, documents.

Revision ID: 0001
Revises: nothing
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create all tables; btree_gist is for the temporal keys, which Alembic cannot write."""
    op.execute("create extension if not exists btree_gist")
    _create_account()
    _create_app()
    _create_company()
    _create_installation()
    _create_app_requirement()
    _create_app_text()
    _create_company_app()
    _create_contact()
    _create_credential()
    _create_membership()
    _copy_company_names()
    _create_product_group()
    _create_access_change()
    _create_app_grant()
    _create_contact_person()
    _create_document()
    _create_product()
    _create_document_line()


def _create_account() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default=sa.text("'FR'"), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("'MEMBER'"), nullable=False),
        sa.Column("office_name", sa.Text(), nullable=True),
        sa.Column("confirmed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True, precision=6),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("kind in ('MEMBER', 'ACCOUNTANT', 'SUPPORT')", name=op.f("ck_account_kind")),
        sa.CheckConstraint("language in ('FR', 'NL', 'EN', 'DE')", name=op.f("ck_account_language")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_account_email_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    op.create_index("uq_account_email", "account", ["email"], unique=True)


def _create_app() -> None:
    op.create_table(
        "app",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("always_visible", sa.Boolean(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app")),
    )
    op.create_index("uq_app_position", "app", ["position"], unique=True)


def _create_company() -> None:
    op.create_table(
        "company",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("vat_number", sa.Text(), nullable=True),
        sa.Column("enterprise_number", sa.Text(), nullable=True),
        sa.Column("legal_form", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("street_number", sa.Text(), nullable=True),
        sa.Column("postcode", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), server_default=sa.text("'BE'"), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("iban", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), server_default=sa.text("'FR'"), nullable=False),
        sa.Column("currency", sa.Text(), server_default=sa.text("'EUR'"), nullable=False),
        sa.Column("plan", sa.Text(), server_default=sa.text("'FREE'"), nullable=False),
        sa.Column(
            "mask", postgresql.BIT(length=256), server_default=sa.text("repeat('0', 256)::bit(256)"), nullable=False
        ),
        sa.Column("access_version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True, precision=6),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("language in ('FR', 'NL', 'EN', 'DE')", name=op.f("ck_company_language")),
        sa.CheckConstraint("plan in ('FREE', 'PRO', 'PREMIUM')", name=op.f("ck_company_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
    )


def _create_installation() -> None:
    op.create_table(
        "installation",
        sa.Column("one", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True, precision=6),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("one = 1", name=op.f("ck_installation_one_row")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_installation")),
    )


def _create_app_requirement() -> None:
    op.create_table(
        "app_requirement",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("requires_app_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["app_id"], ["app.id"], name=op.f("fk_app_requirement_app_id")),
        sa.ForeignKeyConstraint(["requires_app_id"], ["app.id"], name=op.f("fk_app_requirement_requires_app_id")),
        sa.PrimaryKeyConstraint("app_id", "requires_app_id", name=op.f("pk_app_requirement")),
    )


def _create_app_text() -> None:
    op.create_table(
        "app_text",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["app_id"], ["app.id"], name=op.f("fk_app_text_app_id")),
        sa.PrimaryKeyConstraint("app_id", "language", name=op.f("pk_app_text")),
    )


def _create_company_app() -> None:
    op.create_table(
        "company_app",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("valid", postgresql.TSTZRANGE(), server_default=sa.text("tstzrange(now(), null)"), nullable=False),
        sa.Column("activated_by", sa.Uuid(), nullable=True),
        sa.Column("deactivated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["activated_by"], ["account.id"], name=op.f("fk_company_app_activated_by")),
        sa.ForeignKeyConstraint(["app_id"], ["app.id"], name=op.f("fk_company_app_app_id")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_company_app_company_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["deactivated_by"], ["account.id"], name=op.f("fk_company_app_deactivated_by")),
    )
    op.execute("""
        alter table company_app
        add constraint pk_company_app primary key (company_id, app_id, valid without overlaps)
    """)
    op.create_index(
        "uq_company_app_open",
        "company_app",
        ["company_id", "app_id"],
        unique=True,
        postgresql_where=sa.text("upper_inf(valid)"),
    )


def _create_contact() -> None:
    op.create_table(
        "contact",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("sequence_number", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("vat_number", sa.Text(), nullable=True),
        sa.Column("is_customer", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("street_number", sa.Text(), nullable=True),
        sa.Column("postcode", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), server_default=sa.text("'BE'"), nullable=False),
        sa.Column("language", sa.Text(), server_default=sa.text("'FR'"), nullable=False),
        sa.Column("currency", sa.Text(), server_default=sa.text("'EUR'"), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("mobile", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("vat_exception", sa.Text(), nullable=True),
        sa.Column("payment_term_days", sa.Integer(), server_default=sa.text("30"), nullable=False),
        sa.Column("discount", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("discount_type", sa.Text(), nullable=True),
        sa.Column("settlement_discount", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("settlement_term_days", sa.Integer(), nullable=True),
        sa.Column("prospect_since", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=True),
        sa.Column("utm_source", sa.Text(), nullable=True),
        sa.Column("utm_medium", sa.Text(), nullable=True),
        sa.Column("utm_campaign", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True, precision=6),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_contact_company_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_contact")),
    )
    op.create_index("ix_contact_company_id_name", "contact", ["company_id", "name", "id"], unique=False)
    op.create_index("ix_contact_id", "contact", ["id"], unique=False)
    op.create_index("uq_contact_company_id_sequence_number", "contact", ["company_id", "sequence_number"], unique=True)


def _create_credential() -> None:
    op.create_table(
        "credential",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("'SESSION'"), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True, precision=6),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("last_used_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=True),
        sa.Column(
            "expires_at",
            postgresql.TIMESTAMP(timezone=True, precision=6),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("kind in ('SESSION')", name=op.f("ck_credential_kind")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_credential_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
    )
    op.create_index("ix_credential_account_id", "credential", ["account_id"], unique=False)
    op.create_index("uq_credential_token_hash", "credential", ["token_hash"], unique=True)


def _create_membership() -> None:
    op.create_table(
        "membership",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("company_name", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("external", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default=sa.text("'FR'"), nullable=False),
        sa.Column(
            "toggles", postgresql.BIT(length=256), server_default=sa.text("repeat('0', 256)::bit(256)"), nullable=False
        ),
        sa.Column(
            "mask",
            postgresql.BIT(length=256),
            sa.Computed(
                "case when external or role = 'OWNER' then ~ repeat('0', 256)::bit(256) else toggles end",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("created_by_accountant", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True, precision=6),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("accepted_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=True),
        sa.Column("until", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=True),
        sa.Column("removed_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=True),
        sa.CheckConstraint("language in ('FR', 'NL', 'EN', 'DE')", name=op.f("ck_membership_language")),
        sa.CheckConstraint("role in ('OWNER', 'EMPLOYEE')", name=op.f("ck_membership_role")),
        sa.CheckConstraint("external = (role is null)", name=op.f("ck_membership_external_has_no_role")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_membership_account_id")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_membership_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_membership")),
    )
    op.create_index("ix_membership_account_id", "membership", ["account_id", "company_id"], unique=False)
    op.create_index(
        "ix_membership_account_id_company_name",
        "membership",
        ["account_id", "company_name", "company_id"],
        unique=False,
    )
    op.create_index("ix_membership_id", "membership", ["id"], unique=False)
    op.create_index(
        "uq_membership_company_id_account_id",
        "membership",
        ["company_id", "account_id"],
        unique=True,
        postgresql_where=sa.text("removed_at is null"),
    )


def _copy_company_names() -> None:
    """Keep the copies of a company's name in its memberships.

    The lock makes a new membership wait for a renaming that is under way, and the other way round.
    """
    op.execute("""
        create function copy_company_name() returns trigger language plpgsql as $$
        begin
            select name into new.company_name from company where id = new.company_id for share;
            return new;
        end
        $$
    """)
    op.execute("""
        create trigger copy_company_name before insert on membership
        for each row execute function copy_company_name()
    """)
    op.execute("""
        create function copy_new_company_name() returns trigger language plpgsql as $$
        begin
            update membership set company_name = new.name where company_id = new.id;
            return null;
        end
        $$
    """)
    op.execute("""
        create trigger copy_new_company_name after update of name on company
        for each row when (old.name <> new.name) execute function copy_new_company_name()
    """)


def _create_product_group() -> None:
    op.create_table(
        "product_group",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("gl_account", sa.Text(), nullable=True),
        sa.Column("profit_margin", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_product_group_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_product_group")),
    )
    op.create_index("ix_product_group_company_id_name", "product_group", ["company_id", "name", "id"], unique=False)
    op.create_index("ix_product_group_id", "product_group", ["id"], unique=False)


def _create_access_change() -> None:
    op.create_table(
        "access_change",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "at",
            postgresql.TIMESTAMP(timezone=True, precision=6),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("membership_id", sa.Uuid(), nullable=True),
        sa.Column("app_id", sa.Text(), nullable=True),
        sa.Column("before", sa.Boolean(), nullable=True),
        sa.Column("after", sa.Boolean(), nullable=True),
        sa.Column("role_before", sa.Text(), nullable=True),
        sa.Column("role_after", sa.Text(), nullable=True),
        sa.Column("until", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name=op.f("fk_access_change_actor_id")),
        sa.ForeignKeyConstraint(["app_id"], ["app.id"], name=op.f("fk_access_change_app_id")),
        sa.ForeignKeyConstraint(
            ["company_id", "membership_id"],
            ["membership.company_id", "membership.id"],
            name=op.f("fk_access_change_company_id_membership_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_access_change_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_access_change")),
    )
    op.create_index("ix_access_change_company_id_at", "access_change", ["company_id", "at", "id"], unique=False)
    op.create_index("ix_access_change_id", "access_change", ["id"], unique=False)


def _create_app_grant() -> None:
    op.create_table(
        "app_grant",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("valid", postgresql.TSTZRANGE(), server_default=sa.text("tstzrange(now(), null)"), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["app_id"], ["app.id"], name=op.f("fk_app_grant_app_id")),
        sa.ForeignKeyConstraint(
            ["company_id", "membership_id"],
            ["membership.company_id", "membership.id"],
            name=op.f("fk_app_grant_company_id_membership_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["granted_by"], ["account.id"], name=op.f("fk_app_grant_granted_by")),
        sa.ForeignKeyConstraint(["revoked_by"], ["account.id"], name=op.f("fk_app_grant_revoked_by")),
    )
    op.execute("""
        alter table app_grant
        add constraint pk_app_grant primary key (company_id, membership_id, app_id, valid without overlaps)
    """)
    op.create_index(
        "uq_app_grant_open",
        "app_grant",
        ["company_id", "membership_id", "app_id"],
        unique=True,
        postgresql_where=sa.text("upper_inf(valid)"),
    )


def _create_contact_person() -> None:
    op.create_table(
        "contact_person",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("job_title", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "customer_id"],
            ["contact.company_id", "contact.id"],
            name=op.f("fk_contact_person_company_id_customer_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_contact_person_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_contact_person")),
    )
    op.create_index(
        "ix_contact_person_company_id_customer_id",
        "contact_person",
        ["company_id", "customer_id", "last_name", "id"],
        unique=False,
    )
    op.create_index("ix_contact_person_id", "contact_person", ["id"], unique=False)


def _create_document() -> None:
    op.create_table(
        "document",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("sequence_number", sa.Integer(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("expiration_date", sa.Date(), nullable=True),
        sa.Column("delivery_date", sa.Date(), nullable=True),
        sa.Column("order_reference", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("customer_name", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), server_default=sa.text("'FR'"), nullable=False),
        sa.Column("currency", sa.Text(), server_default=sa.text("'EUR'"), nullable=False),
        sa.Column("exchange_rate", sa.Numeric(precision=14, scale=6), server_default=sa.text("1"), nullable=False),
        sa.Column("vat_type", sa.Text(), server_default=sa.text("'EXCL'"), nullable=False),
        sa.Column("discount", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("discount_type", sa.Text(), nullable=True),
        sa.Column("settlement_discount", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("settlement_term_days", sa.Integer(), nullable=True),
        sa.Column("top_text", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("total_excl", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("total_vat", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("total_incl", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("total_incl_base", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("total_discount", sa.Numeric(precision=14, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("total_cost", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("total_profit", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("total_empty_goods", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("structured_communication", sa.Text(), nullable=True),
        sa.Column("locked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("source_document_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True, precision=6),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("kind in ('QUOTE', 'INVOICE', 'CREDIT_NOTE')", name=op.f("ck_document_kind")),
        sa.ForeignKeyConstraint(
            ["company_id", "customer_id"],
            ["contact.company_id", "contact.id"],
            name=op.f("fk_document_company_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "source_document_id"],
            ["document.company_id", "document.id"],
            name=op.f("fk_document_company_id_source_document_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_document_company_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_document_created_by")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_document")),
    )
    op.create_index(
        "ix_document_company_id_customer_id",
        "document",
        ["company_id", "customer_id", "kind", "date", "id"],
        unique=False,
    )
    op.create_index("ix_document_company_id_kind_date", "document", ["company_id", "kind", "date", "id"], unique=False)
    op.create_index(
        "ix_document_company_id_source_document_id", "document", ["company_id", "source_document_id"], unique=False
    )
    op.create_index("ix_document_id", "document", ["id"], unique=False)
    op.create_index("uq_document_company_id_kind_number", "document", ["company_id", "kind", "number"], unique=True)


def _create_product() -> None:
    op.create_table(
        "product",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("sequence_number", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("price", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.Column("vat_rate", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("vat_type", sa.Text(), server_default=sa.text("'EXCL'"), nullable=False),
        sa.Column("purchase_price", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("profit_margin", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("currency", sa.Text(), server_default=sa.text("'EUR'"), nullable=False),
        sa.Column("empty_goods_value", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("gl_account", sa.Text(), nullable=True),
        sa.Column("ean", sa.Text(), nullable=True),
        sa.Column("photo_url", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True, precision=6),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "group_id"],
            ["product_group.company_id", "product_group.id"],
            name=op.f("fk_product_company_id_group_id"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_product_company_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_product")),
    )
    op.create_index("ix_product_company_id_group_id", "product", ["company_id", "group_id", "name", "id"], unique=False)
    op.create_index("ix_product_company_id_name", "product", ["company_id", "name", "id"], unique=False)
    op.create_index("ix_product_id", "product", ["id"], unique=False)
    op.create_index("uq_product_company_id_sequence_number", "product", ["company_id", "sequence_number"], unique=True)


def _create_document_line() -> None:
    op.create_table(
        "document_line",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("date", sa.Date(), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("price", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.Column("vat_rate", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("discount", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("discount_type", sa.Text(), nullable=True),
        sa.Column("purchase_price", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("profit_amount", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("empty_goods_value", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("gl_account", sa.Text(), nullable=True),
        sa.Column("total_excl", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("total_vat", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("total_incl", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "document_id"],
            ["document.company_id", "document.id"],
            name=op.f("fk_document_line_company_id_document_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "product_id"],
            ["product.company_id", "product.id"],
            name=op.f("fk_document_line_company_id_product_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_document_line_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_document_line")),
    )
    op.create_index(
        "ix_document_line_company_id_product_id", "document_line", ["company_id", "product_id"], unique=False
    )
    op.create_index(
        "uq_document_line_company_id_document_id_position",
        "document_line",
        ["company_id", "document_id", "position"],
        unique=True,
    )
