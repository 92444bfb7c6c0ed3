"""write_positions.py: positions in headers and cookies, whoever sends them."""

from collections.abc import Mapping

import pytest
from pydantic import SecretStr

from gateway.http.cookies import LONGEST, Cookies
from gateway.http.write_positions import Positions
from gateway.settings import Settings
from resolvers.request import Result

URLS = SecretStr("postgresql://one, postgresql://two")


def positions(settings: Settings | None = None) -> Positions:
    settings = settings or Settings(read_urls=URLS)
    return Positions(settings, Cookies(settings))


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({}, 0),
        ({b"cookie": b"enfact_session=x; other=y"}, 0),
        ({b"enfact-position": b"12"}, 12),
        ({b"cookie": b"a=b; enfact_position=12"}, 12),
        ({b"cookie": b"__Host-enfact_position=12"}, 12),
        ({b"cookie": b"enfact_position=12; enfact_position=13", b"enfact-position": b"7"}, 13),
        ({b"cookie": b"not_enfact_position=12"}, 0),
        ({b"enfact-position": b"9" * 18}, int("9" * 18)),
        ({b"enfact-position": b"9" * 19}, None),
        ({b"enfact-position": b""}, None),
        ({b"enfact-position": b"-1"}, None),
        ({b"enfact-position": b"1,2"}, None),
        ({b"enfact-position": "\u0661".encode()}, None),
        ({b"cookie": b"enfact_position="}, None),
        ({b"cookie": b"enfact_position=x", b"enfact-position": b"7"}, None),
        ({b"cookie": b"enfact_position=12".rjust(LONGEST)}, 12),
        ({b"cookie": b"enfact_position=12".rjust(LONGEST + 1)}, None),
    ],
)
def test_what_is_no_position_sends_a_request_to_the_primary(headers: Mapping[bytes, bytes], wanted: int | None) -> None:
    assert positions().of(headers) == wanted
    assert positions(Settings()).of(headers) is None


def test_an_answer_to_a_write_says_where_it_is() -> None:
    written = Result(b"{}", written=True, position=12)
    assert positions().headers(written, by_cookie=False) == ((b"enfact-position", b"12"),)
    assert positions().headers(written, by_cookie=True)[1] == (
        b"set-cookie", b"enfact_position=12; Path=/; HttpOnly; SameSite=Lax; Max-Age=60",
    )  # fmt: skip
    secure = positions(Settings(read_urls=URLS, public_url="https://app.example.be"))
    assert secure.headers(written, by_cookie=True)[1] == (
        b"set-cookie", b"__Host-enfact_position=12; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60",
    )  # fmt: skip
    no_cookies = positions(Settings(read_urls=URLS, public_url="http://app.example.be"))
    assert no_cookies.headers(written, by_cookie=True) == ((b"enfact-position", b"12"),)
    assert positions(Settings()).headers(written, by_cookie=True) == ()


def test_an_answer_without_the_primary_says_how_old_it_may_be() -> None:
    assert positions().headers(Result(b"{}", stale=3.7), by_cookie=True) == ((b"enfact-stale", b"3"),)


@pytest.mark.parametrize("urls", ["mysql://one", "postgresql://one, x", "one"])
def test_addresses_of_replicas_are_addresses(urls: str) -> None:
    with pytest.raises(ValueError, match="begin with postgresql://"):
        Settings(read_urls=SecretStr(urls))
