"""The connections of a process: limits them in total and by address, and closes idle ones when there is no room.

When the total is reached, a new connection of an address closes an idle one of an address that holds more.
"""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Literal, Protocol, Self

from gateway.settings import Settings
from resolvers.addresses import network

Excess = Literal["of its address", "at all"]
"""The limit that a connection exceeds: that of its address, or the total."""


class Connected(Protocol):
    """One connection."""

    @property
    def is_idle(self) -> bool:
        """True if no request is being answered on it."""
        ...

    def give_way(self) -> None:
        """Close it, to make room for another connection."""
        ...


class Connections:
    """The open connections: at most `most` in total, and `of_address` from one address.

    Connections of a trusted proxy count only in the total: they serve many clients.
    """

    def __init__(
        self, most: int = 1_000, of_address: int = 100, proxies: Sequence[IPv4Network | IPv6Network] = ()
    ) -> None:
        self._most = most
        self._of_address = of_address
        self._proxies = proxies
        self._open = 0
        self._by_address: dict[str, dict[Connected, None]] = {}
        self.address_of = lru_cache(maxsize=1_024)(self._address_of)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Connections with the limits of the settings."""
        proxies = [ip_network(proxy) for proxy in settings.trusted_proxies.split(",") if proxy]
        return cls(settings.max_connections, settings.max_connections_of_address, proxies)

    def enter(self, address: str | None, connection: Connected) -> Excess | None:
        """Count a new connection; returns the limit that it exceeds (then it is not counted), else None."""
        held = self._by_address.get(address, {}) if address is not None else {}
        if len(held) >= self._of_address:
            return "of its address"
        if self._open >= self._most and not self._make_room(address, len(held) + 1):
            return "at all"
        self._open += 1
        if address is not None:
            self._by_address.setdefault(address, held)[connection] = None
        return None

    def take_over(self, address: str | None, before: Connected, after: Connected) -> None:
        """Replace the protocol of a connection that goes on by another one."""
        if address is not None:
            held = self._by_address[address]
            del held[before]
            held[after] = None

    def leave(self, address: str | None, connection: Connected) -> None:
        """Remove a connection; harmless when repeated, except without an address."""
        if address is None:
            self._open -= 1
            return
        held = self._by_address.get(address, {})
        if connection in held:
            self._open -= 1
            del held[connection]
            if not held:
                del self._by_address[address]

    def _make_room(self, comer: str | None, wants: int) -> bool:
        """Close the oldest idle connection of the address that holds most, at least `wants`; False if there is none."""
        others = [(len(held), address) for address, held in self._by_address.items() if address != comer]
        for count, address in sorted(others, reverse=True):
            idle = next((one for one in self._by_address[address] if one.is_idle), None)
            if count >= wants and idle is not None:
                self.leave(address, idle)
                idle.give_way()
                return True
        return False

    def _address_of(self, host: str | None) -> str | None:
        """The address that a client's host counts as; None for a trusted proxy, or without a host."""
        if not host:
            return None
        try:
            parsed = ip_address(host.partition("%")[0])
        except ValueError:
            return network(host)
        return None if any(parsed in proxy for proxy in self._proxies) else network(host)
