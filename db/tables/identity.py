"""Who people are and where they may enter: accounts, companies, memberships (external users included), credentials."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

from db.tables.metadata import APPS, NO_APPS, holds, key, mask, metadata, moment, stamp, tenant_table, words

installation = Table(
    "installation",
    metadata,
    Column("one", SmallInteger, nullable=False, server_default=text("1")),
    Column("demo", Boolean, nullable=False, server_default=text("false")),
    stamp("created_at"),
    PrimaryKeyConstraint("one"),
    CheckConstraint("one = 1", name="one_row"),
)

account = Table(
    "account",
    metadata,
    key(timeless=True),
    words("email"),
    words("password_hash", nullable=True),
    words("first_name"),
    words("last_name"),
    words("language", default="FR"),
    words("kind", default="MEMBER"),
    words("office_name", nullable=True),
    Column("confirmed", Boolean, nullable=False, server_default=text("false")),
    stamp("created_at"),
    PrimaryKeyConstraint("id"),
    CheckConstraint("kind in ('MEMBER', 'ACCOUNTANT', 'SUPPORT')", name="kind"),
    CheckConstraint("language in ('FR', 'NL', 'EN', 'DE')", name="language"),
    CheckConstraint("email = lower(email)", name="email_lower"),
    Index("uq_account_email", "email", unique=True),
    info=holds(order="email", Account={}),
)

company = Table(
    "company",
    metadata,
    key(timeless=True),
    words("name"),
    words("vat_number", nullable=True),
    words("enterprise_number", nullable=True),
    words("legal_form", nullable=True),
    words("street", nullable=True),
    words("street_number", nullable=True),
    words("postcode", nullable=True),
    words("city", nullable=True),
    words("country", default="BE"),
    words("phone", nullable=True),
    words("email", nullable=True),
    words("website", nullable=True),
    words("iban", nullable=True),
    Column("further_ibans", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    words("language", default="FR"),
    words("currency", default="EUR"),
    words("plan", default="FREE"),
    mask("mask", server_default=NO_APPS),
    Column("access_version", Integer, nullable=False, server_default=text("1")),
    stamp("created_at"),
    stamp("support_until", nullable=True),
    stamp("closes_at", nullable=True),
    PrimaryKeyConstraint("id"),
    CheckConstraint("plan in ('FREE', 'PRO', 'PREMIUM')", name="plan"),
    CheckConstraint("language in ('FR', 'NL', 'EN', 'DE')", name="language"),
    moment("support_until"),
    info=holds(order="name", Company={}),
)
"""`mask`: the apps that are active for the company, base modules and parts included.

`support_until`: the switch that lets support in. It is on until then; null: it is off. Support enters by memberships
that end with it, one for each support account.
`closes_at`: the company has no owner, and nobody enters it from then on: every membership has that moment as its term
at the latest. Null as long as there is an owner, or who stands in for the first one."""

membership = tenant_table(
    "membership",
    words("company_name"),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False),
    words("role", nullable=True),
    Column("external", Boolean, nullable=False, server_default=text("false")),
    words("first_name"),
    words("last_name"),
    words("language", default="FR"),
    mask("toggles", server_default=NO_APPS),
    mask(
        "mask",
        server_default=Computed(
            f"case when external or role = 'OWNER' then ~ repeat('0', {APPS})::bit({APPS}) else toggles end",
            persisted=True,
        ),
    ),
    Column("created_by_accountant", Boolean, nullable=False, server_default=text("false")),
    Column("stands_in", Boolean, nullable=False, server_default=text("false")),
    stamp("created_at"),
    stamp("accepted_at", nullable=True),
    stamp("until", nullable=True),
    stamp("removed_at", nullable=True),
    CheckConstraint("external = (role is null)", name="external_has_no_role"),
    CheckConstraint("role in ('OWNER', 'EMPLOYEE')", name="role"),
    moment("until"),
    CheckConstraint("language in ('FR', 'NL', 'EN', 'DE')", name="language"),
    Index(
        "uq_membership_company_id_account_id",
        "company_id",
        "account_id",
        unique=True,
        postgresql_where=text("removed_at is null"),
    ),
    Index("ix_membership_account_id", "account_id", "company_id"),
    Index("ix_membership_account_id_company_name", "account_id", "company_name", "company_id"),
    timeless=True,
    info=holds(order="last_name", ended="removed_at", User={"external": False}, ExternalUser={"external": True}),
)
"""One row per person and company. A member has a role; an external user has none and reaches all active apps.

`toggles` is what an owner granted (kept while its bearer is an owner), `mask` what follows from it: effective access
is `company.mask & membership.mask`.
`stands_in`: an accountant who created the company, as long as no owner has come: who sees its users and invites them.
Until `accepted_at` is set and from `until` or `removed_at` on, a row gives nothing.
`company_name` is a copy that two triggers keep, so that the companies of an account with thousands of them are read in
their order, a page at a time."""

credential = Table(
    "credential",
    metadata,
    key(),
    Column("token_hash", LargeBinary, nullable=False),
    Column("account_id", Uuid, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    words("kind", default="SESSION"),
    words("user_agent", nullable=True),
    stamp("created_at"),
    stamp("last_used_at", nullable=True),
    stamp("expires_at"),
    stamp("ends_at", nullable=True),
    words("label", nullable=True),
    words("last4", nullable=True),
    words("hidden_fields", nullable=True),
    Column("read_only", Boolean, nullable=False, server_default=text("false")),
    Column("company_id", Uuid, ForeignKey("company.id", ondelete="CASCADE"), nullable=True),
    Column("membership_id", Uuid, nullable=True),
    Column("closed", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    PrimaryKeyConstraint("id"),
    ForeignKeyConstraint(
        ["company_id", "membership_id"], ["membership.company_id", "membership.id"], ondelete="CASCADE"
    ),
    CheckConstraint("kind in ('SESSION', 'API_KEY', 'VIEW_AS')", name="kind"),
    CheckConstraint("hidden_fields in ('NULL', 'ERROR', 'ABSENT')", name="hidden_fields"),
    CheckConstraint(
        "case kind when 'API_KEY' then label is not null and last4 is not null and hidden_fields is not null "
        "else label is null and last4 is null and hidden_fields is null end",
        name="key_is_whole",
    ),
    CheckConstraint("(kind = 'VIEW_AS') = (membership_id is not null)", name="view_as_has_membership"),
    CheckConstraint("kind = 'API_KEY' or (kind = 'VIEW_AS') = (company_id is not null)", name="session_has_no_company"),
    CheckConstraint("read_only or kind <> 'VIEW_AS'", name="view_as_only_reads"),
    Index("uq_credential_token_hash", "token_hash", unique=True),
    Index("ix_credential_account_id", "account_id"),
    Index("ix_credential_company_id", "company_id", "membership_id"),
    info=holds(order="-created_at", Session={"kind": "SESSION"}, ApiKey={"kind": "API_KEY"}),
)
"""What a caller may show to be somebody; only the SHA-256 of a token is stored.

It works until `expires_at`, which moves on while a session is used, up to `ends_at` (null: without end), and which is
`infinity` for a key without end. An API key is bound to `company_id`, or to none; with a VIEW_AS the owner `account_id`
looks at that company as the one membership. It is the account's, whatever company it names.

`closed`: the companies that a key bound to none opens no more, whatever becomes of the account's part in them."""

attempt = Table(
    "attempt",
    metadata,
    key(),
    Column("bucket", LargeBinary, nullable=False),
    stamp("at"),
    PrimaryKeyConstraint("id"),
    Index("ix_attempt_bucket_at", "bucket", "at"),
    prefixes=["UNLOGGED"],
)
"""Tries that failed, for the limits on them; a bucket is the SHA-256 of what is limited, so no address stands here.
Lost when the server crashes, which only resets the limits."""

known_place = Table(
    "known_place",
    metadata,
    Column("account_id", Uuid, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("place", LargeBinary, nullable=False),
    stamp("used_at"),
    PrimaryKeyConstraint("account_id", "place"),
)
"""From where an account signed in: the SHA-256 of the account and a network, the last twenty. A right password from
there is not refused for what others tried."""
