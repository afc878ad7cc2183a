"""The outer half of a run: prepare on the host, work within the world, finish on the host.

Whatever happens within, the outer half still writes what can be said about it: a run
that was interrupted leaves a readable result that says it is incomplete.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from harness import plugin
from harness.drivers.registry import DriverRegistry
from harness.errors import CannotRun, HarnessError, UsageError
from harness.plugin.refusal import refuse_parallel
from harness.plugin.runtimes import begin_imports, require_runtime
from harness.plugin.setup import RunSetup, load_federation, prepare, refuse_mistakes, used_products
from harness.runtimes import packages
from harness.runtimes.embedded.enter import enter

_INTERRUPTED = 130


@dataclass(frozen=True)
class Request:
    """What somebody asked for.

    Args:
        federation: the federation file.
        runtime: the runtime's name.
        out: the folder that run folders go to.
        lang: language of progress and of the last lines.
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


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Args:
        status: the exit status.
        final: somebody interrupted it, or it was refused: there is no sense in another.
    """

    status: int
    final: bool = False


def run(request: Request) -> Ended:
    """Run once and say how it ended; prints the last lines.

    Raises:
        HarnessError: the run could not be prepared; nothing was started.
    """
    refuse_parallel(request.pytest_arguments)
    setup = _prepared(request)
    status = enter(lambda: _within(setup, request.pytest_arguments))
    if not setup.folder.path.exists():
        return Ended(_not_begun(status), final=True)
    from harness.plugin.finish import finish

    could_not_run = CannotRun.exit_status if status == plugin.COULD_NOT_RUN else None
    chosen = finish(setup.folder, lang=request.lang, status=could_not_run)
    return Ended(chosen, final=status == plugin.INTERRUPTED)


def prepare_run(request: Request) -> RunSetup:
    """Read the federation file, install what is missing, make the run folder.

    Raises:
        HarnessError: something is wrong or missing; nothing was started.
    """
    setup = _prepared(request)
    setup.make_folder(setup.inputs)
    return setup


def _prepared(request: Request) -> RunSetup:
    require_runtime(request.runtime)
    drivers = DriverRegistry()
    for folder in request.drivers:
        drivers.add_folder(folder)
    federation = load_federation(request.federation, drivers)
    refuse_mistakes(request.federation, federation, drivers)
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
        lang=request.lang,
    )


def _not_begun(status: int) -> int:
    """Return the exit status where there was nothing to finish; `pytest --help` ends well."""
    known = {0: 0, plugin.REFUSED: UsageError.exit_status, plugin.INTERRUPTED: _INTERRUPTED}
    interrupted = {_INTERRUPTED: _INTERRUPTED, 128 + signal.SIGTERM: _INTERRUPTED}
    return (known | interrupted).get(status, CannotRun.exit_status)


def _within(setup: RunSetup, arguments: tuple[str, ...]) -> int:
    # A product takes longest to import, so that begins before pytest and all else is loaded.
    try:
        begin_imports(setup)
    except HarnessError as error:
        sys.stderr.write(f"fedharness: {error}\n")
        return plugin.COULD_NOT_RUN
    from harness.plugin.inner import work

    return work(setup, arguments)
