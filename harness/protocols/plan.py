"""What a driver is told, and what it answers: plans and specifications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.model.evidence import ListeningPort
from harness.model.federation import Service


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
