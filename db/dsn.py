"""The address of a database as libpq writes it (PostgreSQL's manual, 32.1): hosts, and words that the driver lacks.

The driver sends a word that it does not know to the server, as a setting. So the words that are meant for a client are
understood here, or refused by their names.
"""

import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from db.errors import DatabaseMisconfigured

PORT: Final = 5432
YES, NO = frozenset({"1"}), frozenset({"0"})

HARMLESS: Final[Mapping[str, frozenset[str]]] = {
    "channel_binding": frozenset({"disable", "prefer"}),
    "client_encoding": frozenset({"utf8", "utf-8", "auto"}),
    "gssdelegation": NO,
    "gssencmode": frozenset({"disable", "prefer"}),
    "load_balance_hosts": frozenset({"disable", "random"}),
    "max_protocol_version": frozenset({"3.0", "3.2", "latest"}),
    "min_protocol_version": frozenset({"3.0"}),
    "sslcertmode": frozenset({"allow"}),
    "sslcompression": NO,
    "sslsni": YES,
}
"""Values that ask for what is so anyway, or for what the client may leave out; others are refused."""

REFUSED: Final = frozenset(
    {
        "hostaddr", "oauth_client_id", "oauth_client_secret", "oauth_issuer", "oauth_scope", "replication",
        "require_auth", "requirepeer", "requiressl", "scram_client_key", "scram_server_key", "servicefile",
        "sslcrldir", "sslkeylogfile",
    }
)  # fmt: skip
"""Words for a client that neither the driver nor this module understands."""

OF_DRIVER: Final = frozenset(
    {
        "application_name", "dbname", "fallback_application_name", "gsslib", "host", "krbsrvname", "options",
        "passfile", "password", "port", "service", "sslcert", "sslcrl", "sslkey", "sslmode", "sslnegotiation",
        "sslpassword", "sslrootcert", "ssl_max_protocol_version", "ssl_min_protocol_version", "target_session_attrs",
        "user",
    }
)  # fmt: skip
"""Words for a client that the driver understands, or passes on."""

LIMITS: Final[Mapping[str, tuple[int, int]]] = {
    "port": (1, 65_535),
    "connect_timeout": (-(2**31), 2**31 - 1),
    "keepalives": (0, 1),
    "keepalives_idle": (0, 32_767),
    "keepalives_interval": (0, 32_767),
    "keepalives_count": (0, 127),
    "tcp_user_timeout": (0, 2**31 - 1),
}
"""The least and the largest number of a word: Linux refuses larger ones, and 0 leaves its default."""

ALIVE: Final = ("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout")
N = TypeVar("N", int, float)

FILES: Final = frozenset({"sslcert", "sslcrl", "sslkey", "sslrootcert"})
"""Words that name a file."""

WRITERS: Final = frozenset({"any", "primary", "read-write"})
VERIFIED: Final = "verify-full"


@dataclass(frozen=True, slots=True)
class Host:
    """A server: a name or an address with its port, or the folder of a Unix socket."""

    name: str
    port: int

    def __str__(self) -> str:
        return f"[{self.name}]:{self.port}" if ":" in self.name else f"{self.name}:{self.port}"


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of a DSN: `dsn` for the driver, the hosts (none: the driver's default), and other words for the client.

    `connect_timeout` is in seconds and for each host. `alive` has the words of TCP's keepalives, by name.
    """

    dsn: str
    hosts: tuple[Host, ...] = ()
    target: str | None = None
    connect_timeout: float | None = None
    alive: Mapping[str, int] = field(default_factory=dict[str, int])
    tls: ssl.SSLContext | None = None

    @property
    def has_several_hosts(self) -> bool:
        """True when there is a choice of hosts: one that takes writes is wanted then."""
        return len(self.hosts) > 1


def read_address(dsn: str, environment: Mapping[str, str]) -> Address:
    """The address of a DSN; the hosts of the variable PGHOST stand for those that it does not name.

    Raises DatabaseMisconfigured. No message quotes the DSN, whose password is secret.
    """
    try:
        parts = urlsplit(dsn)
        words = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        hosts = _hosts(parts.netloc, words, environment)
        timeout = _seconds(words.pop("connect_timeout", None))
        alive = {name: _number(name, words.pop(name), int) for name in ALIVE if name in words}
    except ValueError:
        raise DatabaseMisconfigured("The address of the database cannot be read as a URL.") from None
    _check(words)
    tls = _system_tls(words) if words.get("sslrootcert") == "system" else None
    rest = dsn.partition("?")[0] + (f"?{urlencode(words, quote_via=quote)}" if words else "")
    return Address(rest, hosts, words.get("target_session_attrs"), timeout, alive, tls)


def is_for_client(name: str) -> bool:
    """True for a word of libpq; others are settings of the server, which only the driver takes in an address."""
    return name in OF_DRIVER or name in HARMLESS or name in REFUSED or name in ALIVE or name == "connect_timeout"


def user_and_database(dsn: str) -> tuple[str, str]:
    """The user and the database that a DSN names; the database is called like the user by default."""
    parts = urlsplit(dsn)
    words = dict(parse_qsl(parts.query))
    user = unquote(parts.netloc.partition("@")[0].partition(":")[0]) if "@" in parts.netloc else ""
    user = user or words.get("user") or "postgres"
    return user, unquote(parts.path.removeprefix("/")) or words.get("dbname") or user


def _hosts(netloc: str, words: Mapping[str, str], environment: Mapping[str, str]) -> tuple[Host, ...]:
    """The hosts in their order. Raises ValueError."""
    said = netloc.partition("@")[2] if "@" in netloc else netloc
    listed = [unquote(one) for one in said.split(",")] if said else []
    listed = listed or [one for one in (words.get("host") or environment.get("PGHOST", "")).split(",") if one]
    ports = (words.get("port") or environment.get("PGPORT") or str(PORT)).split(",")
    if len(ports) not in (1, len(listed)) and listed:
        raise ValueError("as many ports as hosts, or one")
    return tuple(_host(one, ports[n % len(ports)]) for n, one in enumerate(listed))


def _host(said: str, default: str) -> Host:
    """A host with or without its port. Raises ValueError, and DatabaseMisconfigured for a port that does not exist."""
    if not said:
        raise ValueError("a host without a name")
    if said.startswith("/"):
        return Host(said, _number("port", default, int))
    if said.startswith("["):
        name, _, rest = said[1:].partition("]")
        return Host(name, _number("port", rest.removeprefix(":") or default, int))
    name, _, port = said.partition(":")
    return Host(name, _number("port", port or default, int))


def _seconds(said: str | None) -> float | None:
    """The seconds of `connect_timeout`, where 0 and less mean no limit. Raises DatabaseMisconfigured."""
    seconds = _number("connect_timeout", said, float) if said is not None else 0
    return max(2.0, seconds) if seconds > 0 else None


def _number(name: str, said: str, kind: Callable[[str], N]) -> N:
    """The number that a word says. Raises DatabaseMisconfigured for one that is none, or not within its limits."""
    least, most = LIMITS[name]
    with suppress(ValueError):
        number = kind(said)
        if least <= number <= most:
            return number
    raise DatabaseMisconfigured(
        f"What the address of the database says as {name} has to be a number from {least} to {most}."
    )


def _check(words: dict[str, str]) -> None:
    """Take the client's words that are understood out of `words`. Raises DatabaseMisconfigured for others."""
    for name in sorted(words):
        if name in REFUSED or (name in HARMLESS and words[name].lower() not in HARMLESS[name] | _allowed(name, words)):
            said = f"{name}={words[name]}" if name in HARMLESS else name
            raise DatabaseMisconfigured(f"The address of the database says {said}, {_reason(name)}")
    for name in (*HARMLESS, "fallback_application_name"):
        words.pop(name, None)
    target = words.get("target_session_attrs", "any")
    if target not in WRITERS:
        raise DatabaseMisconfigured(
            f"The address of the database says target_session_attrs={target}, but the gateway writes: say read-write, "
            "or nothing."
        )


def _allowed(name: str, words: Mapping[str, str]) -> frozenset[str]:
    """A further value of a word: who verifies the server's certificate and name needs no binding of the channel."""
    verified = words.get("sslmode") == VERIFIED or words.get("sslrootcert") == "system"
    return frozenset({"require"}) if name == "channel_binding" and verified else frozenset()


def _reason(name: str) -> str:
    if name == "channel_binding":
        return (
            "which the driver cannot do. Say sslmode=verify-full, which keeps others out of the connection as well "
            "(with sslrootcert=system where a public authority signed the server's certificate), or leave it out."
        )
    return "which is not understood here. Leave it out."


def _system_tls(words: dict[str, str]) -> ssl.SSLContext:
    """The TLS settings for the authorities that the system trusts, as libpq's `system`: the whole name is verified."""
    if words.get("sslmode", VERIFIED) != VERIFIED:
        raise DatabaseMisconfigured(
            "The address of the database says sslrootcert=system, which needs sslmode=verify-full: with less, "
            "everybody with a certificate could be the server."
        )
    context = _with_authorities() if "sslcert" in words else _shared()
    if "sslcert" in words:  # read at each connection: it may have been renewed
        password: Callable[[], str] = lambda: words.get("sslpassword", "")  # noqa: E731 (the form that ssl takes)
        context.load_cert_chain(words["sslcert"], words.get("sslkey"), password)
    for name in ("sslmode", "sslrootcert", "sslcert", "sslkey"):
        words.pop(name, None)
    return context


def require_files(dsn: str) -> None:
    """Raise DatabaseMisconfigured for a file of TLS that a DSN names and that cannot be used.

    The driver's own error does not say which file it is, nor that it is one.
    """
    words = dict(parse_qsl(urlsplit(dsn).query))
    for name in FILES & words.keys():
        try:
            if name == "sslrootcert":
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=words[name])
            else:
                Path(words[name]).read_bytes()
        except (OSError, ValueError) as error:
            said = "it has no certificate" if isinstance(error, ssl.SSLError) else str(error)
            raise DatabaseMisconfigured(
                f"The file {words[name]} that the address of the database names as {name} cannot be used: {said}."
            ) from None


def _with_authorities() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["postgresql"])
    return context


@cache
def _shared() -> ssl.SSLContext:
    """The settings of all connections without a certificate: to read the authorities takes some 35 ms."""
    return _with_authorities()


def connect_options(address: Address) -> dict[str, Any]:
    """The driver's options for what the DSN it gets does not say."""
    return {"ssl": address.tls} if address.tls is not None else {}
