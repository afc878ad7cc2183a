"""Bringing every service of a federation up: plans, names, start, readiness."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from typing import TypeVar

from harness.errors import ProductError
from harness.federation.agency import Agency, LiveService
from harness.federation.authority import Authority
from harness.federation.naming import zone_records
from harness.model.federation import Federation, Service
from harness.protocols import Driver, Drivers, Partner, RunningService, Runtime, ServicePlan, ServiceSpec

READY_SECONDS = 90.0

V = TypeVar("V")


class ByRole(dict[str, V]):
    """A mapping that makes the value of a role when it is first asked for.

    A driver names its roles only in the specifications that it returns, and may look up
    each role's addresses and certificate while it writes them.
    """

    def __init__(self, make: Callable[[str], V]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, role: str) -> V:
        self[role] = self._make(role)
        return self[role]


Progress = Callable[[str, str], None]
"""Called with an agency's service and what happens to it: ``starting``, ``ready``."""


class Starter:
    """Starts the services of one federation on one runtime."""

    def __init__(
        self,
        federation: Federation,
        runtime: Runtime,
        drivers: Drivers,
        authority: Authority,
        progress: Progress,
    ) -> None:
        self._federation = federation
        self._runtime = runtime
        self._drivers = drivers
        self._authority = authority
        self._progress = progress

    async def start_all(self) -> dict[str, Agency]:
        """Start every service and return when all are ready.

        Raises:
            ProductError: a service ended or was not ready in time; the others are left
                to the runtime to take down.
        """
        agencies = {name: Agency(name, entry) for name, entry in self._federation.agencies.items()}
        planned = [
            (agency, key, self._plan(agency.id, key, service))
            for agency in agencies.values()
            for key, service in agency.entry.services.items()
        ]
        for agency, key, (plan, _, specs) in planned:
            addresses = {spec.role: plan.addresses[spec.role] for spec in specs}
            await self._runtime.set_names(f"{agency.id}/{key}", zone_records(plan.domain, specs, addresses))
        async with asyncio.TaskGroup() as group:
            for agency, key, (plan, driver, specs) in planned:
                service = LiveService(key, driver, plan.service.version)
                agency.services[key] = service
                group.create_task(self._start(service, plan, specs))
        return agencies

    def _plan(self, agency: str, key: str, service: Service) -> tuple[ServicePlan, Driver, list[ServiceSpec]]:
        driver = self._drivers.get(service.product)
        entry = self._federation.agencies[agency]
        certificate = self._authority.issue(entry.domain)
        plan = ServicePlan(
            agency=agency,
            domain=entry.domain,
            key=key,
            service=service,
            addresses=ByRole(lambda role: self._runtime.service_addresses(agency, key, role)),
            partners=tuple(
                Partner(name, self._federation.agencies[name].domain)
                for name in self._federation.partners(agency)
            ),
            certificates=ByRole(lambda role: certificate),
            ca=self._authority.pem,
            secret=secrets.token_hex(24),
        )
        specs = in_order(driver.services(plan))
        return plan, driver, specs

    async def _start(self, service: LiveService, plan: ServicePlan, specs: Sequence[ServiceSpec]) -> None:
        for spec in specs:
            self._progress(f"{plan.agency}/{plan.key}", "starting")
            service.parts.append(await self._runtime.start_service(plan, spec))
        await wait_ready(service.driver, service.main)
        self._progress(f"{plan.agency}/{plan.key}", "ready")


async def wait_ready(driver: Driver, service: RunningService, seconds: float = READY_SECONDS) -> None:
    """Wait until a service answers.

    Raises:
        ProductError: it ended meanwhile, or was not ready after ``seconds``.
    """
    where = f"{service.agency}: {service.spec.product} {service.spec.version}"
    ready = asyncio.ensure_future(driver.ready(service))
    ended = asyncio.ensure_future(service.process.wait())
    try:
        await asyncio.wait({ready, ended}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            await ready
            return
    finally:
        ready.cancel()
        ended.cancel()
    what = (
        f"the product ended with status {service.process.returncode} before it was ready"
        if service.process.returncode is not None
        else f"the product was not ready after {seconds:.0f} s"
    )
    raise ProductError(
        what,
        where=where,
        cure="read its last lines below; the whole log is in the run folder's evidence/logs.jsonl",
        detail=service.process.tail(),
    )


def in_order(specs: Sequence[ServiceSpec]) -> list[ServiceSpec]:
    """Return the specifications with each after those it depends on; the first stays first.

    Raises:
        ProductError: two depend on each other, or one on a role that does not exist.
    """
    waiting, done, result = list(specs), set[str](), list[ServiceSpec]()
    while waiting:
        ready = [spec for spec in waiting if done.issuperset(spec.depends_on)]
        if not ready:
            names = ", ".join(spec.role for spec in waiting)
            raise ProductError(
                f"the roles {names} cannot be put in an order",
                where=waiting[0].product,
                cure="correct `depends_on` in the driver's ServiceSpec",
            )
        result += ready
        done.update(spec.role for spec in ready)
        waiting = [spec for spec in waiting if spec.role not in done]
    return result
