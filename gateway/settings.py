"""The settings: takes the environment (ENFACT_…, DATABASE_URL), gives them checked; each has a description."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SCHEMES = ("postgresql://", "postgres://")


def default_data_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Where a program of this platform keeps the data of the user who runs it."""
    home = Path(environ.get("HOME") or "~").expanduser()
    if platform == "darwin":
        return home / "Library" / "Application Support" / "enfact"
    shared = environ.get("XDG_DATA_HOME", "")
    return (Path(shared) if shared.startswith("/") else home / ".local" / "share") / "enfact"


class Settings(BaseSettings):
    """Everything that can be set. Values are never part of an error message."""

    model_config = SettingsConfigDict(
        env_prefix="ENFACT_", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True,
        validate_by_name=True, validate_by_alias=True, validate_default=True,
    )  # fmt: skip

    database_url: SecretStr | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="A PostgreSQL 18 to use instead of the embedded one: postgresql://user:password@host/database.",
    )
    data: Path = Field(
        default_factory=default_data_folder, description="The folder of the embedded PostgreSQL; made when missing."
    )
    pg_bin: Path | None = Field(
        default=None, description="A folder with PostgreSQL's programs, for the embedded server instead of its own."
    )
    host: str = Field(default="127.0.0.1", min_length=1, description="The address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on; 0 lets the system choose.")
    workers: int = Field(default=1, ge=1, le=64, description="The number of processes that share the port.")
    pool_size: int = Field(
        default=0,
        ge=0,
        le=200,
        description="Database connections of each process; 0 is two per processor and two more.",
    )
    statement_cache: int = Field(
        default=64, ge=0, description="Prepared statements kept per connection; 0 for a pooler in transaction mode."
    )
    deadline: float = Field(
        default=10.0, gt=0, le=300, description="Seconds after which a request is given up and answered with TIMEOUT."
    )
    max_body: int = Field(default=262_144, ge=1_024, description="Bytes that the body of a request may have.")
    max_head: int = Field(default=32_768, ge=1_024, description="Bytes that a request may have besides its body.")
    head_deadline: float = Field(
        default=10.0, gt=0, description="Seconds that a client may take to send the head of a request."
    )
    max_connections: int = Field(
        default=1_000, ge=1, description="Connections of each process; more are answered with 503."
    )
    keep_alive: int = Field(default=30, ge=0, description="Seconds that a connection may idle between two requests.")
    shutdown: int = Field(
        default=15, ge=0, description="Seconds that running requests get to finish when the gateway is stopped."
    )
    log_level: Literal["debug", "info", "warning", "error", "off"] = Field(
        default="info", description="What is logged: info has one line per request, off nothing."
    )
    log_format: Literal["auto", "json", "pretty"] = Field(
        default="auto", description="How it is logged, on standard error; auto is pretty on a terminal, else JSON."
    )

    @field_validator("database_url")
    @classmethod
    def _check_scheme(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(SCHEMES):
            raise ValueError(f"has to begin with {SCHEMES[0]}")
        return url
