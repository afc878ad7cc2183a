"""What a driver and a client promise, and what a driver may be able to do beside that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

from harness.protocols.plan import ServicePlan, ServiceSpec
from harness.protocols.runtime import Host, RunningService


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


class Drivers(Protocol):
    """Finds drivers by product name."""

    def get(self, product: str) -> Driver: ...
