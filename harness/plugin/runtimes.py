"""Which runtime a run uses."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.model.federation import Federation
from harness.protocols import Drivers, Forkable, Recorder
from harness.runtimes import packages
from harness.runtimes.embedded import importing

if TYPE_CHECKING:
    from harness.federation.opening import MakeRuntime
    from harness.plugin.setup import RunSetup
    from harness.runtimes.redact import Redactor

RUNTIMES = ("embedded",)


def require_runtime(name: str) -> None:
    """Refuse a runtime that does not exist.

    Raises:
        UsageError: names those that do.
    """
    if name not in RUNTIMES:
        raise UsageError(
            f"there is no runtime `{name}`", where="--runtime", cure=f"use one of: {', '.join(RUNTIMES)}"
        )


def runtime_maker(setup: RunSetup, recorder: Recorder, redactor: Redactor) -> MakeRuntime:
    """Return what makes the run's runtime, given the PEM text of the run's CA."""
    from harness.runtimes.embedded.runtime import EmbeddedRuntime

    require_runtime(setup.runtime)
    federation = setup.inputs.federation
    forked = forked_products(federation, setup.drivers) if setup.fork else {}
    return lambda ca: EmbeddedRuntime(federation, recorder, setup.folder.evidence, ca, redactor, forked)


def begin_imports(setup: RunSetup) -> None:
    """Begin to import the products that will be forked, within the world, before all else is loaded.

    Raises:
        ProductError: an environment has no interpreter.
    """
    if not setup.fork:
        return
    for (product, version), path in forked_products(setup.inputs.federation, setup.drivers).items():
        package = packages.installed(product, version)
        if package is not None:
            importing.begin_early(package, path.read_text(encoding="utf-8"), f"{product} {version}")


def forked_products(federation: Federation, drivers: Drivers) -> dict[tuple[str, str], Path]:
    """Return, by product and version, the file to import it by where forking saves an import.

    That is where several services run the same version and their driver is `Forkable`.
    """
    services = [service for agency in federation.agencies.values() for service in agency.services.values()]
    counts = Counter((service.product, service.version) for service in services)
    found = {}
    for (product, version), count in counts.items():
        driver = drivers.get(product)
        if count > 1 and isinstance(driver, Forkable):
            found[product, version] = driver.forked
    return found
