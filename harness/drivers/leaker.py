"""The planted leak: a test double that sends to places outside, so that the harness must find it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Sequence
from typing import Any, ClassVar

from harness.errors import NotTested, ProductError, UsageError
from harness.model.evidence import ListeningPort
from harness.products import load_product
from harness.protocols import Account, Client, Host, RunningService, ServicePlan, ServiceSpec

ROLE = "leaker"
_PORT = 7070
_FIRST_WAIT, _LONGEST_WAIT = 0.02, 0.2

# Addresses for documentation (RFC 5737, RFC 3849) and a name that no agency has.
TARGETS: dict[str, Any] = {
    "tcp_name": ["telemetry.leak.example", 80],
    "tcp_ipv4": ["203.0.113.10", 443],
    "tcp_ipv6": ["2001:db8:113::10", 443],
    "udp": ["203.0.113.20", 3478],
    "icmp": "203.0.113.30",
    "dns": "lookup.leak.example",
}
"""Where each kind of leak goes unless the option ``targets`` says otherwise."""


class LeakerDriver:
    """Implements `harness.protocols.Driver` for a service without any person.

    Options of the federation file: ``leaks`` (kinds of ``TARGETS``, all by default),
    ``targets`` (other places by kind, in the form of ``TARGETS``), ``seconds`` (between two
    leaks of a kind, 1 by default) and ``muted`` (true: it sends nothing).
    """

    product: ClassVar[str] = "leaker"
    functions: ClassVar[frozenset[str]] = frozenset()
    test_double: ClassVar[bool] = True

    def services(self, plan: ServicePlan) -> Sequence[ServiceSpec]:
        """Return the one process.

        Raises:
            UsageError: the version, an option or a kind of leak is not known.
        """
        product = load_product(self.product)
        settings = {"listen": [plan.addresses[ROLE][0], _PORT], **_settings(plan)}
        spec = ServiceSpec(
            role=ROLE,
            product=self.product,
            version=product.version(plan.service.version).version,
            argv=("{python}", "-I", "/config/leaker.py", "/config/leaker.json"),
            files={
                "/config/leaker.py": (product.folder / "leaker.py").read_text(encoding="utf-8"),
                "/config/leaker.json": json.dumps(settings, indent=2),
            },
            data=(),
            ports=(ListeningPort(name="status", port=_PORT, audience="operator"),),
        )
        return [spec]

    async def ready(self, service: RunningService) -> None:
        """Return when it listens; by then it has begun to leak.

        Raises:
            ProductError: it has ended.
        """
        address, wait = service.plan.addresses[ROLE][0], _FIRST_WAIT
        while not await _listens(service.operator, address):
            if service.process.returncode is not None:
                raise ProductError(
                    f"the planted leak ended with status {service.process.returncode}",
                    where=f"{service.agency}/{service.key}",
                    cure="read its last lines above",
                    detail=service.process.tail(20),
                )
            await asyncio.sleep(wait)
            wait = min(wait * 1.5, _LONGEST_WAIT)

    async def account(self, service: RunningService, name: str) -> Account:
        """Refuse: it has no accounts.

        Raises:
            NotTested: always.
        """
        raise NotTested("capability", capability="account", agency=service.agency)

    async def client(self, service: RunningService, account: Account, host: Host) -> Client:
        """Refuse: nobody can log in.

        Raises:
            NotTested: always.
        """
        raise NotTested("capability", capability="client", agency=service.agency)


def _settings(plan: ServicePlan) -> dict[str, Any]:
    options = plan.service.options
    where = f"agencies.{plan.agency}.services.{plan.key}.options"
    _known(options, ("leaks", "targets", "seconds", "muted"), "option", where)
    kinds = options.get("leaks", list(TARGETS))
    _known(kinds, TARGETS, "kind of leak", f"{where}.leaks")
    _known(options.get("targets", {}), TARGETS, "kind of leak", f"{where}.targets")
    targets = {**TARGETS, **options.get("targets", {})}
    leaks = {} if options.get("muted", False) else {kind: targets[kind] for kind in kinds}
    return {"seconds": options.get("seconds", 1), "leaks": leaks}


def _known(given: Any, allowed: Any, what: str, where: str) -> None:
    for name in given:
        if name not in allowed:
            raise UsageError(
                f"the planted leak has no {what} `{name}`",
                where=where,
                cure=f"choose from: {', '.join(allowed)}",
            )


async def _listens(host: Host, address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with host.open_socket(family, socket.SOCK_STREAM) as channel:
        try:
            await asyncio.get_running_loop().sock_connect(channel, (address, _PORT))
        except OSError:
            return False
    return True
