"""Bringing every service of a federation up: plans, names, start, readiness."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from harness.errors import ProductError
from harness.federation.agency import Agency, LiveService
from harness.federation.authority import Authority
from harness.federation.naming import zone_records
from harness.federation.planning import Planned, plan_services
from harness.model.federation import Federation
from harness.protocols import Driver, Drivers, RunningService, Runtime

READY_SECONDS = 90.0

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
            UsageError: a driver refused what the federation file says.
            ProductError: a service ended or was not ready in time; the others are left
                to the runtime to take down.
        """
        agencies = {name: Agency(name, entry) for name, entry in self._federation.agencies.items()}
        planned = list(
            plan_services(self._federation, self._drivers, self._authority, self._runtime.service_addresses)
        )
        for one in planned:
            addresses = {spec.role: one.plan.addresses[spec.role] for spec in one.specs}
            records = zone_records(one.plan.domain, one.specs, addresses)
            await self._runtime.set_names(f"{one.agency}/{one.key}", records)
        async with asyncio.TaskGroup() as group:
            for one in planned:
                service = LiveService(one.key, one.driver, one.plan.service.version)
                agencies[one.agency].services[one.key] = service
                group.create_task(self._start(service, one))
        return agencies

    async def _start(self, service: LiveService, planned: Planned) -> None:
        name = f"{planned.agency}/{planned.key}"
        for spec in planned.specs:
            # A service of one process is known by its key; among several the role tells which.
            self._progress(f"{name}/{spec.role}" if len(planned.specs) > 1 else name, "starting")
            service.parts.append(await self._runtime.start_service(planned.plan, spec))
        await wait_ready(service.driver, service.main, beside=service.parts[:-1])
        self._progress(name, "ready")


async def wait_ready(
    driver: Driver,
    service: RunningService,
    seconds: float = READY_SECONDS,
    *,
    beside: Sequence[RunningService] = (),
) -> None:
    """Wait until a service answers.

    Args:
        driver: says when it does.
        service: the process that the driver speaks to.
        seconds: how long.
        beside: the other processes that make the service up; none of them may end either.

    Raises:
        ProductError: a process ended meanwhile, or it was not ready after ``seconds``.
    """
    ready = asyncio.ensure_future(driver.ready(service))
    ends = [asyncio.ensure_future(part.process.wait()) for part in (service, *beside)]
    try:
        await asyncio.wait({ready, *ends}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            await ready
            return
    finally:
        for task in (ready, *ends):
            task.cancel()
    ended = next((part for part in (service, *beside) if part.process.returncode is not None), None)
    what = (
        f"the product was not ready after {seconds:.0f} s"
        if ended is None
        else f"the product ended with status {ended.process.returncode} before it was ready"
    )
    quoted = ended or service
    raise ProductError(
        what,
        where=f"{quoted.agency}: {quoted.spec.product} {quoted.spec.version}, {quoted.spec.role}",
        cure="read its last lines below; the whole log is in the run folder's evidence/logs.jsonl",
        detail=quoted.process.tail(),
    )
