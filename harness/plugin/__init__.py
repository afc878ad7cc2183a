"""The pytest plugin: scenarios run as plain pytest files, inside the world of a run.

``pytest scenarios/ --federation FILE`` is enough. Without ``--federation`` the plugin
does nothing, so that any other test suite may have it installed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness.plugin.setup import RunSetup

_setup: RunSetup | None = None
COULD_NOT_RUN = 44
"""pytest's exit status where the federation could not be brought up; its own are 0 to 5."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of a run."""
    group = parser.getgroup("fedharness", "federation scenarios")
    group.addoption("--federation", type=Path, metavar="FILE", help="federation file to bring up")
    group.addoption("--fedharness-runtime", default="embedded", metavar="NAME", help="runtime (embedded)")
    group.addoption(
        "--fedharness-out", type=Path, default=Path("results/runs"), metavar="DIR", help="where runs go"
    )
    group.addoption(
        "--fedharness-lang", default="en", choices=("en", "sv"), help="language of the last lines"
    )
    group.addoption(
        "--fedharness-drivers",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a folder with further drivers; may be repeated",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and, within a run, the fixtures."""
    config.addinivalue_line("markers", "question(id): the question of the catalogue that it answers")
    if _setup is not None:
        from harness.plugin import fixtures
        from harness.plugin.session import SESSION, SessionPlugin

        config.stash[SESSION] = SessionPlugin(_setup)
        config.pluginmanager.register(config.stash[SESSION], "fedharness-session")
        config.pluginmanager.register(fixtures, "fedharness-fixtures")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Enter the world before anything is collected, and finish the run afterwards."""
    if _setup is not None or config.option.federation is None:
        return None
    from harness.errors import HarnessError
    from harness.plugin.outer import Request, run

    request = Request(
        federation=config.option.federation,
        runtime=config.option.fedharness_runtime,
        out=config.option.fedharness_out,
        lang=config.option.fedharness_lang,
        suite="pytest",
        drivers=tuple(config.option.fedharness_drivers),
        pytest_arguments=tuple(str(argument) for argument in config.invocation_params.args),
    )
    try:
        return run(request)
    except HarnessError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let the exit status say that the federation could not be brought up."""
    if _setup is not None:
        from harness.plugin.session import SESSION

        if session.config.stash[SESSION].could_not_run:
            session.exitstatus = COULD_NOT_RUN


def work_in(setup: RunSetup) -> None:
    """Tell the plugin which run this process works for; called once, within the world."""
    global _setup
    _setup = setup
