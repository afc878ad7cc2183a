"""What drivers are asked before anything is made, and how their answers and mistakes are told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import pytest

from harness.drivers.registry import DriverRegistry
from harness.errors import ProductError, UsageError
from harness.federation.planning import ByRole, in_order, mistakes
from harness.model.federation import Federation
from harness.protocols import Driver, ServicePlan, ServiceSpec

PLACE = "agencies.alfa.services.notes"


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


class Notes:
    """A driver whose answer a test chooses."""

    product: ClassVar[str] = "notes"
    functions: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, answer: Callable[[ServicePlan], Any]) -> None:
        self._answer = answer

    def services(self, plan: ServicePlan) -> Sequence[ServiceSpec]:
        answer: Sequence[ServiceSpec] = self._answer(plan)
        return answer

    async def ready(self, service: object) -> None: ...

    async def account(self, service: object, name: str) -> Any: ...

    async def client(self, service: object, account: object, host: object) -> Any: ...


class OneDriver:
    """Implements `harness.protocols.Drivers` with one driver for every product."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def get(self, product: str) -> Driver:
        return self._driver


def federation(product: str = "notes", **service: Any) -> Federation:
    agencies: dict[str, Any] = {
        "alfa": {"domain": "alfa.example", "services": {"notes": {"product": product, **service}}},
        "beta": {"domain": "beta.example"},
    }
    return Federation(fedharness=1, agencies=agencies)


def asked(answer: Callable[[ServicePlan], Any]) -> list[UsageError]:
    return mistakes(federation(), OneDriver(Notes(answer)))


def test_a_driver_is_asked_with_everything_that_a_plan_has() -> None:
    seen: list[ServicePlan] = []

    def answer(plan: ServicePlan) -> list[ServiceSpec]:
        seen.append(plan)
        return [spec("app")]

    assert asked(answer) == []
    (plan,) = seen
    assert plan.addresses["app"][0].startswith("192.0.2.")
    assert plan.addresses["app"][1].startswith("2001:db8::")
    assert plan.addresses["app"] == plan.addresses["app"]
    assert "BEGIN CERTIFICATE" in plan.certificates["app"].certificate
    assert [partner.agency for partner in plan.partners] == ["beta"]


def test_a_refused_option_is_placed_in_the_federation_file() -> None:
    def answer(plan: ServicePlan) -> list[ServiceSpec]:
        raise UsageError("notes has no option `mottd`", cure="choose from: motd")

    (error,) = asked(answer)
    assert (error.where, error.what, error.cure) == (
        PLACE,
        "notes has no option `mottd`",
        "choose from: motd",
    )


def test_every_refusal_is_told_at_once() -> None:
    broken = Federation(
        fedharness=1,
        agencies={
            name: {"domain": f"{name}.example", "services": {"chat": {"product": "synapse", **wrong}}}
            for name, wrong in (("alfa", {"options": {"foo": 1}}), ("beta", {"options": {"bar": 2}}))
        },
    )
    registry = DriverRegistry()
    versions = {"version": registry.products()["synapse"][0]}
    for agency in broken.agencies.values():
        agency.services["chat"] = agency.services["chat"].model_copy(update=versions)
    assert [error.where for error in mistakes(broken, registry)] == [
        "agencies.alfa.services.chat.options",
        "agencies.beta.services.chat.options",
    ]


def test_any_other_exception_is_a_defect_of_the_driver() -> None:
    def answer(plan: ServicePlan) -> list[ServiceSpec]:
        return [spec("app") for _ in plan.service.options["rooms"]]

    with pytest.raises(ProductError) as caught:
        asked(answer)
    assert "the driver of notes has a defect: KeyError: 'rooms'" in caught.value.what
    assert f"{__file__}:" in caught.value.what
    assert caught.value.where == PLACE
    assert "services" in caught.value.cure


@pytest.mark.parametrize("answer", [[], None, ["app"]])
def test_what_is_no_list_of_specifications_is_a_defect(answer: Any) -> None:
    with pytest.raises(ProductError, match="the driver of notes has a defect"):
        asked(lambda plan: answer)
