"""Accounts, companies, memberships (external users included) and credentials."""

from db import masks
from db.declarations import (
    Array,
    Boolean,
    Check,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKey,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from db.tables.metadata import (
    APPS,
    NO_APP,
    holds,
    key,
    mask,
    metadata,
    moment,
    stamp,
    stored_key,
    tenant_table,
    words,
)

installation = Table(
    "installation",
    metadata,
    Column("one", SmallInteger, nullable=False, default="1"),
    Column("demo", Boolean, nullable=False, default="false"),
    stamp("created_at"),
    PrimaryKey("one"),
    Check("one = 1", name="one_row"),
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
    Column("confirmed", Boolean, nullable=False, default="false"),
    stamp("created_at"),
    PrimaryKey("id"),
    Check("kind in ('MEMBER', 'ACCOUNTANT', 'SUPPORT')", name="kind"),
    Check("language in ('FR', 'NL', 'EN', 'DE')", name="language"),
    Check("email = lower(email)", name="email_lower"),
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
    Column("further_ibans", Array(Text()), nullable=False, default="'{}'"),
    words("language", default="FR"),
    words("currency", default="EUR"),
    words("plan", default="FREE"),
    stamp("trial_ends_at", nullable=True),
    mask("mask", default=masks.NO_APPS),
    mask("plan_mask", default=masks.NO_APPS),
    Column("access_version", Integer, nullable=False, default="1"),
    stamp("created_at"),
    stamp("support_until", nullable=True),
    stamp("closes_at", nullable=True),
    PrimaryKey("id"),
    Check("plan in ('FREE', 'PRO', 'PREMIUM')", name="plan"),
    Check("language in ('FR', 'NL', 'EN', 'DE')", name="language"),
    moment("support_until"),
    moment("trial_ends_at"),
    info=holds(order="name", Company={}),
)
"""`mask`: the apps that are active for the company, base modules and parts included. `plan_mask`: those of them that
the plan has, kept by a trigger; the others sleep, except in the trial (`resolvers/plans.py`).
`trial_ends_at`: until then the plan counts as PREMIUM; null: there was no trial.

`support_until`: the switch that lets support in is on until then; null: it is off. Support enters by memberships that
end with it, one for each support account.
`closes_at`: the company has no owner and closes then: every membership has that moment as its term at the latest. Null
while there is an owner, or an accountant who stands in for the first one."""

membership = tenant_table(
    "membership",
    words("company_name"),
    stored_key("company_name"),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False),
    words("role", nullable=True),
    Column("external", Boolean, nullable=False, default="false"),
    words("first_name"),
    words("last_name"),
    stored_key("last_name"),
    words("language", default="FR"),
    mask("toggles", default=masks.NO_APPS),
    mask(
        "mask",
        computed=f"case when external or role = 'OWNER' then ~ repeat('0', {APPS})::bit({APPS}) else toggles end",
    ),
    mask("lent", default=NO_APP),
    stamp("lent_until", nullable=True),
    Column("created_by_accountant", Boolean, nullable=False, default="false"),
    Column("stands_in", Boolean, nullable=False, default="false"),
    stamp("created_at"),
    stamp("accepted_at", nullable=True),
    stamp("until", nullable=True),
    stamp("removed_at", nullable=True),
    Check("external = (role is null)", name="external_has_no_role"),
    Check("role in ('OWNER', 'EMPLOYEE')", name="role"),
    moment("until"),
    Check("language in ('FR', 'NL', 'EN', 'DE')", name="language"),
    Index(
        "uq_membership_company_id_account_id",
        "company_id",
        "account_id",
        unique=True,
        where="removed_at is null",
    ),
    Index("ix_membership_account_id", "account_id", "company_id"),
    Index("ix_membership_lent_until", "lent_until", where="lent_until is not null"),
    timeless=True,
    info=holds(order="last_name", ended="removed_at", User={"external": False}, ExternalUser={"external": True}),
)
"""One row per person and company. A member has a role; an external user has none and reaches all active apps.

`toggles` has the apps that an owner granted (kept while the user is an owner), `mask` those that follow from it:
effective access is these and the company's apps that are awake.
`lent` has the toggles that were granted until a moment, `lent_until` is the first of these moments: from then on none
of them counts, until the ends are written (`resolvers/execution/lapses.py`).
`stands_in`: the accountant who created the company, while no owner has come; sees its users and invites owners.
A row gives no access until `accepted_at` is set, nor from `until` or `removed_at` on.
`company_name` is a copy that two triggers keep, so that the companies of an account with thousands of them are read in
their order, a page at a time."""

membership.add(Index("ix_membership_account_id_company_name_key", "account_id", "company_name_key", "company_id"))

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
    Column("read_only", Boolean, nullable=False, default="false"),
    Column("company_id", Uuid, ForeignKey("company.id", ondelete="CASCADE"), nullable=True),
    Column("membership_id", Uuid, nullable=True),
    Column("closed", Array(Uuid()), nullable=False, default="'{}'"),
    mask("apps", default=masks.ALL_APPS),
    PrimaryKey("id"),
    ForeignKeyConstraint(
        ["company_id", "membership_id"], ["membership.company_id", "membership.id"], ondelete="CASCADE"
    ),
    Check("kind in ('SESSION', 'API_KEY', 'VIEW_AS')", name="kind"),
    Check("hidden_fields in ('NULL', 'ERROR', 'ABSENT')", name="hidden_fields"),
    Check(
        "case kind when 'API_KEY' then label is not null and last4 is not null and hidden_fields is not null "
        "else label is null and last4 is null and hidden_fields is null end",
        name="key_is_whole",
    ),
    Check("(kind = 'VIEW_AS') = (membership_id is not null)", name="view_as_has_membership"),
    Check("kind = 'API_KEY' or (kind = 'VIEW_AS') = (company_id is not null)", name="session_has_no_company"),
    Check("read_only or kind <> 'VIEW_AS'", name="view_as_only_reads"),
    Check(f"kind = 'API_KEY' or apps = {masks.ALL_APPS}", name="only_keys_name_apps"),
    Index("uq_credential_token_hash", "token_hash", unique=True),
    Index("ix_credential_account_id", "account_id"),
    Index("ix_credential_company_id", "company_id", "membership_id"),
    info=holds(order="-created_at", Session={"kind": "SESSION"}, ApiKey={"kind": "API_KEY"}),
)
"""Sessions, API keys and view-as tokens; only the SHA-256 of a token is stored.

A credential is valid until `expires_at`: use of a session moves it on, up to `ends_at` (null: without end); it is
`infinity` for a key without end. An API key is bound to `company_id`, or to no company. With a VIEW_AS the owner
`account_id` sees that company as the one membership does. A credential always belongs to the account.

`closed`: the companies that a key without `company_id` no longer opens, also after a new membership there.
`apps`: the apps that a key was narrowed to, API_ACCESS among them; every bit, also of apps to come, if it was not."""

attempt = Table(
    "attempt",
    metadata,
    key(),
    Column("bucket", LargeBinary, nullable=False),
    stamp("at"),
    PrimaryKey("id"),
    Index("ix_attempt_bucket_at", "bucket", "at"),
    unlogged=True,
)
"""Counted tries, for the limits in `resolvers/mutations/steps/attempts.py`. A bucket is the SHA-256 of the limited
thing, so no address is stored. The table is lost when the server crashes, which only resets the limits."""

known_place = Table(
    "known_place",
    metadata,
    Column("account_id", Uuid, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("place", LargeBinary, nullable=False),
    stamp("used_at"),
    PrimaryKey("account_id", "place"),
)
"""The last twenty networks from which an account signed in, each as the SHA-256 of account and network. From there the
right password works whatever strangers have tried."""
