"""What a runtime promises: live hosts, processes, services and borders."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

from harness.model.border import ZoneRecord
from harness.model.evidence import HostRole
from harness.protocols.plan import ServicePlan, ServiceSpec

if TYPE_CHECKING:
    from harness.model.base import Record


class Process(Protocol):
    """A process on a host."""

    @property
    def returncode(self) -> int | None:
        """Exit status, negative for a signal; ``None`` while it runs."""

    async def wait(self) -> int:
        """Wait until it has ended and return its exit status."""

    async def stop(self, *, grace: float = 10.0) -> None:
        """Ask it to stop, and end it with all its children after ``grace`` seconds."""

    async def kill(self) -> None:
        """End it and all its children at once; return when none is left."""

    def tail(self, lines: int = 20) -> str:
        """Return the last lines that it wrote."""


class Host(Protocol):
    """One service's or one person's machine. Clients ask a host, never a runtime."""

    @property
    def name(self) -> str: ...

    @property
    def agency(self) -> str: ...

    @property
    def addresses(self) -> tuple[str, ...]:
        """IPv4 address first, then IPv6."""

    def open_socket(self, family: int, type: int, proto: int = 0) -> socket.socket:
        """Return a new non-blocking socket that lives on this host."""

    async def resolve(self, name: str, family: int = socket.AF_UNSPEC) -> list[str]:
        """Ask the agency's resolver for the addresses of ``name``; IPv4 first.

        Raises:
            OSError: (``socket.gaierror``) the name does not exist or has no address.
        """

    async def spawn(self, argv: Sequence[str], *, environment: Mapping[str, str] | None = None) -> Process:
        """Start a program on this host, jailed like a service."""


class RunningService(Protocol):
    """A service that a runtime has started."""

    @property
    def agency(self) -> str: ...

    @property
    def key(self) -> str: ...

    @property
    def domain(self) -> str: ...

    @property
    def spec(self) -> ServiceSpec: ...

    @property
    def plan(self) -> ServicePlan: ...

    @property
    def host(self) -> Host: ...

    @property
    def operator(self) -> Host:
        """The harness's own host at this agency, for administration and probes."""

    @property
    def process(self) -> Process: ...


class Border(Protocol):
    """One agency's router, resolver and recorder, as scenarios may act on it."""

    async def cut_internet(self) -> None:
        """Drop all that goes to or comes from the simulated internet, established too."""

    async def partition(self) -> None:
        """Drop all that crosses the uplink, established connections included."""

    async def heal(self) -> None:
        """Take every fault off."""


@dataclass(frozen=True)
class SweepTarget:
    """A store that can be read by the harness: where it lies outside the host.

    Args:
        path: a file or a folder.
        is_log: it holds a log.
        exclude: paths below ``path`` that are stores of their own.
        holds: as in `StoreSpec`.
    """

    agency: str
    service: str
    store: str
    path: Path
    is_log: bool = False
    exclude: tuple[Path, ...] = ()
    holds: tuple[str, ...] = ()


class Recorder(Protocol):
    """Where evidence goes: append-only, flushed by record, hash-chained."""

    def append(self, stem: str, record: Record) -> None:
        """Write one record to ``evidence/<stem>.jsonl``."""


class Runtime(Protocol):
    """Brings hosts, networks and services to life. Entering it builds the world:
    borders with recorders running, backbone and simulated internet, and the probe passed.
    Leaving it takes all down, in an order that loses no evidence."""

    name: ClassVar[str]

    async def __aenter__(self) -> Runtime: ...

    async def __aexit__(self, *exc_info: object) -> None: ...

    @property
    def borders(self) -> Mapping[str, Border]: ...

    @property
    def recording(self) -> bool:
        """Say whether every recorder runs."""

    def operator(self, agency: str) -> Host:
        """The harness's own host at an agency; its traffic is class ``local``."""

    def service_addresses(self, agency: str, key: str, role: str) -> tuple[str, ...]:
        """The addresses that a service's host has or will have."""

    async def set_names(self, owner: str, records: Sequence[ZoneRecord]) -> None:
        """Publish DNS records, replacing those that ``owner`` published before."""

    async def start_service(self, plan: ServicePlan, spec: ServiceSpec) -> RunningService:
        """Make the service's host and start it; it need not be ready on return."""

    async def stop_service(self, service: RunningService, *, kill: bool = False) -> None:
        """Stop it, keeping its data; return when no process of it is left."""

    async def restart_service(self, service: RunningService) -> RunningService:
        """Start a stopped service again, on the same host with the same data."""

    async def add_person(
        self, agency: str, name: str, *, scenario: str = "", role: HostRole = "person"
    ) -> Host:
        """Make a fresh host for a person.

        Args:
            agency: the agency's id.
            name: the person's name; the host's is made unique.
            scenario: the question that the host is made for.
            role: what the host is for.
        """

    async def remove_person(self, host: Host) -> None:
        """Take a person's host down."""

    async def mark(self, window: str) -> None:
        """Dump every ledger now, then name the window that begins."""

    def sweep_targets(self) -> Sequence[SweepTarget]:
        """Every place that a service could have written."""
