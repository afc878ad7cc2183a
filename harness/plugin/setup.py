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
from harness.errors import FederationFileError, HarnessError, UsageError
from harness.federation.planning import mistakes
from harness.model.federation import Federation
from harness.model.inputs import DestinationCatalogue, DestinationEntry, Inputs, ProductInfo, RunInputs
from harness.products import CallsHome, load_product
from harness.protocols import Double
from harness.store.run_folder import RunFolder, new_run_id
from harness.topology import load
from harness.topology.located import Located, read_yaml

BLIND_SPOTS = (
    "mobile_apps",
    "hardware",
    "contracts",
    "support_access",
    "inside_partner_flows",
    "memory",
    "deleted_open",
)
BY_HAND = "up"
"""The suite's name where a person uses the federation, from a browser or client on the host."""
BLIND_BY_HAND = ("host_browser",)


@dataclass(frozen=True)
class RunSetup:
    """One run, prepared: its products are known and installed.

    Args:
        inputs: what the run was given; `selected` is filled in after collection.
        folder: where its evidence goes; it is not there before `make_folder`.
        drivers: the drivers of its products.
        runtime: the runtime's name.
        quiet: own progress instead of pytest's terminal output.
        plain: plain lines even on a terminal.
        fork: fork services of one version from one import, where their driver can.
        lang: language of what a person sees meanwhile.
    """

    inputs: Inputs
    folder: RunFolder
    drivers: DriverRegistry
    runtime: str
    quiet: bool
    plain: bool = False
    fork: bool = True
    lang: str = "en"

    def make_folder(self, inputs: Inputs) -> None:
        """Make the run folder, when it is certain that there is something to run.

        Args:
            inputs: what the run was given, with what it set out to answer.

        Raises:
            EvidenceError: it cannot be written.
        """
        RunFolder.create(self.folder.path.parent, inputs.run.id, inputs)


def load_federation(path: Path, drivers: DriverRegistry) -> Federation:
    """Read a federation file.

    Raises:
        FederationFileError: it is wrong; says every place.
    """
    products: Mapping[str, Collection[str]] = drivers.products()
    return load(path, products, [question.id for question in data.questions().questions])


def refuse_mistakes(path: Path, federation: Federation, drivers: DriverRegistry) -> None:
    """Have every driver look at its services, before anything is installed or made.

    Raises:
        FederationFileError: a driver refused something; says every place of the file.
        ProductError: a driver is defective.
    """
    problems = mistakes(federation, drivers)
    if problems:
        located = read_yaml(path.read_text(encoding="utf-8-sig"))
        raise FederationFileError([_placed(path, located, problem) for problem in problems])


def _placed(path: Path, located: Located, problem: UsageError) -> HarnessError:
    line = located.line(tuple(problem.where.split(".")))
    return UsageError(
        problem.what,
        where=f"{path}:{line}: {problem.where}",
        cure=problem.cure,
        detail=problem.detail,
    )


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
    lang: str = "en",
) -> RunSetup:
    """Put together what the run is given; nothing is written yet."""
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
            blind=(*BLIND_SPOTS, *(BLIND_BY_HAND if suite == BY_HAND else ())),
        ),
        federation=federation,
        questions=data.questions(),
        destinations=with_products(data.destinations(), federation),
    )
    folder = RunFolder(out / inputs.run.id)
    return RunSetup(inputs, folder, drivers, runtime, quiet=quiet, plain=plain, fork=fork, lang=lang)


def used_products(federation: Federation) -> list[tuple[str, str]]:
    """Return each product and version that the federation runs, once, in file order."""
    services = [service for agency in federation.agencies.values() for service in agency.services.values()]
    return list(dict.fromkeys((service.product, service.version) for service in services))


def with_products(catalogue: DestinationCatalogue, federation: Federation) -> DestinationCatalogue:
    """Return the catalogue with what the ``product.yaml`` of each used product adds by its id.

    What ships with the harness stays as it is: it is dated as a whole.
    """
    known = {entry.id for entry in catalogue.entries}
    calls = [
        (product, call)
        for product in dict(used_products(federation))
        for call in load_product(product).calls_home
        if call.id not in known
    ]
    added = tuple(_destination(product, call) for product, call in calls)
    return catalogue.model_copy(update={"entries": (*catalogue.entries, *added)})


def _destination(product: str, call: CallsHome) -> DestinationEntry:
    shared = call.model_dump(include=set(DestinationEntry.model_fields))
    return DestinationEntry(**shared, product=product)


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
