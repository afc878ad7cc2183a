"""Order of start, and what happens when a product is not ready."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.errors import ProductError
from harness.federation.starting import ByRole, in_order, wait_ready
from harness.protocols import ServiceSpec


def spec(role: str, *depends_on: str) -> ServiceSpec:
    return ServiceSpec(role=role, product="p", version="1", depends_on=depends_on)


def test_each_role_starts_after_those_it_depends_on() -> None:
    ordered = in_order([spec("web", "app"), spec("app", "database"), spec("database")])
    assert [one.role for one in ordered] == ["database", "app", "web"]


def test_a_circle_is_refused() -> None:
    with pytest.raises(ProductError, match="cannot be put in an order"):
        in_order([spec("a", "b"), spec("b", "a")])


def test_a_role_is_made_once_when_it_is_first_asked_for() -> None:
    made: list[str] = []

    def make(role: str) -> str:
        made.append(role)
        return role.upper()

    mapping = ByRole(make)
    assert (mapping["x"], mapping["x"]) == ("X", "X")
    assert made == ["x"]


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
    assert caught.value.where == "alfa: p 1"


async def test_a_silent_product_is_given_up() -> None:
    with pytest.raises(ProductError, match="not ready after"):
        await wait_ready(cast(Any, Driver(answers=False)), service(None), seconds=0.05)
