"""Sinkhole addresses for names that nobody has: one pair for each asker and name."""

from __future__ import annotations

from ipaddress import ip_network

NAMES_PER_ASKER = 20_000


class PoolExhausted(Exception):
    """No address is left for this asker; none is ever used twice."""


class Pool:
    """Hands out addresses, never the same for another asker or name.

    Args:
        networks: IPv4 and IPv6 network, in CIDR form.
        names_per_asker: the bound that keeps one asker from using the pool up.
    """

    def __init__(self, networks: tuple[str, str], *, names_per_asker: int = NAMES_PER_ASKER) -> None:
        self._ipv4, self._ipv6 = (ip_network(network) for network in networks)
        self._bound = names_per_asker
        self._given: dict[tuple[str, str], int] = {}
        self._asked: dict[str, int] = {}

    def addresses(self, asker: str, name: str) -> tuple[str, str]:
        """Return the IPv4 and IPv6 address of ``name``, as this asker knows it.

        Raises:
            PoolExhausted: the asker, or all of them, asked for too many names.
        """
        key = (asker, name)
        number = self._given.get(key)
        if number is None:
            number = self._next(asker)
            self._given[key] = number
        return str(self._ipv4[number]), str(self._ipv6[number])

    def _next(self, asker: str) -> int:
        # The first and the last address of an IPv4 network are nobody's.
        number = len(self._given) + 1
        asked = self._asked.get(asker, 0)
        if asked >= self._bound or number >= self._ipv4.num_addresses - 1:
            raise PoolExhausted
        self._asked[asker] = asked + 1
        return number
