"""dsn.py: the words of libpq, each understood or refused by its name, and none sent to the server by mistake."""

import os
import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest

from db import connection as connections
from db.connection import connect
from db.dsn import LIMITS, Address, Host, connect_options, read_address
from db.errors import DatabaseError, DatabaseMisconfigured, DatabaseUnavailable
from db.keepalive import keep_alive
from tests.support.relays import over_tcp

NONE: dict[str, str] = {}


def read(words: str) -> Address:
    return read_address(f"postgresql://an:secret@a/enfact?{words}", NONE)


@pytest.mark.parametrize(
    ("dsn", "hosts"),
    [
        ("postgresql://an:secret@a/enfact", [Host("a", 5432)]),
        ("postgresql://an@a:1,b,[::1]:3,[fe80::1]/enfact", ["a:1", "b:5432", "[::1]:3", "[fe80::1]:5432"]),
        ("postgresql://a,b/enfact?port=1,2", ["a:1", "b:2"]),
        ("postgresql:///enfact?host=a,b&port=7", ["a:7", "b:7"]),
        ("postgresql://%2Ftmp%2Fa,b:1/enfact", ["/tmp/a:5432", "b:1"]),
        ("postgresql:///enfact?host=/tmp/a", ["/tmp/a:5432"]),
        ("postgresql:///enfact", ["c:9", "d:9"]),
    ],
)
def test_hosts_are_read_from_wherever_they_stand(dsn: str, hosts: list[object]) -> None:
    assert [str(host) for host in read_address(dsn, {"PGHOST": "c,d", "PGPORT": "9"} | _port(dsn)).hosts] == [
        str(host) for host in hosts
    ]


def _port(dsn: str) -> dict[str, str]:
    return {} if dsn == "postgresql:///enfact" else {"PGPORT": ""}


@pytest.mark.parametrize("dsn", ["postgresql://a,,b/x", "postgresql://a,b,c/x?port=1,2", "postgresql://a/x?timeout"])
def test_what_cannot_be_read_is_a_wrong_setting(dsn: str) -> None:
    with pytest.raises(DatabaseMisconfigured, match="cannot be read"):
        read_address(dsn, NONE)


def test_words_for_the_client_are_not_sent_to_the_server() -> None:
    words = (
        "connect_timeout=7&channel_binding=prefer&keepalives=1&keepalives_idle=30&keepalives_interval=5"
        "&keepalives_count=3&tcp_user_timeout=9000&gssencmode=disable&sslcompression=0&client_encoding=UTF8"
        "&fallback_application_name=x&load_balance_hosts=random&sslmode=require&statement_timeout=9"
    )
    address = read(words)
    assert address.dsn == "postgresql://an:secret@a/enfact?sslmode=require&statement_timeout=9"
    assert address.connect_timeout == 7
    assert address.alive == {
        "keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 5, "keepalives_count": 3,
        "tcp_user_timeout": 9000,
    }  # fmt: skip


@pytest.mark.parametrize(("said", "seconds"), [("1", 2), ("2", 2), ("9", 9), ("0", None), ("-1", None)])
def test_connect_timeout_is_as_libpq_takes_it(said: str, seconds: float | None) -> None:
    assert read(f"connect_timeout={said}").connect_timeout == seconds


@pytest.mark.parametrize(
    "words",
    [
        "connect_timeout=inf", "connect_timeout=nan", "connect_timeout=-inf", "connect_timeout=1e308",
        "connect_timeout=soon", "keepalives=2", "keepalives_idle=86400", "keepalives_idle=-5", "keepalives_idle=often",
        "keepalives_interval=32768", "keepalives_count=200", "keepalives_count=", "tcp_user_timeout=2147483648",
        "tcp_user_timeout=-1", "port=65536", "port=-1",
    ],
)  # fmt: skip
def test_numbers_out_of_range_are_refused_by_the_name_of_their_word(words: str) -> None:
    name = words.partition("=")[0]
    with pytest.raises(DatabaseMisconfigured, match=rf"says as {name} has to be a number from -?\d+ to \d+\.\Z"):
        read(words)


@pytest.mark.parametrize("name", ["keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"])
async def test_the_system_takes_the_largest_numbers_that_are_not_refused(worker_dsn: str, name: str) -> None:
    async with over_tcp(worker_dsn) as dsn:
        for number in (0, 1, LIMITS[name][1]):
            await (await connect(f"{dsn}?sslmode=disable&{name}={number}")).close()


@pytest.mark.parametrize("host", ["a:65536", "a:0", "a:-1", "a:port", "a,b:99999"])
def test_a_port_that_does_not_exist_is_a_wrong_setting(host: str) -> None:
    with pytest.raises(DatabaseMisconfigured, match="says as port has to be a number from 1 to 65535") as refused:
        read_address(f"postgresql://an:secret@{host}/enfact", NONE)
    assert "secret" not in str(refused.value)


def too_large(connection: object) -> None:
    keep_alive(connection, {"keepalives_count": 2**20})


def closed(_connection: object) -> None:
    os.dup(-1)


@pytest.mark.parametrize(("problem", "error"), [(too_large, DatabaseMisconfigured), (closed, DatabaseUnavailable)])
async def test_a_connection_whose_keepalives_cannot_be_set_is_ended(
    worker_dsn: str, monkeypatch: pytest.MonkeyPatch, problem: Callable[[Any], object], error: type[DatabaseError]
) -> None:
    opened: list[Any] = []

    def failing(connection: Any, _words: Mapping[str, int]) -> None:
        opened.append(connection)
        problem(connection)

    monkeypatch.setattr(connections, "keep_alive", failing)
    async with over_tcp(worker_dsn) as dsn:
        with pytest.raises(error, match=r"keepalives_count|Bad file descriptor"):
            await connect(f"{dsn}?sslmode=disable")
    assert [connection.is_closed() for connection in opened] == [True]


@pytest.mark.parametrize(
    "words",
    [
        "hostaddr=10.0.0.1", "requirepeer=postgres", "require_auth=scram-sha-256", "gssencmode=require", "sslsni=0",
        "channel_binding=require", "channel_binding=require&sslmode=require", "replication=database",
        "target_session_attrs=standby", "target_session_attrs=prefer-standby", "min_protocol_version=3.2",
        "client_encoding=latin1",
    ],
)  # fmt: skip
def test_words_that_cannot_be_obeyed_are_refused_by_name(words: str) -> None:
    with pytest.raises(DatabaseMisconfigured, match=words.partition("=")[0]) as refused:
        read(words)
    assert "secret" not in str(refused.value)


def test_binding_the_channel_is_not_needed_where_the_server_is_verified() -> None:
    assert read("channel_binding=require&sslmode=verify-full").dsn.endswith("?sslmode=verify-full")
    assert read("channel_binding=require&sslrootcert=system").tls is not None


def test_the_authorities_of_the_system_verify_name_and_certificate() -> None:
    address = read("sslmode=verify-full&sslrootcert=system")
    context = connect_options(address)["ssl"]
    assert address.dsn == "postgresql://an:secret@a/enfact"
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert connect_options(read("sslmode=require")) == {}
    with pytest.raises(DatabaseMisconfigured, match="needs sslmode=verify-full"):
        read("sslmode=require&sslrootcert=system")


def test_the_authorities_of_the_system_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []

    def load(_context: object, certificate: str, *_given: object) -> None:
        loaded.append(certificate)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", load)
    shared, again = (read("sslrootcert=system").tls for _ in range(2))
    own, renewed = (read("sslrootcert=system&sslcert=mine.pem").tls for _ in range(2))
    assert shared is again
    assert loaded == ["mine.pem"] * 2
    assert len({id(one) for one in (shared, own, renewed)}) == 3, "a certificate is in no context of others"


def test_an_address_without_words_stays_as_it_is() -> None:
    for dsn in ("postgresql:///enfact", "postgresql://postgres@/postgres?host=%2Ftmp", "postgres://a:p%3Fw@b/c"):
        assert read_address(dsn, NONE).dsn == dsn


async def test_the_keepalives_are_those_of_the_address(worker_dsn: str) -> None:
    async with over_tcp(worker_dsn) as dsn:
        words = "keepalives_idle=31&keepalives_interval=7&keepalives_count=4&tcp_user_timeout=8000&connect_timeout=5"
        chosen = await connect(f"{dsn}?sslmode=disable&{words}")
        usual, without = await connect(f"{dsn}?sslmode=disable"), await connect(f"{dsn}?sslmode=disable&keepalives=0")
        tcp = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
        assert [option(chosen, socket.IPPROTO_TCP, name) for name in tcp] == [31, 7, 4, 8000]
        alive = [option(one, socket.SOL_SOCKET, socket.SO_KEEPALIVE) for one in (chosen, usual, without)]
        assert alive == [1, 1, 0]
        for connection in (chosen, usual, without):
            await connection.close()


def option(connection: object, level: int, name: int) -> int:
    """A socket option of a connection."""
    known = cast("Any", connection)._transport.get_extra_info("socket")
    with socket.socket(fileno=known.fileno()) as same:
        value = same.getsockopt(level, name)
        same.detach()
    return value


async def test_a_setting_that_the_server_does_not_know_is_a_wrong_setting(worker_dsn: str) -> None:
    separator = "&" if "?" in worker_dsn else "?"
    with pytest.raises(DatabaseMisconfigured, match="pgbouncer"):
        await connect(f"{worker_dsn}{separator}pgbouncer=true")
