"""The outer half of a run: prepare on the host, work within the world, finish on the host.

Whatever happens within, the outer half still writes what can be said about it: a run
that was interrupted leaves a readable result that says it is incomplete.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import plugin
from harness.drivers.registry import DriverRegistry
from harness.errors import CannotRun, UsageError
from harness.plugin.finish import finish
from harness.plugin.runtimes import require_runtime
from harness.plugin.setup import RunSetup, load_federation, prepare, used_products
from harness.runtimes import packages
from harness.runtimes.embedded.enter import enter

_NO_TESTS = 5


@dataclass(frozen=True)
class Request:
    """What somebody asked for.

    Args:
        federation: the federation file.
        runtime: the runtime's name.
        out: the folder that run folders go to.
        lang: language of the last lines.
        suite: name of the suite, for the record.
        pytest_arguments: scenario paths and options, as pytest takes them.
        quiet: own progress instead of pytest's terminal output.
        plain: plain lines even on a terminal.
        number, of: run k of n.
        drivers: folders with further drivers.
        fork: fork services of one version from one import, where their driver can.
    """

    federation: Path
    runtime: str = "embedded"
    out: Path = Path("results/runs")
    lang: str = "en"
    suite: str = ""
    pytest_arguments: tuple[str, ...] = ()
    quiet: bool = False
    plain: bool = False
    number: int = 1
    of: int = 1
    drivers: tuple[Path, ...] = ()
    fork: bool = True


def run(request: Request) -> int:
    """Run once and return the exit status; prints the last lines.

    Raises:
        HarnessError: the run could not be prepared; nothing was started.
    """
    setup = prepare_run(request)
    status = enter(lambda: _within(setup, request.pytest_arguments))
    could_not_run = CannotRun.exit_status if status == plugin.COULD_NOT_RUN else None
    chosen = finish(setup.folder, lang=request.lang, status=could_not_run)
    if status == _NO_TESTS:
        raise UsageError(
            "no scenario was selected", where="-k", cure="see `fedharness scenarios` for their names"
        )
    return chosen


def prepare_run(request: Request) -> RunSetup:
    """Read the federation file, install what is missing, make the run folder."""
    require_runtime(request.runtime)
    drivers = DriverRegistry()
    for folder in request.drivers:
        drivers.add_folder(folder)
    federation = load_federation(request.federation, drivers)
    for product, version in used_products(federation):
        asyncio.run(packages.ensure(product, version))
    return prepare(
        federation,
        drivers,
        runtime=request.runtime,
        suite=request.suite,
        out=request.out,
        quiet=request.quiet,
        plain=request.plain,
        fork=request.fork,
        number=request.number,
        of=request.of,
    )


def _within(setup: RunSetup, arguments: tuple[str, ...]) -> int:
    plugin.work_in(setup)
    return int(pytest.main(list(arguments)))
