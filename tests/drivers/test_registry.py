"""Drivers by product name: the harness's own, and a user's."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar

import pytest

from harness import products
from harness.drivers import registry
from harness.drivers.registry import DriverRegistry
from harness.errors import UsageError
from harness.protocols import Account, Client, Host, RunningService, ServicePlan, ServiceSpec


class OwnDriver:
    product: ClassVar[str] = "own"
    functions: ClassVar[frozenset[str]] = frozenset({"board"})

    def __init__(self, deploy: Path | None = None) -> None:
        if deploy is not None:
            self.deploy = deploy

    def services(self, plan: ServicePlan) -> Sequence[ServiceSpec]:
        return [ServiceSpec("own", "own", plan.service.version)]

    async def ready(self, service: RunningService) -> None: ...

    async def account(self, service: RunningService, name: str) -> Account:
        return Account(service.agency, name, name, "")

    async def client(self, service: RunningService, account: Account, host: Host) -> Client:
        raise NotImplementedError


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(products, "_OWN_FOLDERS", {})
    text = "product: own\ntitle: Own\nversions: [{version: '2', install: {kind: system}}]\n"
    (tmp_path / "product.yaml").write_text(text)
    return tmp_path


def test_the_harness_brings_its_own_drivers() -> None:
    found = DriverRegistry()
    assert found.get("synapse").functions == {"chat"}
    assert found.products()["synapse"][:2] == ("1.163.2", "1.162.0")
    assert found.products()["leaker"] == ("1",)


def test_an_unknown_product_is_answered_by_the_known_ones() -> None:
    with pytest.raises(UsageError, match="product `nonesuch` is not known") as raised:
        DriverRegistry().get("nonesuch")
    assert "leaker, synapse" in raised.value.cure


def test_a_users_driver_brings_its_own_product_file(own_folder: Path) -> None:
    found = DriverRegistry()
    found.add(OwnDriver(own_folder))
    assert found.get("own").functions == {"board"}
    assert found.products()["own"] == ("2",)


def test_an_installed_driver_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("own", f"{__name__}:OwnDriver", registry.GROUP)
    monkeypatch.setattr(EntryPoint, "load", lambda self: OwnDriver)
    monkeypatch.setattr(registry, "entry_points", lambda **_: [point])
    assert DriverRegistry().get("own").product == "own"


def test_a_broken_entry_point_says_whose_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: Any) -> list[EntryPoint]:
        return [EntryPoint("broken", "no_such_module:Driver", registry.GROUP)]

    monkeypatch.setattr(registry, "entry_points", broken)
    with pytest.raises(UsageError, match="`broken` cannot be loaded") as raised:
        DriverRegistry()
    assert "no_such_module" in raised.value.where
