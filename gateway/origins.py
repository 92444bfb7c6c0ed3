"""Origins and hosts, as settings and browsers name them."""

import re
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

DEFAULT_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
HOST_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\Z", re.ASCII)


def is_loopback(host: str) -> bool:
    """True if a host name or address can be reached only from its own machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def origin(url: str) -> str:
    """The origin of a URL without path, in the form of browsers: lower case, without the scheme's default port.

    Raises ValueError, whose text does not quote the URL.
    """
    parts = split(url)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{_ipv6(host)}]"
    elif not HOST_NAME.match(host):
        raise ValueError("has to name a host, in ASCII")
    if parts.scheme not in DEFAULT_PORTS or "@" in parts.netloc or has_more(parts):
        raise ValueError("has to be like https://app.example.be: http or https, a host, perhaps a port, nothing else")
    port = parts.port
    return f"{parts.scheme}://{host}" + ("" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}")


def split(url: str) -> SplitResult:
    """The parts of a URL. Raises ValueError, whose text does not quote it."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError for an invalid port
    except ValueError:
        raise ValueError("has to be a URL") from None
    if not url.isascii() or not url.isprintable() or " " in url:  # urlsplit drops some of these
        raise ValueError("has to be a URL, in ASCII and without spaces")
    return parts


def has_more(parts: SplitResult) -> bool:
    """True if there is more than scheme, user, host and port."""
    return parts.path not in ("", "/") or bool(parts.query or parts.fragment)


def _ipv6(host: str) -> str:
    try:
        return IPv6Address(host).compressed
    except ValueError:
        raise ValueError("has to name a host") from None
