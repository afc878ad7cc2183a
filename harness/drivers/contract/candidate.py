"""A driver that the contract is put to, and the plan that it is asked with."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import trustme

from harness.errors import HarnessError
from harness.model.federation import Service
from harness.products import Product, add_product_folder, load_product
from harness.protocols import Certificate, Driver, Packaged, Partner, ServicePlan, ServiceSpec

V = TypeVar("V")


class BrokenPromise(HarnessError):
    """A driver does not do what the contract says."""


@dataclass(frozen=True)
class Candidate:
    """A driver that the contract is put to.

    Args:
        driver: an instance.
        options: options of the federation file that it cannot do without.
        key: the service's key in the federation file.
    """

    driver: Driver
    options: Mapping[str, Any] = field(default_factory=dict)
    key: str = "service"

    @property
    def product(self) -> Product:
        """The driver's ``product.yaml``."""
        if isinstance(self.driver, Packaged):
            add_product_folder(self.driver.product, self.driver.deploy)
        return load_product(self.driver.product)

    def plan(self, **service: Any) -> ServicePlan:
        """Return a plan for the newest version, hardened, unless ``service`` says otherwise."""
        given = {
            "product": self.driver.product,
            "version": self.product.versions[0].version,
            "options": copy.deepcopy(dict(self.options)),
            **service,
        }
        ca, certificate = _authority()
        return ServicePlan(
            agency="alfa",
            domain="alfa.example",
            key=self.key,
            service=Service.model_validate(given),
            addresses=ByRole(lambda number: (f"10.99.0.{number}", f"fd00:99::{number:x}")),
            partners=(Partner("beta", "beta.example"), Partner("gamma", "gamma.example")),
            certificates=ByRole(lambda number: certificate),
            ca=ca,
            secret="5ec7e7" * 8,
        )

    def specs(self, **service: Any) -> list[ServiceSpec]:
        """Return what the driver answers to `plan`."""
        return list(self.driver.services(self.plan(**service)))

    def broken(self, what: str, cure: str, place: str = "services") -> BrokenPromise:
        """Return the error that says what is wrong with the driver."""
        return BrokenPromise(what, where=f"{type(self.driver).__name__}.{place}", cure=cure)


class ByRole(dict[str, V]):
    """A mapping that makes the value of a role when it is first asked for, by the role's number."""

    def __init__(self, make: Callable[[int], V]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, role: str) -> V:
        self[role] = self._make(len(self) + 2)
        return self[role]


@cache
def _authority() -> tuple[str, Certificate]:
    ca = trustme.CA()
    issued = ca.issue_cert("alfa.example", "*.alfa.example")
    chain = b"".join(part.bytes() for part in issued.cert_chain_pems)
    certificate = Certificate(chain.decode(), issued.private_key_pem.bytes().decode())
    return ca.cert_pem.bytes().decode(), certificate
