"""What a run needs to know before it enters the world."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from harness import data
from harness.drivers.registry import DriverRegistry
from harness.model.federation import Federation
from harness.model.inputs import Inputs, ProductInfo, RunInputs
from harness.protocols import Double
from harness.store.run_folder import RunFolder, new_run_id
from harness.topology import load

BLIND_SPOTS = (
    "mobile_apps",
    "hardware",
    "contracts",
    "support_access",
    "inside_partner_flows",
    "memory",
    "deleted_open",
)


@dataclass(frozen=True)
class RunSetup:
    """One run, prepared: its folder exists, its products are known.

    Args:
        inputs: what the run was given; `selected` is filled in after collection.
        folder: where its evidence goes.
        drivers: the drivers of its products.
        runtime: the runtime's name.
        quiet: own progress instead of pytest's terminal output.
        plain: plain lines even on a terminal.
        fork: fork services of one version from one import, where their driver can.
    """

    inputs: Inputs
    folder: RunFolder
    drivers: DriverRegistry
    runtime: str
    quiet: bool
    plain: bool = False
    fork: bool = True


def load_federation(path: Path, drivers: DriverRegistry) -> Federation:
    """Read a federation file.

    Raises:
        FederationFileError: it is wrong; says every place.
    """
    products: Mapping[str, Collection[str]] = drivers.products()
    return load(path, products, [question.id for question in data.questions().questions])


def prepare(
    federation: Federation,
    drivers: DriverRegistry,
    *,
    runtime: str,
    suite: str,
    out: Path,
    quiet: bool,
    plain: bool = False,
    fork: bool = True,
    number: int = 1,
    of: int = 1,
) -> RunSetup:
    """Make the run folder and write down what the run is given."""
    started = time.time()
    inputs = Inputs(
        run=RunInputs(
            id=new_run_id(federation.name, started),
            started=started,
            harness_version=version("fedharness"),
            runtime=runtime,
            suite=suite,
            number=number,
            of=of,
            timezone="UTC",
            products=_products(federation, drivers),
            versions={
                **_versions(),
                "processes": "forked where several share a version" if fork else "plain",
            },
            blind=BLIND_SPOTS,
        ),
        federation=federation,
        questions=data.questions(),
        destinations=data.destinations(),
    )
    folder = RunFolder.create(out, inputs.run.id, inputs)
    return RunSetup(inputs, folder, drivers, runtime, quiet=quiet, plain=plain, fork=fork)


def used_products(federation: Federation) -> list[tuple[str, str]]:
    """Return each product and version that the federation runs, once, in file order."""
    services = [service for agency in federation.agencies.values() for service in agency.services.values()]
    return list(dict.fromkeys((service.product, service.version) for service in services))


def _products(federation: Federation, drivers: DriverRegistry) -> dict[str, ProductInfo]:
    found = {}
    for product, _ in used_products(federation):
        driver = drivers.get(product)
        double = isinstance(driver, Double) and driver.test_double
        found[product] = ProductInfo(functions=tuple(sorted(driver.functions)), test_double=double)
    return found


def _versions() -> dict[str, str]:
    return {
        "fedharness": version("fedharness"),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "system": _system(),
        "nft": _tool_version("nft", "--version"),
        "bubblewrap": _tool_version("bwrap", "--version"),
    }


def _system() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", sys.platform)
    except OSError:
        return sys.platform


def _tool_version(tool: str, option: str) -> str:
    path = shutil.which(tool, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if path is None:
        return "not found"
    output = subprocess.run([path, option], capture_output=True, text=True, check=False).stdout
    return output.strip().split("\n")[0][:80]
