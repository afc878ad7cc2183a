"""The contracts between the parts: what a runtime, a host, a driver and a client promise.

Small protocols with optional capabilities beside them. A class takes part by having the
methods; nothing has to be inherited. ``tests/contract/`` holds every contract as tests.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from harness.model.border import ZoneRecord
from harness.model.evidence import HostRole, ListeningPort
from harness.model.federation import Service

if TYPE_CHECKING:
    from harness.model.base import Record


# --- what a driver is told, and what it answers -------------------------------------------


@dataclass(frozen=True)
class Certificate:
    """A certificate of the run's own CA, as PEM text."""

    certificate: str
    key: str


@dataclass(frozen=True)
class Partner:
    """Another agency, as a product's allow list needs it."""

    agency: str
    domain: str


@dataclass(frozen=True)
class ServicePlan:
    """All that a driver may build a service from. Drivers are pure: no I/O, no clock.

    Args:
        agency: the agency's id in the federation file.
        domain: the agency's domain, such as ``alfa.example``.
        key: the service's key in the federation file, such as ``chat``.
        service: product, version, setting and options.
        addresses: IPv4 and IPv6 address of each role's host, keyed by role.
        partners: the agencies that this one federates with.
        certificates: one certificate per role; it names ``<role>.<domain>`` and ``<domain>``.
        ca: PEM text of the run's CA, to be trusted by products.
        secret: a random hexadecimal secret of this service, fresh for each run.
    """

    agency: str
    domain: str
    key: str
    service: Service
    addresses: Mapping[str, tuple[str, ...]]
    partners: tuple[Partner, ...]
    certificates: Mapping[str, Certificate]
    ca: str
    secret: str


@dataclass(frozen=True)
class StoreSpec:
    """A place where a service keeps data, to be swept.

    Args:
        name: shown in reports, such as ``database``.
        path: absolute path inside the service's host; a folder is swept whole.
        holds: data classes whose words the product keeps here and gives back; a sweep that
            cannot find such a word calls the store opaque.
    """

    name: str
    path: str
    holds: tuple[str, ...] = ()


@dataclass(frozen=True)
class ServiceSpec:
    """One process or container of a service, the same for every runtime.

    Args:
        role: the host's role within the service, such as ``homeserver``; also the host's
            name under the agency's domain.
        product: the driver's name.
        version: exact product version; with ``product`` it names the package to run from.
        argv: command line; ``{package}`` stands for the folder the product is installed in
            (within an image: ``image_package`` of the ``product.yaml``), ``{python}`` for the
            Python of the machine or image. Empty where ``image`` runs its own command.
        image: container image reference, for runtimes that run images; empty for what
            needs nothing but a Python, which such a runtime has an image of its own for.
        files: text files by absolute path inside the host, read-only for the service.
        data: absolute paths of the folders that the service may write, kept over restarts.
        environment: environment variables; nothing else is inherited.
        ports: what it listens on, and for whom.
        capabilities: exceptions to the jail, such as ``net_raw``; shown in coverage.
        depends_on: roles that are started first; each process waits for the others by itself.
        stores: what sweeps read; every folder of ``data`` is swept in any case.
        names: further DNS names of this host under the agency's domain ("" is the domain).
        srv: DNS SRV records, as ``{"_matrix-fed._tcp": "federation"}`` (service to port name).
        stop_signal: how the process is asked to stop.
    """

    role: str
    product: str
    version: str
    argv: tuple[str, ...] = ()
    image: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    data: tuple[str, ...] = ("/data",)
    environment: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[ListeningPort, ...] = ()
    capabilities: frozenset[str] = frozenset()
    depends_on: tuple[str, ...] = ()
    stores: tuple[StoreSpec, ...] = ()
    names: tuple[str, ...] = ()
    srv: Mapping[str, str] = field(default_factory=dict)
    stop_signal: str = "TERM"


# --- live things --------------------------------------------------------------------------


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
        """Make a fresh host for a person."""

    async def remove_person(self, host: Host) -> None:
        """Take a person's host down."""

    async def mark(self, window: str) -> None:
        """Dump every ledger now, then name the window that begins."""

    def sweep_targets(self) -> Sequence[SweepTarget]:
        """Every place that a service could have written."""


# --- drivers and clients ------------------------------------------------------------------


@dataclass(frozen=True)
class Account:
    """A person's account with a service. The password never enters evidence."""

    agency: str
    name: str
    user_id: str
    password: str = field(repr=False)


class Driver(Protocol):
    """One product."""

    product: ClassVar[str]
    functions: ClassVar[frozenset[str]]
    """Which client capabilities it has: ``chat``, ``video``, ``documents``, …"""

    def services(self, plan: ServicePlan) -> Sequence[ServiceSpec]:
        """Return what has to run. Pure: the same plan gives the same specs."""

    async def ready(self, service: RunningService) -> None:
        """Return when the service answers; the caller sets the deadline."""

    async def account(self, service: RunningService, name: str) -> Account:
        """Make (or find) an account for the person ``name``."""

    async def client(self, service: RunningService, account: Account, host: Host) -> Client:
        """Log the person in from ``host``."""


class Client(Protocol):
    """A person at a host, acting through one capability."""

    async def close(self) -> None:
        """Log out and close every connection."""


@runtime_checkable
class Double(Protocol):
    """A driver whose product is not a real one; every result says so."""

    test_double: ClassVar[bool]


@runtime_checkable
class Packaged(Protocol):
    """A driver whose ``product.yaml`` and templates lie in a folder of its own."""

    deploy: ClassVar[Path]


@runtime_checkable
class Forkable(Protocol):
    """A driver whose processes may be forked from one that has imported the product already.

    ``forked`` is a Python file for the product's own interpreter: it imports the product,
    starts no thread, and defines ``run(arguments)``, which gets a `ServiceSpec`'s ``argv`` and
    does what that command line would. A runtime may use it where several services run the
    same version; the process has to be the same in every other respect.
    """

    forked: ClassVar[Path]


@runtime_checkable
class Reconnectable(Protocol):
    """A driver that can end its product's back-off after a healed fault."""

    async def reconnect(self, service: RunningService, domains: Sequence[str]) -> None:
        """Make the service try the named domains again at once."""


@dataclass(frozen=True)
class Message:
    """A message as a client sees it."""

    event_id: str
    sender: str
    body: str
    edited: bool = False
    redacted: bool = False


@dataclass(frozen=True)
class Upload:
    """A file that was sent into a room."""

    event_id: str
    uri: str
    name: str
    sha256: str
    size: int


@runtime_checkable
class Chat(Client, Protocol):
    """The chat capability. Rooms are named by the product's own id, persons by ``user_id``.

    Every method raises ``ActionRefused`` (below) where the product says no, and
    ``TimeoutError`` where it does not answer in time.
    """

    @property
    def user_id(self) -> str: ...

    async def create_room(
        self,
        name: str,
        *,
        invite: Sequence[str] = (),
        encrypted: bool = False,
        history: str = "shared",
        alias: str = "",
    ) -> str:
        """Create a private room and return its id. ``history``: shared, invited or joined."""

    async def invite(self, room: str, user_id: str) -> None: ...

    async def invitations(self, *, expect: str, timeout: float = 30.0) -> bool:
        """Wait until an invitation to room ``expect`` has come; say whether it did."""

    async def join(self, room: str) -> None:
        """Accept an invitation; waits for it to arrive first."""

    async def leave(self, room: str) -> None:
        """Leave a room, or refuse its invitation."""

    async def kick(self, room: str, user_id: str, reason: str = "") -> None: ...

    async def members(self, room: str) -> Mapping[str, str]:
        """Return membership by user id: join, invite, leave, ban."""

    async def wait_membership(
        self, room: str, user_id: str, membership: str, *, timeout: float = 30.0
    ) -> None:
        """Wait until ``user_id`` has that membership, as this client's server sees it."""

    async def send(self, room: str, body: str) -> Message: ...

    async def edit(self, room: str, message: Message, body: str) -> Message: ...

    async def redact(self, room: str, message: Message, reason: str = "") -> None: ...

    async def received(self, room: str, count: int, *, timeout: float = 30.0) -> list[Message]:
        """Wait for ``count`` messages in a room and return all seen, in the server's order.

        Own messages count too. Edits are applied and redactions emptied in place. It
        returns what there is when the time is up: the scenario compares.
        """

    async def wait_until(self, room: str, event_id: str, *, body: str | None, timeout: float = 30.0) -> bool:
        """Wait until a message reads ``body`` (``None``: redacted); say whether it did."""

    async def history(self, room: str, limit: int = 100) -> list[Message]:
        """Ask the server for a room's past, newest last."""

    async def send_file(self, room: str, name: str, content: bytes) -> Upload: ...

    async def fetch_file(self, upload: Upload) -> bytes: ...

    async def set_server_acl(self, room: str, *, deny: Sequence[str]) -> None: ...


class ActionRefused(Exception):
    """The product refused an action of a person.

    Args:
        status: HTTP status, 0 where there is none.
        code: the product's own error code, such as ``M_FORBIDDEN``.
        text: the product's own words; quoted, never trusted.
    """

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(f"{status} {code}: {text}")
        self.status = status
        self.code = code
        self.text = text


# --- the live whole, as scenarios see it ---------------------------------------------------


class Drivers(Protocol):
    """Finds drivers by product name."""

    def get(self, product: str) -> Driver: ...
