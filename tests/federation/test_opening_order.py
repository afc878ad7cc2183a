"""The order in which a federation starts and ends, and what the record says when it goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from harness.errors import ProductError
from harness.federation.opening import open_federation
from harness.model.base import Record
from harness.model.border import ZoneRecord
from harness.model.evidence import StepRecord
from harness.model.federation import Federation
from harness.protocols import (
    Account,
    Client,
    Host,
    RunningService,
    ServicePlan,
    ServiceSpec,
    SweepTarget,
)
from tests.contract.fake_runtime import FakeRuntime

SERVICES = {"services": {"own": {"product": "tiny", "version": "1"}}}
FEDERATION = Federation.model_validate(
    {
        "fedharness": 1,
        "agencies": {name: {"domain": f"{name}.example", **SERVICES} for name in ("alfa", "beta")},
    }
)
SLEEPS = ("{python}", "-c", "import time; time.sleep(60)")


class TinyDriver:
    """Two processes for each service; the second one needs the first."""

    product: ClassVar[str] = "tiny"
    functions: ClassVar[frozenset[str]] = frozenset({"chat"})

    def __init__(self, events: list[str], fails: str = "") -> None:
        self._events = events
        self._fails = fails

    def get(self, product: str) -> TinyDriver:
        """Be the only driver there is: implements `harness.protocols.Drivers`."""
        return self

    def services(self, plan: ServicePlan) -> Sequence[ServiceSpec]:
        app = ServiceSpec("app", "tiny", "1", argv=SLEEPS, data=("/data",), depends_on=("database",))
        return [app, ServiceSpec("database", "tiny", "1", argv=SLEEPS, data=())]

    async def ready(self, service: RunningService) -> None:
        if service.agency == self._fails:
            raise ProductError("it is not well", where=service.agency)
        self._events.append(f"ready {service.agency} {service.spec.role}")

    async def account(self, service: RunningService, name: str) -> Account:
        raise NotImplementedError

    async def client(self, service: RunningService, account: Account, host: Host) -> Client:
        raise NotImplementedError


class Watched(FakeRuntime):
    """The fake runtime, with a list of what is asked of it."""

    def __init__(self, folder: Path, events: list[str]) -> None:
        super().__init__(["alfa", "beta"], folder)
        self._events = events

    async def __aenter__(self) -> Watched:
        self._events.append("world up")
        await super().__aenter__()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await super().__aexit__(*exc_info)
        self._events.append(f"world down, {self.processes()} running")

    def processes(self) -> int:
        return sum(process.returncode is None for host in self._hosts for process in host.processes)

    async def set_names(self, owner: str, records: Sequence[ZoneRecord]) -> None:
        self._events.append(f"names {owner}")
        await super().set_names(owner, records)

    async def start_service(self, plan: ServicePlan, spec: ServiceSpec) -> RunningService:
        self._events.append(f"start {plan.agency} {spec.role}")
        return await super().start_service(plan, spec)

    async def stop_service(self, service: RunningService, *, kill: bool = False) -> None:
        self._events.append(f"stop {service.agency} {service.spec.role}")
        await super().stop_service(service, kill=kill)

    async def mark(self, window: str) -> None:
        self._events.append(f"mark {window}")
        await super().mark(window)

    def sweep_targets(self) -> Sequence[SweepTarget]:
        self._events.append(f"sweep, {self.processes()} running")
        return super().sweep_targets()


class Kept:
    """Implements `harness.protocols.Recorder` in memory."""

    def __init__(self) -> None:
        self.steps: list[StepRecord] = []

    def append(self, stem: str, record: Record) -> None:
        if isinstance(record, StepRecord):
            self.steps.append(record)

    def told(self) -> list[tuple[str, str, str]]:
        return [(step.kind, step.name, step.code or str(step.outcome)) for step in self.steps]


class Opening:
    """One federation, opened as a run opens it."""

    def __init__(self, folder: Path, fails: str = "") -> None:
        self.events: list[str] = []
        self.kept = Kept()
        self.runtime = Watched(folder, self.events)
        self.driver = TinyDriver(self.events, fails)

    def open(self) -> Any:
        return open_federation(
            FEDERATION, lambda ca: self.runtime, self.driver, self.kept, lambda *said: None
        )


@pytest.fixture
def opening(tmp_path: Path) -> Opening:
    return Opening(tmp_path)


async def test_names_come_before_services_and_each_service_after_what_it_needs(opening: Opening) -> None:
    async with opening.open():
        up = list(opening.events)
    assert up[0] == "world up"
    assert up[1:3] == ["names alfa/own", "names beta/own"]
    assert up[-1] == "mark between"
    for agency in ("alfa", "beta"):
        own = [event for event in up if event.split()[0] in ("start", "ready") and agency in event]
        assert own == [f"start {agency} database", f"start {agency} app", f"ready {agency} app"]


async def test_stores_are_swept_with_services_up_then_all_stop_then_again_and_the_world_goes_last(
    opening: Opening,
) -> None:
    async with opening.open():
        opening.events.clear()
    assert opening.events == [
        "mark stop",
        "sweep, 4 running",
        "stop alfa app",
        "stop alfa database",
        "stop beta app",
        "stop beta database",
        "sweep, 0 running",
        "world down, 0 running",
    ]
    assert opening.kept.told() == [
        ("run", "start", "started"),
        ("sweep", "end-running", "passed"),
        ("sweep", "end-stopped", "passed"),
        ("run", "stop", "passed"),
    ]


async def test_a_start_that_fails_is_recorded_and_nothing_is_left_running(tmp_path: Path) -> None:
    opening = Opening(tmp_path, fails="beta")
    with pytest.raises(ProductError, match="it is not well"):
        async with opening.open():
            pytest.fail("a federation that did not start was handed out")
    assert opening.kept.told() == [("run", "start", "started"), ("trouble", "run", "could_not_run")]
    assert "it is not well" in opening.kept.steps[-1].text
    assert opening.events[-1] == "world down, 0 running"
    assert "mark between" not in opening.events


@pytest.mark.parametrize(
    ("raised", "code"),
    [(RuntimeError("a fault of the harness"), "could_not_run"), (asyncio.CancelledError(), "interrupted")],
)
async def test_a_body_that_raises_is_swept_recorded_and_taken_down(
    opening: Opening, raised: BaseException, code: str
) -> None:
    async def run() -> None:
        async with opening.open():
            opening.events.clear()
            raise raised

    with pytest.raises(type(raised)) as caught:
        await run()
    assert caught.value is raised
    assert opening.kept.told() == [
        ("run", "start", "started"),
        ("sweep", "end-running", "passed"),
        ("trouble", "run", code),
    ]
    assert opening.events == ["mark stop", "sweep, 4 running", "world down, 0 running"]
