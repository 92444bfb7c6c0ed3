"""What counts as one network address: takes what a connection tells, gives a name for all that are somebody's."""

from functools import lru_cache
from ipaddress import IPv4Address, ip_address
from typing import Final

NETWORK: Final = 64
"""Who has an IPv6 address mostly has so many bits of network, and all addresses in it."""


@lru_cache(maxsize=1_024)
def network(address: str) -> str:
    """An IPv4 address, or a network of IPv6; what is neither is its own name."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, IPv4Address):
        return str(ip)
    return str(ip.ipv4_mapped) if ip.ipv4_mapped else f"{int(ip) >> NETWORK:016x}/{NETWORK}"
