"""One name for all the network addresses that a client may use, by which its requests are counted."""

from functools import lru_cache
from ipaddress import IPv4Address, ip_address
from typing import Final

NETWORK: Final = 64
"""Length of an IPv6 network, in bits: a client commonly has all the addresses in such a network."""


@lru_cache(maxsize=1_024)
def network(address: str) -> str:
    """The IPv4 address itself, or the network of an IPv6 address; any other text is returned unchanged."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, IPv4Address):
        return str(ip)
    return str(ip.ipv4_mapped) if ip.ipv4_mapped else f"{int(ip) >> NETWORK:016x}/{NETWORK}"
