"""What happens when a product is not ready, and what a person sees of a start."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.errors import ProductError
from harness.federation.authority import Authority
from harness.federation.starting import Starter, wait_ready
from harness.model.federation import Federation
from harness.protocols import ServiceSpec
from tests.contract.fake_runtime import FakeRuntime


def spec(role: str, *depends_on: str) -> ServiceSpec:
    return ServiceSpec(role=role, product="p", version="1", depends_on=depends_on)


class Process:
    def __init__(self, ends_with: int | None) -> None:
        self.returncode: int | None = None
        self._ends_with = ends_with

    async def wait(self) -> int:
        if self._ends_with is None:
            await asyncio.Event().wait()
        self.returncode = self._ends_with
        return self._ends_with or 0

    def tail(self, lines: int = 20) -> str:
        return "the product's last words"


class Driver:
    def __init__(self, *, answers: bool) -> None:
        self._answers = answers

    async def ready(self, service: object) -> None:
        if not self._answers:
            await asyncio.Event().wait()


def service(ends_with: int | None) -> Any:
    return SimpleNamespace(agency="alfa", spec=spec("app"), process=Process(ends_with))


async def test_a_service_that_answers_is_ready() -> None:
    one = service(None)
    async with asyncio.timeout(1):
        await wait_ready(cast(Any, Driver(answers=True)), one, seconds=30)
    assert one.process.returncode is None, "it is not ended for being ready"


async def test_a_product_that_ends_is_named_with_its_last_lines() -> None:
    with pytest.raises(ProductError) as caught:
        await wait_ready(cast(Any, Driver(answers=False)), service(3), seconds=5)
    assert "ended with status 3" in caught.value.what
    assert "the product's last words" in str(caught.value)
    assert caught.value.where == "alfa: p 1, app"


async def test_another_process_of_the_service_that_ends_is_named() -> None:
    other = SimpleNamespace(agency="alfa", spec=spec("database"), process=Process(4))
    with pytest.raises(ProductError, match="ended with status 4") as caught:
        await wait_ready(
            cast(Any, Driver(answers=False)), service(None), seconds=5, beside=[cast(Any, other)]
        )
    assert caught.value.where == "alfa: p 1, database"


async def test_a_silent_product_is_given_up() -> None:
    with pytest.raises(ProductError, match="not ready after"):
        await wait_ready(cast(Any, Driver(answers=False)), service(None), seconds=0.05)


class Parts:
    """A driver of a service of several processes."""

    def __init__(self, *roles: str) -> None:
        self._roles = roles

    def services(self, plan: object) -> list[ServiceSpec]:
        return [
            ServiceSpec(role=role, product="p", version="1", argv=("sleep", "60")) for role in self._roles
        ]

    async def ready(self, service: object) -> None: ...


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        (("app",), [("alfa/prat", "starting"), ("alfa/prat", "ready")]),
        (
            ("app", "web"),
            [("alfa/prat/app", "starting"), ("alfa/prat/web", "starting"), ("alfa/prat", "ready")],
        ),
    ],
)
async def test_several_processes_are_told_by_their_roles(
    roles: tuple[str, ...], said: list[tuple[str, str]], tmp_path: Path
) -> None:
    services: dict[str, Any] = {"prat": {"product": "p", "version": "1"}}
    agencies: dict[str, Any] = {"alfa": {"domain": "alfa.example", "services": services}}
    federation = Federation(fedharness=1, agencies=agencies)
    told: list[tuple[str, str]] = []
    drivers = cast(Any, SimpleNamespace(get=lambda product: Parts(*roles)))
    async with FakeRuntime(["alfa"], tmp_path) as runtime:
        starter = Starter(federation, runtime, drivers, Authority(), lambda *line: told.append(line))
        await starter.start_all()
    assert told == said
