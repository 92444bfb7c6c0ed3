"""The database: its address, its replicas, the embedded server, the keys for secrets."""

from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr, field_validator

from db.lease import LONGEST_LAG, ReplicaSettings
from db.secrets import Keyring, is_key
from gateway.data_folder import default_data_folder
from gateway.setting_groups.group import SettingGroup

SCHEMES: Final = ("postgresql://", "postgres://")


def check_scheme(url: SecretStr | None) -> SecretStr | None:
    """The address of a database. Raises ValueError for one of something else."""
    if url is not None and not url.get_secret_value().startswith(SCHEMES):
        raise ValueError(f"has to begin with {SCHEMES[0]}")
    return url


class DatabaseSettings(SettingGroup):
    """The database: its address, its replicas, the embedded server, the keys for secrets."""

    database_url: SecretStr | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="A PostgreSQL 18 to use instead of the embedded one: postgresql://user:password@host/database.",
    )
    read_urls: SecretStr | None = Field(
        default=None,
        description="Hot standbys of DATABASE_URL that answer queries, with commas between them, each the address of "
        "one server; with them an answer to a write has the header Enfact-Position, and a query that sends it back "
        "sees the write. Name all of them in the primary's synchronous_standby_names, as in FIRST 2 (one, two): "
        "changes of access wait for these alone, and no other replica is asked. The database user needs "
        "pg_read_all_stats, as enfact grants prints it; enfact doctor looks at each.",
    )
    read_lag: float = Field(
        default=1.0,
        ge=0.1,
        le=LONGEST_LAG,
        description="Seconds by which a replica of ENFACT_READ_URLS may lag and still answer. Rights that are taken "
        "away are gone there at once; other changes may be seen so much later by those who have not written them.",
    )
    stale_reads: bool = Field(
        default=False,
        description="Whether the replicas of ENFACT_READ_URLS go on answering queries while the primary is away, with "
        "the header Enfact-Stale (seconds since it was last seen). Rights are then as old as that.",
    )
    data: Path = Field(
        default_factory=default_data_folder, description="The folder of the embedded PostgreSQL; made when missing."
    )
    pg_bin: Path | None = Field(
        default=None, description="A folder with PostgreSQL's programs, for the embedded server instead of its own."
    )
    secret_keys: SecretStr | None = Field(
        default=None,
        description="The keys that secrets of connections are encrypted with, newest first, with commas between them; "
        "enfact secrets new-key prints one. Without it an embedded PostgreSQL keeps one in the data folder, and with "
        "DATABASE_URL no secrets are taken.",
    )

    _check_database_url = field_validator("database_url")(check_scheme)

    @field_validator("read_urls")
    @classmethod
    def _check_read_urls(cls, urls: SecretStr | None) -> SecretStr | None:
        if urls is not None and not all(url.startswith(SCHEMES) for url in _listed(urls)):
            raise ValueError(f"has to be addresses that begin with {SCHEMES[0]}, with commas between them")
        return urls

    @property
    def replicas(self) -> ReplicaSettings:
        """The replicas that answer queries."""
        dsns = _listed(self.read_urls) if self.read_urls is not None else ()
        return ReplicaSettings(dsns, self.read_lag, self.stale_reads)

    @field_validator("secret_keys")
    @classmethod
    def _check_secret_keys(cls, keys: SecretStr | None) -> SecretStr | None:
        if keys is None:
            return None
        texts = [text.strip() for text in keys.get_secret_value().split(",")]
        if not all(map(is_key, texts)):
            raise ValueError("has to be keys as enfact secrets new-key prints them, with commas between them")
        return SecretStr(",".join(texts))

    @property
    def keyring(self) -> Keyring:
        """The keys for secrets."""
        return Keyring(self.secret_keys.get_secret_value().split(",") if self.secret_keys is not None else ())


def _listed(urls: SecretStr) -> tuple[str, ...]:
    return tuple(url.strip() for url in urls.get_secret_value().split(",") if url.strip())
