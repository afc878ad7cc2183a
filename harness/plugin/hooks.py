"""What pytest calls: the options, what a run cannot have, and where the world is entered."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from harness.errors import HarnessError
    from harness.plugin.session import SessionPlugin

_ENDED_BY_HAND = 130
_session: SessionPlugin | None = None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of a run."""
    group = parser.getgroup("fedharness", "federation scenarios")
    group.addoption("--federation", type=Path, metavar="FILE", help="federation file to bring up")
    group.addoption("--fedharness-runtime", default="embedded", metavar="NAME", help="runtime (embedded)")
    group.addoption(
        "--fedharness-out", type=Path, default=Path("results/runs"), metavar="DIR", help="where runs go"
    )
    group.addoption(
        "--fedharness-lang", default="en", choices=("en", "sv"), help="language of progress and last lines"
    )
    group.addoption(
        "--fedharness-drivers",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a folder with further drivers; may be repeated",
    )


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, object, object]:
    """Refuse what a run cannot have, before pytest says in its own way what it does not know."""
    option = early_config.known_args_namespace
    if _session is None and (option.federation is None or option.help):
        return (yield)
    from harness.errors import HarnessError
    from harness.plugin.collection import conftest_failure, unreadable
    from harness.plugin.refusal import refuse_parallel, refuse_unknown

    try:
        refuse_parallel(args)
        done = yield
        refuse_unknown(parser.parse_known_and_unknown_args(args)[1])
    except HarnessError as error:
        _refuse(error)
    except Exception as error:
        failure = conftest_failure(error)
        if failure is None:
            raise
        _refuse(unreadable(*failure))
    return done


def _refuse(error: HarnessError) -> NoReturn:
    """End with the run's own exit status; within the world, tell the process outside."""
    if _session is not None:
        raise pytest.UsageError(str(error)) from None
    sys.stderr.write(f"fedharness: {error}\n")
    raise SystemExit(error.exit_status) from None


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and, within a run, the fixtures."""
    config.addinivalue_line("markers", "question(id): the question of the catalogue that it answers")
    if _session is not None:
        from harness.plugin import fixtures
        from harness.plugin.session import SESSION

        config.stash[SESSION] = _session
        config.pluginmanager.register(_session, "fedharness-session")
        config.pluginmanager.register(fixtures, "fedharness-fixtures")
    if _session is not None or config.option.federation is not None or _names_scenarios(config):
        # pytest-asyncio warns where its setting is absent; every fixture of a run names its loop.
        unset = ".*asyncio_default_fixture_loop_scope"
        warnings.filterwarnings("ignore", unset, pytest.PytestDeprecationWarning)


def _names_scenarios(config: pytest.Config) -> bool:
    """Say whether a file that this call is about uses the harness; nothing is imported for that."""
    if not config.pluginmanager.hasplugin("asyncio") or config.getini("asyncio_default_fixture_loop_scope"):
        return False
    for argument in config.option.file_or_dir or ["."]:
        place = Path(argument.split("::")[0])
        files = [place] if place.is_file() else [*place.glob("test_*.py"), *place.glob("*/test_*.py")]
        if any(_uses_harness(file) for file in files):
            return True
    return False


def _uses_harness(file: Path) -> bool:
    try:
        return b"from harness import" in file.read_bytes()
    except OSError:
        return False


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Enter the world before anything is collected, and finish the run afterwards."""
    if _session is not None or config.option.federation is None:
        return None
    from harness.errors import HarnessError
    from harness.plugin.outer import Request, run

    capturing = config.pluginmanager.getplugin("capturemanager")
    if capturing is not None:
        # The pytest within captures by itself, and a debugger there needs the terminal.
        capturing.suspend_global_capture(in_=True)
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
        return run(request).status
    except HarnessError as error:
        sys.stderr.write(f"fedharness: {error}\n")
        return error.exit_status
    except KeyboardInterrupt:
        sys.stderr.write("fedharness: interrupted\n")
        return _ENDED_BY_HAND


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse scenarios that no federation was given for; other tests are none of our affair."""
    if _session is None and not config.option.collectonly:
        from harness.plugin.collection import refuse_without_federation

        refuse_without_federation(items)


def work_in(session: SessionPlugin) -> None:
    """Tell the plugin which run this process works for; called once, within the world."""
    global _session
    _session = session
