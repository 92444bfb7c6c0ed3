"""The settings, read from the environment (ENFACT_…, DATABASE_URL) and checked; each has a description."""

import re
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from db.lease import LONGEST_LAG, ReplicaSettings
from db.secrets import Keyring, is_key
from gateway.data_folder import default_data_folder
from gateway.origins import has_more, is_loopback, origin, split
from resolvers.email_address import normal_email
from resolvers.request_limits import MAX_COST, Limits

SCHEMES = ("postgresql://", "postgres://")
MAIL_SCHEMES = frozenset({"smtp", "smtps", "smtp+starttls"})
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
DOCUMENT = Limits()


class Settings(BaseSettings):
    """All settings. Their values never appear in an error message."""

    model_config = SettingsConfigDict(
        env_prefix="ENFACT_", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True,
        validate_by_name=True, validate_by_alias=True, validate_default=True,
    )  # fmt: skip

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
    host: str = Field(default="127.0.0.1", min_length=1, description="The address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on; 0 lets the system choose.")
    admin_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="A port for the operator: /metrics (Prometheus), /health/live and /health/ready, on a listener of "
        "its own. Without it there is none, and nothing is counted.",
    )
    admin_host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="The address of that listener. What it tells is for operators: let no stranger reach it.",
    )
    public_url: str | None = Field(
        default=None,
        description="Where browsers reach the gateway, like https://app.example.be: decides whether its cookie is for "
        "https only, is the one origin whose pages may use that cookie, and is what links in letters begin with. "
        "Without it browsers are taken to use http and the host of their request. Over http a cookie is set and read "
        "only on a loopback address: elsewhere login(session: COOKIE) gives no session, and a token has to be used.",
    )
    trusted_proxies: str = Field(
        default="",
        description="Addresses or networks of the proxies in front, with commas between them: what they say of a "
        "client's address (X-Forwarded-For) is believed, and limits count by it; nobody else is believed.",
    )
    allowed_origins: Annotated[frozenset[str], NoDecode] = Field(
        default=frozenset(),
        description="Further origins whose pages may call the gateway and read its answers (CORS), with the session "
        "cookie too; with commas between them.",
    )
    allowed_headers: Annotated[frozenset[str], NoDecode] = Field(
        default=frozenset(),
        description="Further request headers that pages of other origins may send (CORS), with commas between them; "
        "those of Apollo, Sentry and other common clients need not be named.",
    )
    expose_demo: bool = Field(
        default=False,
        description="Whether a demo may be reached from other machines, although everybody knows its passwords and, "
        "without ENFACT_SMTP_URL, it shows the secrets of its invitations to who invites.",
    )
    console: Literal["on", "users", "off"] | None = Field(
        default=None,
        description="What browsers are shown at /console/: on is everything, users leaves out the explorer for "
        "developers, which has the names of the whole schema, off shows nothing. By default on where only this machine "
        "reaches the gateway, else users.",
    )
    any_origin: bool = Field(
        default=False,
        description="Whether pages of all other origins may do so with a token; the cookie stays for those that are "
        "set.",
    )
    workers: int = Field(default=1, ge=1, le=64, description="The number of processes that share the port.")
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
    documents: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(),
        description="Manifests of trusted documents, with commas between them: JSON files as graphql-codegen, "
        "relay-compiler and Apollo's generate-persisted-query-manifest write them, or files .graphql of named "
        "operations. Clients name what they ask by id; operations of the console are always known.",
    )
    documents_only: bool = Field(
        default=False,
        description="Whether operations of these manifests, and of the console, are all that is admitted, from "
        "everybody, ids only.",
    )
    plan_changes: bool = Field(
        default=True,
        description="Whether owners change the plan of their company themselves (changePlan); off is for operators who "
        "do that after a payment, by enfact plan set.",
    )
    deadline: float = Field(
        default=10.0, gt=0, le=300, description="Seconds after which a request is given up and answered with TIMEOUT."
    )
    max_cost: int = Field(
        default=MAX_COST,
        ge=1_000,
        description="What an operation may cost, about the number of values of its answer, lists taken to be full; "
        "more is refused before anything runs. Who asks with extensions {cost: true} is told.",
    )
    max_document: int = Field(
        default=DOCUMENT.source,
        ge=1_024,
        le=1_000_000,
        description="Characters that a document may have; trusted ones 4 times. Where it is raised, the numbers of "
        "tokens, comments, fields, fragments, directives and items of a list that a document may have rise with it.",
    )
    max_depth: int = Field(
        default=DOCUMENT.depth,
        ge=1,
        le=25,
        description="Levels of fields that a document may have; trusted ones 4 times.",
    )
    max_aliases: int = Field(
        default=DOCUMENT.aliases, ge=0, le=1_000, description="Aliases that a document may have; trusted ones 4 times."
    )
    max_root_fields: int = Field(
        default=DOCUMENT.root_fields,
        ge=1,
        le=200,
        description="Fields at the root of an operation; trusted ones 4 times. Tools that batch queries into one "
        "document need more of these, and of ENFACT_MAX_ALIASES.",
    )
    partial_status: Literal["294", "200"] = Field(
        default="294",
        description="The HTTP status of data beside errors, for clients that name application/graphql-response+json in "
        "Accept; others get 200.",
    )
    legacy_status: Literal["spec", "200"] = Field(
        default="spec",
        description="The HTTP status of a request whose document or variables are at fault, for clients that do not "
        "accept application/graphql-response+json: spec is 400 or 422; with 200 every answer to them is "
        "application/json, as clients from before the specification expect.",
    )
    max_body: int = Field(default=262_144, ge=1_024, description="Bytes that the body of a request may have.")
    compress_from: int = Field(
        default=4_096,
        ge=0,
        description="Bytes from which an answer is compressed (gzip) for a client that asks for it; 0 for never, as "
        "behind a proxy that does it.",
    )
    max_head: int = Field(default=32_768, ge=1_024, description="Bytes that a request may have besides its body.")
    head_deadline: float = Field(
        default=10.0, gt=0, description="Seconds that a client may take to send the head of a request."
    )
    rate: float = Field(
        default=100.0,
        ge=0,
        le=1_000_000,
        description="Requests a second that one address may make on average; 0 is no limit. Counted by all workers "
        "together, of IPv6 by /64 network. Behind a proxy ENFACT_TRUSTED_PROXIES has to name it.",
    )
    burst: int = Field(default=1_000, ge=1, le=1_000_000, description="Requests that one address may make at once.")
    key_rate: float = Field(
        default=50.0,
        ge=0,
        le=1_000_000,
        description="Requests a second that one API key may make on average, from wherever; 0 is no limit.",
    )
    key_burst: int = Field(default=500, ge=1, le=1_000_000, description="Requests that one API key may make at once.")
    write_rate: int = Field(
        default=100_000,
        ge=0,
        description="Rows that one account may write in an hour, by whatever credential, and all together in one "
        "company (changes of access apart); a tenth before its address is confirmed, and by an address where nobody is "
        "signed in. 0 is no limit. More is refused with RATE_LIMITED.",
    )
    write_burst: int = Field(default=10_000, ge=100, description="Rows that may be written at once.")
    max_connections: int = Field(
        default=1_000,
        ge=1,
        description="Connections of each process. When there are so many, an idle one of the address that holds most "
        "makes room; if there is none, one more is answered with 503.",
    )
    max_connections_of_address: int = Field(
        default=100,
        ge=1,
        description="How many of these may come from one address, idle ones and sockets too; one more is answered with "
        "429. Of IPv6 a /64 network is one address; trusted proxies are none.",
    )
    keep_alive: int = Field(default=30, ge=0, description="Seconds that a connection may idle between two requests.")
    migration_patience: int = Field(
        default=600,
        ge=1,
        le=86_400,
        description="Seconds that a migration waits in total for others before it is given up. It asks for each lock "
        "for two seconds at a time, so that nobody waits longer behind it; an index that is built beside readers and "
        "writers waits as long as is left, since nobody waits behind it. The work itself has no limit.",
    )
    shutdown: int = Field(
        default=15, ge=0, description="Seconds that running requests get to finish when the gateway is stopped."
    )
    drain: float = Field(
        default=5.0,
        ge=0,
        le=300,
        description="Seconds for which the gateway goes on answering after SIGTERM, with connection: close, while "
        "/health/ready says no, so that a balancer sends nothing more before the port is closed. Only where readiness "
        "was asked for within the last minute; a second signal ends it. 0 is not at all.",
    )
    max_sockets: int = Field(
        default=500, ge=0, description="WebSockets and event streams of each process; they count as connections, too."
    )
    max_sockets_of_address: int = Field(
        default=100, ge=1, description="How many of these of one process may come from one address."
    )
    max_sockets_of_user: int = Field(default=20, ge=1, description="How many of these one login may have open.")
    max_subscriptions_of_socket: int = Field(
        default=100, ge=1, description="Operations that may be under way on one WebSocket."
    )
    max_subscriptions: int = Field(
        default=5_000, ge=1, description="Subscriptions of each process; each takes some 9 KiB."
    )
    max_subscriptions_of_user: int = Field(
        default=200, ge=1, description="How many of these one account may have, on all its sockets and streams."
    )
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

    @field_validator("database_url", "listen_url", "migrate_url")
    @classmethod
    def _check_scheme(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(SCHEMES):
            raise ValueError(f"has to begin with {SCHEMES[0]}")
        return url

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

    @field_validator("documents", mode="before")
    @classmethod
    def _split_documents(cls, paths: object) -> object:
        return tuple(part.strip() for part in paths.split(",") if part.strip()) if isinstance(paths, str) else paths

    @field_validator("documents_only")
    @classmethod
    def _check_documents_only(cls, only: bool, info: ValidationInfo) -> bool:
        if only and not info.data.get("documents"):
            raise ValueError("needs ENFACT_DOCUMENTS, the manifests with the operations that are admitted")
        return only

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
    def limits(self) -> Limits:
        """The limits on the size of documents."""
        longer = DOCUMENT.of_length(self.max_document)
        return replace(longer, depth=self.max_depth, aliases=self.max_aliases, root_fields=self.max_root_fields)

    @property
    def hides_demo(self) -> bool:
        """Whether a demo must not be served: other machines may reach the gateway, and it is not to be exposed."""
        return self.is_reached and not self.expose_demo

    @property
    def is_reached(self) -> bool:
        """Whether other machines may reach the gateway, as far as the settings show."""
        return _is_reached(dict(self))

    def migrate_dsn(self, dsn: str) -> str:
        """The address for work on whole tables, of the database at `dsn`."""
        return self.migrate_url.get_secret_value() if self.migrate_url is not None else dsn

    def listen_dsn(self, dsn: str) -> str:
        """The address for the connection that listens, of the database at `dsn`."""
        return self.listen_url.get_secret_value() if self.listen_url is not None else dsn

    @property
    def has_console(self) -> bool:
        """Whether browsers are shown the console."""
        return self.console != "off"

    @property
    def has_explorer(self) -> bool:
        """Whether the console has the explorer."""
        return self.console == "on" or (self.console is None and not self.is_reached)

    @property
    def keyring(self) -> Keyring:
        """The keys for secrets."""
        return Keyring(self.secret_keys.get_secret_value().split(",") if self.secret_keys is not None else ())

    @field_validator("trusted_proxies")
    @classmethod
    def _check_trusted_proxies(cls, proxies: str) -> str:
        try:
            return ",".join(str(ip_network(proxy.strip())) for proxy in proxies.split(",") if proxy.strip())
        except ValueError:
            raise ValueError("has to be IP addresses or networks, like 10.0.0.1,192.168.0.0/16") from None

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, url: str | None) -> str | None:
        return None if url is None else origin(url)

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split_origins(cls, origins: object) -> object:
        return [part for part in re.split(r"[,\s]+", origins) if part] if isinstance(origins, str) else origins

    @field_validator("allowed_headers", mode="before")
    @classmethod
    def _split_headers(cls, names: object) -> object:
        return [part for part in re.split(r"[,\s]+", names) if part] if isinstance(names, str) else names

    @field_validator("allowed_headers")
    @classmethod
    def _check_headers(cls, names: frozenset[str]) -> frozenset[str]:
        if not all(HEADER_NAME.fullmatch(name) for name in names):
            raise ValueError("has to be names of headers, with commas between them")
        return frozenset(name.lower() for name in names)

    @field_validator("allowed_origins")
    @classmethod
    def _check_origins(cls, origins: frozenset[str]) -> frozenset[str]:
        return frozenset(map(origin, origins))

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
        if info.data.get("public_url", "") is None and (_is_reached(info.data) or not is_loopback(parts.hostname)):
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


def _listed(urls: SecretStr) -> tuple[str, ...]:
    return tuple(url.strip() for url in urls.get_secret_value().split(",") if url.strip())


def _is_reached(settings: Mapping[str, Any]) -> bool:
    """Whether other machines may reach the gateway, as far as its settings show."""
    public = urlsplit(settings.get("public_url") or "http://localhost").hostname or ""
    hosts = settings.get("host", "localhost"), public
    return bool(settings.get("trusted_proxies")) or not all(map(is_loopback, hosts))
