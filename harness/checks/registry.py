"""Who was who: hosts by name and by address, as ``hosts.jsonl`` tells it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from harness.model.evidence import HostRecord, HostRole, ListeningPort

Address = IPv4Address | IPv6Address


@lru_cache(maxsize=65536)
def parse_address(text: str) -> Address | None:
    """Return an IP address without its scope, or ``None`` where the text is none."""
    try:
        return ip_address(text.split("%", 1)[0])
    except ValueError:
        return None


def canonical(text: str) -> str:
    """Return an address in its one canonical spelling; other text unchanged."""
    address = parse_address(text)
    return text if address is None else str(address)


@dataclass(frozen=True)
class HostLife:
    """One host from when it came up until it was taken down.

    Args:
        up: seconds since the epoch.
        down: the same; ``None`` where no line says that it was taken down.
    """

    name: str
    role: HostRole
    agency: str
    addresses: frozenset[str]
    service: str = ""
    product: str = ""
    user: str = ""
    scenario: str = ""
    ports: tuple[ListeningPort, ...] = ()
    declared: tuple[str, ...] = ()
    up: float = 0.0
    down: float | None = None

    @property
    def label(self) -> str:
        """What stands for it in a finding: its service's key, else its role; a person has none."""
        if self.role == "person":
            return ""
        return self.service or self.role

    def offers(self, proto: str, port: int | None, audiences: Iterable[str]) -> bool:
        """Say whether it listens on that port for one of these audiences."""
        return any(p.proto == proto and p.port == port and p.audience in audiences for p in self.ports)


@dataclass
class Registry:
    """All hosts of a run."""

    lives: list[HostLife] = field(default_factory=list)
    _by_name: dict[str, list[HostLife]] = field(default_factory=dict)
    _by_address: dict[str, list[HostLife]] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Iterable[HostRecord]) -> Registry:
        """Build the registry from the lines of ``hosts.jsonl``, in file order."""
        registry = cls()
        ended: dict[str, list[float]] = {}
        records = list(records)
        for record in records:
            if record.event == "down":
                ended.setdefault(record.host, []).append(record.ts)
        for record in records:
            if record.event == "up":
                later = [ts for ts in ended.get(record.host, ()) if ts >= record.ts]
                registry._add(_life(record, min(later, default=None)))
        return registry

    def _add(self, life: HostLife) -> None:
        self.lives.append(life)
        self._by_name.setdefault(life.name, []).append(life)
        for address in sorted(life.addresses):
            self._by_address.setdefault(address, []).append(life)

    def by_name(self, name: str, ts: float) -> HostLife | None:
        """Return the host of that name at a time, or its last life before it."""
        return _at(self._by_name.get(name, ()), ts)

    def by_address(self, address: str, ts: float) -> HostLife | None:
        """Return the host that had an address at a time, or had it last before."""
        return _at(self._by_address.get(canonical(address), ()), ts)

    def border(self, agency: str) -> HostLife | None:
        """Return an agency's border."""
        return next((life for life in self.lives if life.role == "border" and life.agency == agency), None)


def _life(record: HostRecord, down: float | None) -> HostLife:
    return HostLife(
        name=record.host,
        role=record.role,
        agency=record.agency,
        addresses=frozenset(canonical(address) for address in record.addresses),
        service=record.service,
        product=record.product,
        user=record.user,
        scenario=record.scenario,
        ports=record.ports,
        declared=record.declared,
        up=record.ts,
        down=down,
    )


def _at(lives: Iterable[HostLife], ts: float) -> HostLife | None:
    lives = list(lives)
    begun = [life for life in lives if life.up <= ts]
    if begun:
        return begun[-1]
    return lives[0] if lives else None
