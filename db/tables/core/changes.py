"""The trail of writes: one row for each entity that a mutation created, changed, deleted or restored."""

from db.declarations import Array, Column, Index, LargeBinary, Text, TransactionId
from db.tables.metadata import Stamp, loose_key, one_of, tenant_table, words

change = tenant_table(
    "change",
    Column("xid", TransactionId, nullable=False, default="pg_current_xact_id()"),
    Column("at", Stamp, nullable=False, default="clock_timestamp()"),
    loose_key("actor_id", nullable=True),
    loose_key("credential_id", nullable=True),
    words("entity"),
    loose_key("key"),
    words("kind"),
    Column("fields", Array(Text()), nullable=False, default="'{}'"),
    words("operation"),
    words("idempotency_key", nullable=True),
    Column("input_hash", LargeBinary, nullable=True),
    one_of("kind", "CREATED", "CHANGED", "DELETED", "RESTORED"),
    Index(
        "uq_change_company_id_actor_id_operation_idempotency_key",
        "company_id",
        "actor_id",
        "operation",
        "idempotency_key",
        unique=True,
        where="idempotency_key is not null",
    ),
    Index("ix_change_company_id_xid_id", "company_id", "xid", "id"),
    node=False,
)
"""`entity` is the type of the row that was written and `key` its key, `fields` the names of the fields that changed,
`operation` the root field. `input_hash` is of the input as it was sent, for `idempotency_key`.

Readers go by `xid`, then `id`, up to the oldest transaction that still runs: an id tells when a row was made, and a
row that was committed late would be passed over. It refers to the company only: a lock on a credential or an account
would hold up its end."""
