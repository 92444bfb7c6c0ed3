"""The connections of a process: takes who connects, says whether he may, and closes idle ones when room is short.

An address holds only so many. When there are as many as there may be, an idle connection of the address that holds most
makes room for one of an address that holds less.
"""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Literal, Protocol, Self

from gateway.settings import Settings
from resolvers.addresses import network

Excess = Literal["of its address", "at all"]
"""Of what a connection is one too many."""


class Connected(Protocol):
    """One connection."""

    @property
    def is_idle(self) -> bool:
        """Whether nothing is asked on it for the moment."""
        ...

    def give_way(self) -> None:
        """Close it, for another one."""
        ...


class Connections:
    """Those that are open: `most` at all, `of_address` from one address.

    A proxy that is trusted is no address: its connections are everybody's.
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
        """Those that the settings allow."""
        proxies = [ip_network(proxy) for proxy in settings.trusted_proxies.split(",") if proxy]
        return cls(settings.max_connections, settings.max_connections_of_address, proxies)

    def enter(self, address: str | None, connection: Connected) -> Excess | None:
        """One more; of what it is one too many, and then it is not counted, else None."""
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
        """A connection goes on by another protocol."""
        if address is not None:
            held = self._by_address[address]
            del held[before]
            held[after] = None

    def leave(self, address: str | None, connection: Connected) -> None:
        """One less; harmless when repeated."""
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
        """Close the oldest idle connection of who holds most, if that is no less than `wants`; False for none."""
        others = [(len(held), address) for address, held in self._by_address.items() if address != comer]
        for count, address in sorted(others, reverse=True):
            idle = next((one for one in self._by_address[address] if one.is_idle), None)
            if count >= wants and idle is not None:
                self.leave(address, idle)
                idle.give_way()
                return True
        return False

    def _address_of(self, host: str | None) -> str | None:
        """What a client's host counts as; None for what is no address of a client."""
        if not host:
            return None
        try:
            parsed = ip_address(host.partition("%")[0])
        except ValueError:
            return network(host)
        return None if any(parsed in proxy for proxy in self._proxies) else network(host)
