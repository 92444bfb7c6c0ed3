"""The bounds of requests, rates, connections and sockets; the time for migrations and for stopping."""

from pydantic import Field

from gateway.setting_groups.group import SettingGroup


class BoundSettings(SettingGroup):
    """The bounds of requests, rates, connections and sockets; the time for migrations and for stopping."""

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
