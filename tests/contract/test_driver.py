"""What every driver promises: put to all registered ones, to the documented one, and to broken ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from harness import products
from harness.drivers.contract import PROMISES, BrokenPromise, Candidate, Promise
from harness.drivers.folder import drivers_in
from harness.drivers.registry import DriverRegistry
from harness.errors import UsageError
from harness.model.evidence import ListeningPort
from harness.products import load_product
from harness.protocols import Account, Client, Host, RunningService, ServicePlan, ServiceSpec, StoreSpec
from tests.test_docs import DRIVER, NAMED_BLOCK

REGISTERED = DriverRegistry()
PRODUCT = """
product: tiny
title: Tiny
versions:
  - version: "2"
    install: {kind: system}
  - version: "1"
    install: {kind: system}
"""


def name_of(promise: Promise) -> str:
    return promise.__name__


every_promise = pytest.mark.parametrize("promise", PROMISES, ids=name_of)


@every_promise
@pytest.mark.parametrize("product", REGISTERED.products())
def test_a_registered_driver_keeps_its_promises(product: str, promise: Promise) -> None:
    promise(Candidate(REGISTERED.get(product)))


@pytest.fixture
def own_products(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(products, "_OWN_FOLDERS", {})
    yield
    load_product.cache_clear()


@every_promise
@pytest.mark.usefixtures("own_products")
def test_the_documented_driver_keeps_its_promises(tmp_path: Path, promise: Promise) -> None:
    for match in NAMED_BLOCK.finditer(DRIVER.read_text()):
        (tmp_path / match["name"]).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / match["name"]).write_text(match["text"])
    (driver,) = drivers_in(tmp_path / "drivers")
    promise(Candidate(driver, key="notes"))


class TinyDriver:
    """A driver that keeps every promise; each test breaks one."""

    product: ClassVar[str] = "tiny"
    functions: ClassVar[frozenset[str]] = frozenset({"chat", "notes"})

    def __init__(self, deploy: Path, change: Callable[[ServicePlan, ServiceSpec], ServiceSpec]) -> None:
        self.deploy = deploy
        self._change = change

    def services(self, plan: ServicePlan) -> Sequence[ServiceSpec]:
        """Return the one process."""
        for name in plan.service.options:
            where = f"agencies.{plan.agency}.services.{plan.key}.options"
            raise UsageError(f"no option `{name}`", where=where, cure="take it away")
        version = load_product(self.product).version(plan.service.version).version
        spec = ServiceSpec(
            role="app",
            product=self.product,
            version=version,
            argv=("{python}", "/srv/app.py", *plan.addresses["app"]),
            files={"/srv/app.ini": f"admin_password = {plan.secret}\n"},
            ports=(ListeningPort(name="https", port=443),),
            stores=(StoreSpec("database", "/data/database"),),
            srv={"_tiny._tcp": "https"},
        )
        return [self._change(plan, spec)]

    async def ready(self, service: RunningService) -> None: ...

    async def account(self, service: RunningService, name: str) -> Account:
        return Account(service.agency, name, name, "")

    async def client(self, service: RunningService, account: Account, host: Host) -> Client:
        raise NotImplementedError


Change = Callable[[ServicePlan, ServiceSpec], ServiceSpec]


def changed(**fields: Any) -> Change:
    return lambda plan, spec: replace(spec, **fields)


def swallowed(plan: ServicePlan, spec: ServiceSpec) -> ServiceSpec:
    plan.service.options["filled_in"] = True
    return spec


def written(plan: ServicePlan, spec: ServiceSpec) -> ServiceSpec:
    Path("/dev/null").write_text("written")
    return spec


def asked_for(plan: ServicePlan, spec: ServiceSpec) -> ServiceSpec:
    return replace(spec, environment={"DATABASE": plan.addresses["database"][0]})


BROKEN: list[tuple[str, Change, str]] = [
    ("answers_for_every_version", changed(version="2"), "not of version 1"),
    (
        "answers_the_same_again",
        lambda plan, spec: replace(spec, environment={"NOW": str(time.time_ns())}),
        "environment",
    ),
    ("answers_the_same_again", swallowed, "changes the plan's options"),
    ("does_nothing_but_read", written, "open '/dev/null'"),
    ("names_roles", changed(role="The App"), "no host name"),
    ("names_roles", asked_for, "addresses of `database`"),
    ("names_roles", changed(depends_on=("database",)), "depends_on"),
    ("names_roles", changed(depends_on=("app",)), "circle"),
    ("has_a_command", changed(argv=()), "neither argv nor image"),
    ("has_a_command", changed(argv=("python3", "app.py")), "no PATH"),
    ("has_a_command", changed(argv=("{package}/bin/app", "{config}")), "`{config}` stands for nothing"),
    ("has_a_command", changed(stop_signal="SIGTERM"), "no signal"),
    ("has_absolute_paths", changed(files={"app.ini": ""}), "`app.ini` is no plain"),
    ("has_absolute_paths", changed(data=("/data/../etc",)), "no plain"),
    ("has_absolute_paths", changed(files={"/data/app.ini": ""}), "lies within /data"),
    ("has_absolute_paths", changed(data=("/data", "/tmp/more")), "lies within /tmp"),
    ("has_absolute_paths", changed(stores=(StoreSpec("database", "/var/lib/app"),)), "no sweep finds it"),
    ("has_valid_ports", changed(srv={"_tiny._tcp": "http"}), "the port `http`"),
    ("has_valid_ports", changed(ports=(ListeningPort(name="https", port=443),) * 2), "twice"),
    (
        "takes_secrets_from_the_plan",
        changed(files={"/a.yaml": "db: x\nadmin_secret: hunter22\n"}),
        "admin_secret",
    ),
    ("takes_secrets_from_the_plan", changed(environment={"DB_PASSWORD": "hunter22"}), "DB_PASSWORD"),
    (
        "takes_secrets_from_the_plan",
        changed(files={"/a.json": '{"token": "hunter22"}'}),
        "`token` in /a.json",
    ),
    (
        "takes_secrets_from_the_plan",
        lambda plan, spec: replace(spec, argv=("/usr/bin/app", plan.secret)),
        "command line",
    ),
]


@pytest.fixture
def tiny(tmp_path: Path, own_products: None) -> Callable[[Change], TinyDriver]:
    (tmp_path / "product.yaml").write_text(PRODUCT)
    return lambda change: TinyDriver(tmp_path, change)


@every_promise
def test_the_tiny_driver_keeps_every_promise(tiny: Callable[[Change], TinyDriver], promise: Promise) -> None:
    promise(Candidate(tiny(changed())))


@pytest.mark.parametrize(("name", "change", "said"), BROKEN)
def test_a_broken_promise_is_found(
    tiny: Callable[[Change], TinyDriver], name: str, change: Change, said: str
) -> None:
    (promise,) = [each for each in PROMISES if each.__name__ == name]
    with pytest.raises(BrokenPromise) as raised:
        promise(Candidate(tiny(change)))
    assert said in raised.value.what
    assert raised.value.where == "TinyDriver.services"
    assert raised.value.cure


class Accepts(TinyDriver):
    def services(self, plan: ServicePlan) -> Sequence[ServiceSpec]:
        version = plan.service.version
        return [ServiceSpec(role="app", product="tiny", version=version, argv=("/usr/bin/app",))]


class Placeless(TinyDriver):
    def services(self, plan: ServicePlan) -> Sequence[ServiceSpec]:
        raise UsageError("no")


class Breaks(TinyDriver):
    def services(self, plan: ServicePlan) -> Sequence[ServiceSpec]:
        raise KeyError("no")


class Misspelt(TinyDriver):
    functions = frozenset({"chats"})


class Waits(TinyDriver):
    async def services(self, plan: ServicePlan) -> Sequence[ServiceSpec]:  # type: ignore[override]
        return []


class Blocks(TinyDriver):
    def ready(self, service: RunningService) -> None:  # type: ignore[override]
        return None


class OfAnother(TinyDriver):
    product = "other"


class Forks(TinyDriver):
    forked = Path(__file__)


OTHERS: list[tuple[str, type[TinyDriver], str]] = [
    ("refuses_an_unknown_option", Accepts, "accepted silently"),
    ("refuses_an_unknown_version", Accepts, "accepted silently"),
    ("refuses_an_unknown_option", Placeless, "lacks place or cure"),
    ("refuses_an_unknown_option", Breaks, "answered by KeyError"),
    ("names_functions", Misspelt, "nearly `chat`"),
    ("has_every_method", Waits, "asynchronous"),
    ("has_every_method", Blocks, "`ready` is no asynchronous method"),
    ("has_its_product_file", OfAnother, "product.yaml is of `tiny`"),
    ("can_be_forked", Forks, "defines no `run`"),
]


@pytest.mark.parametrize(("name", "kind", "said"), OTHERS)
def test_a_driver_that_breaks_its_word_is_found(
    tiny: Callable[[Change], TinyDriver], tmp_path: Path, name: str, kind: type[TinyDriver], said: str
) -> None:
    driver = kind(tmp_path, changed())
    if isinstance(driver, Forks):
        driver.forked = tmp_path / "forked.py"
        driver.forked.write_text("import json\n")
    (promise,) = [each for each in PROMISES if each.__name__ == name]
    with pytest.raises(BrokenPromise) as raised:
        promise(Candidate(driver))
    assert said in raised.value.what


def test_a_version_without_its_requirements_is_found(
    tiny: Callable[[Change], TinyDriver], tmp_path: Path
) -> None:
    (tmp_path / "product.yaml").write_text(PRODUCT.replace("{kind: system}", "{kind: python}", 1))
    with pytest.raises(BrokenPromise, match="version 2 has no requirements file"):
        PROMISES[0](Candidate(tiny(changed())))


def test_every_promise_can_be_broken() -> None:
    assert {name for name, *_ in (*BROKEN, *OTHERS)} == {promise.__name__ for promise in PROMISES}
