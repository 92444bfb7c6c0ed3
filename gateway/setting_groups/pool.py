"""The connections to the database, and the statements that these keep."""

from pydantic import Field

from gateway.setting_groups.group import SettingGroup


class ConnectionSettings(SettingGroup):
    """The connections to the database, and the statements that these keep."""

    pool_size: int = Field(
        default=0,
        ge=0,
        le=200,
        description="Database connections of each process; 0 is two per processor and three more.",
    )
    pool_share: int = Field(
        default=0,
        ge=0,
        le=200,
        description="How many of these one account (its sessions and keys together), or one address where nobody is "
        "signed in, may use at once, so that the others find some; 0 is a third of them, rounded up. Short reads "
        "may use all but one.",
    )
    pool_queue: int = Field(
        default=100,
        ge=1,
        le=10_000,
        description="Requests of one account or address that may wait in each process for a connection; more are "
        "refused with RATE_LIMITED.",
    )
    statement_cache: int = Field(
        default=500,
        ge=0,
        description="Prepared statements kept per connection at most. Behind PgBouncer in transaction mode 64, with "
        "version 1.21 or newer and max_prepared_statements = 64 there; 0, for other poolers, costs PostgreSQL 3 to 9 "
        "times as much.",
    )
    statement_memory: int = Field(
        default=32,
        ge=1,
        description="Megabytes that the prepared statements of one connection may take in PostgreSQL, by estimate.",
    )
    backend_memory: int = Field(
        default=128,
        ge=16,
        description="Megabytes from which a connection's process in PostgreSQL is replaced by a new one. Only a "
        "superuser or a member of pg_read_all_stats is told of them; for others a connection lives an hour.",
    )
