"""For operators: addresses of the database for single tasks, the server of letters, the log."""

from typing import Final, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from gateway.origins import has_more, is_loopback, split
from gateway.setting_groups.database import check_scheme
from gateway.setting_groups.group import SettingGroup
from gateway.setting_groups.reach import may_be_reached
from resolvers.email_address import normal_email

MAIL_SCHEMES: Final = frozenset({"smtp", "smtps", "smtp+starttls"})


class OperatorSettings(SettingGroup):
    """For operators: addresses of the database for single tasks, the server of letters, the log."""

    listen_url: SecretStr | None = Field(
        default=None,
        description="The database past a pooler in transaction mode, for the one connection that listens to it; "
        "DATABASE_URL by default. Without notifications subscriptions look for changes every 15 seconds, and the log "
        "says so.",
    )
    migrate_url: SecretStr | None = Field(
        default=None,
        description="The database for its migration: past a pooler, and as the owner of the tables where the user of "
        "DATABASE_URL may only read and write rows (enfact grants); DATABASE_URL by default.",
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        description="The server that takes letters: smtp://user:password@host:port, smtps:// (TLS from the start) or "
        "smtp+starttls://; special characters of user and password in percent-encoding. With smtp:// a password only "
        "goes to this machine. Without it none are sent.",
    )
    mail_from: str | None = Field(default=None, description="The address that letters come from.")
    server_timing: bool = Field(
        default=False,
        description="Tell signed-in clients by the header Server-Timing how long the stages of their requests took.",
    )
    log_level: Literal["debug", "info", "warning", "error", "off"] = Field(
        default="info", description="What is logged: info has one line per request, off nothing."
    )
    log_format: Literal["auto", "json", "pretty"] = Field(
        default="auto", description="How it is logged, on standard error; auto is pretty on a terminal, else JSON."
    )

    _check_urls = field_validator("listen_url", "migrate_url")(check_scheme)

    def migrate_dsn(self, dsn: str) -> str:
        """The address for work on whole tables, of the database at `dsn`."""
        return self.migrate_url.get_secret_value() if self.migrate_url is not None else dsn

    def listen_dsn(self, dsn: str) -> str:
        """The address for the connection that listens, of the database at `dsn`."""
        return self.listen_url.get_secret_value() if self.listen_url is not None else dsn

    @field_validator("smtp_url")
    @classmethod
    def _check_smtp_url(cls, url: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if url is None:
            return None
        parts = split(url.get_secret_value())
        if parts.scheme not in MAIL_SCHEMES or not parts.hostname or has_more(parts):
            raise ValueError("has to be like smtp://host:port, smtps://host:port or smtp+starttls://host:port")
        if parts.scheme == "smtp" and parts.password is not None and not is_loopback(parts.hostname):
            raise ValueError(
                "would send the password in the clear: begin it with smtps:// (TLS from the start) or smtp+starttls://"
            )
        if info.data.get("public_url", "") is None and (may_be_reached(info.data) or not is_loopback(parts.hostname)):
            raise ValueError("needs ENFACT_PUBLIC_URL, the address that people open, for that is what letters link to")
        return url

    @field_validator("mail_from")
    @classmethod
    def _check_mail_from(cls, address: str | None, info: ValidationInfo) -> str | None:
        if address is None:
            if info.data.get("smtp_url") is not None:
                raise ValueError("is needed with ENFACT_SMTP_URL")
            return None
        normal = normal_email(address)
        if normal is None:
            raise ValueError("has to be an e-mail address")
        return normal
