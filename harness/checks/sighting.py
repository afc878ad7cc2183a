"""One observation that will become part of a finding."""

from __future__ import annotations

from dataclasses import dataclass

from harness.checks.codes import Kind
from harness.checks.registry import HostLife
from harness.model.result import DestinationClass


@dataclass(frozen=True)
class Sighting:
    """A ledger row, a look-up or a hit in a store, with what it was judged to be.

    Args:
        source: whose it is; ``None`` where no host record names the port or the asker.
        name: a name that a resolver handed the address out for, or the name asked for.
        line: file stem and sequence number.
        since: begin of the time in which it was seen, in seconds since the epoch.
        crowd: what stands for too many destinations: ``*.`` and a domain, or a network.
        any_port: so many ports of one place that none of them stands for itself.
        ledger: ``tried``, ``passed`` or ``own``; empty for anything but a ledger row.
    """

    kind: Kind
    agency: str
    source: HostLife | None
    destination_class: DestinationClass
    address: str
    port: int | None
    proto: str
    line: tuple[str, int]
    since: float
    ts: float
    window: str = ""
    name: str = ""
    src: str = ""
    ledger: str = ""
    left: bool = False
    packets: int = 0
    bytes: int = 0
    crowd: str = ""
    any_port: bool = False

    @property
    def destination(self) -> str:
        """What its destination is called: the crowd it is in, its name, else its address."""
        return self.crowd or self.name or self.address

    @property
    def key(self) -> tuple[str, ...]:
        """What sightings of one finding have in common; the same in every run of one file."""
        label = self.source.label if self.source is not None else ""
        port = "" if self.port is None or self.any_port else str(self.port)
        return (str(self.kind), self.agency, label, self.destination, port, self.proto)
