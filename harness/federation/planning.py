"""What every service is built from, and what its driver makes of it. Nothing is started here."""

from __future__ import annotations

import inspect
import itertools
import secrets
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from harness.errors import HarnessError, ProductError, UsageError
from harness.federation.authority import Authority
from harness.model.federation import Federation, Service
from harness.protocols import Driver, Drivers, Partner, ServicePlan, ServiceSpec

V = TypeVar("V")
Addresses = Callable[[str, str, str], tuple[str, ...]]
"""Returns the addresses of a host, given agency, service key and role."""


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


@dataclass(frozen=True)
class Planned:
    """A service that is to be started: its plan, and its processes in their order of start."""

    agency: str
    key: str
    driver: Driver
    plan: ServicePlan
    specs: Sequence[ServiceSpec]


def plan_services(
    federation: Federation, drivers: Drivers, authority: Authority, addresses: Addresses
) -> Iterator[Planned]:
    """Plan every service of a federation, in file order.

    Raises:
        UsageError: a driver refused what the federation file says; ``where`` is the key path.
        ProductError: a driver is defective, or its roles cannot be put in an order.
    """
    for agency, key, service in services_of(federation):
        yield _planned(federation, drivers, authority, addresses, agency, key, service)


def services_of(federation: Federation) -> Iterator[tuple[str, str, Service]]:
    """Yield agency, key and entry of every service, in file order."""
    for agency, entry in federation.agencies.items():
        for key, service in entry.services.items():
            yield agency, key, service


def mistakes(federation: Federation, drivers: Drivers) -> list[UsageError]:
    """Ask every driver what it would run, before anything is made, and return what it refused.

    ``Driver.services`` is pure, so addresses of documentation (RFC 5737, RFC 3849), an
    authority that is thrown away and a secret of nobody's do as well as the run's own.

    Raises:
        ProductError: a driver is defective.
    """
    numbers = itertools.count(1)
    authority = Authority()

    def addresses(agency: str, key: str, role: str) -> tuple[str, ...]:
        number = next(numbers)
        return (f"192.0.2.{number % 254 + 1}", f"2001:db8::{number:x}")

    found = []
    for agency, key, service in services_of(federation):
        try:
            _planned(federation, drivers, authority, addresses, agency, key, service)
        except UsageError as error:
            found.append(error)
    return found


def _planned(
    federation: Federation,
    drivers: Drivers,
    authority: Authority,
    addresses: Addresses,
    agency: str,
    key: str,
    service: Service,
) -> Planned:
    driver, entry = drivers.get(service.product), federation.agencies[agency]
    certificate = authority.issue(entry.domain)
    plan = ServicePlan(
        agency=agency,
        domain=entry.domain,
        key=key,
        service=service,
        addresses=ByRole(lambda role: addresses(agency, key, role)),
        partners=tuple(
            Partner(name, federation.agencies[name].domain) for name in federation.partners(agency)
        ),
        certificates=ByRole(lambda role: certificate),
        ca=authority.pem,
        secret=secrets.token_hex(24),
    )
    return Planned(agency, key, driver, plan, in_order(specs_of(driver, plan)))


def specs_of(driver: Driver, plan: ServicePlan) -> list[ServiceSpec]:
    """Return what a driver answers to a plan.

    Raises:
        UsageError: it refused the plan; ``where`` is the service's key path or below it.
        ProductError: it failed in another way, or did not answer with specifications.
    """
    where = f"agencies.{plan.agency}.services.{plan.key}"
    try:
        specs = list(driver.services(plan))
    except UsageError as error:
        if error.where.startswith(where):
            raise
        what = f"{error.where}: {error.what}" if error.where else error.what
        raise UsageError(what, where=where, cure=error.cure, detail=error.detail) from error
    except HarnessError:
        raise
    except Exception as error:
        raise _defect(driver, where, f"{type(error).__name__}: {error}", _place(driver, error)) from error
    if not specs or not all(isinstance(spec, ServiceSpec) for spec in specs):
        raise _defect(driver, where, "it does not return a list of at least one ServiceSpec", "")
    return specs


def _defect(driver: Driver, where: str, what: str, line: str) -> ProductError:
    place = f" ({line})" if line else ""
    return ProductError(
        f"the driver of {driver.product} has a defect: {what}{place}",
        where=where,
        cure="mend `services` of the driver: it is pure, and says UsageError to what the file may not say",
    )


def _place(driver: Driver, error: BaseException) -> str:
    """Return the line of the driver's own file that led to the error."""
    own = inspect.getsourcefile(type(driver))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == own]
    return f"{own}:{frames[-1].lineno}" if frames else ""


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
