"""The inner work of ``fedharness run``: which file, which scenarios, how often."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from pydantic import TypeAdapter

from harness import plugin
from harness.cli.console import write
from harness.cli.options import RunOptions
from harness.errors import UsageError
from harness.model.base import Record
from harness.model.yaml_text import parse_yaml
from harness.paths import deploy_folder, scenarios_folder
from harness.plugin.outer import Request, run
from harness.reports.texts import Texts

_CONFIGURATION = Path(plugin.__file__).with_name("pytest.ini")


class Suite(Record):
    """A named choice of scenarios with the federation that they are written for."""

    federation: str
    scenarios: tuple[str, ...]


def suites() -> dict[str, Suite]:
    """Return every suite by name."""
    text = resources.files("harness.data").joinpath("suites.yaml").read_text("utf-8")
    return TypeAdapter(dict[str, Suite]).validate_python(parse_yaml(text))


def run_command(options: RunOptions) -> int:
    """Run a suite once or more and return the worst exit status, or that of the run that was interrupted.

    Raises:
        HarnessError: the run could not be prepared.
    """
    suite = _suite(options.suite)
    statuses = []
    for number in range(1, options.repeat + 1):
        if options.repeat > 1:
            write(Texts(options.lang).text("progress.run", number=number, of=options.repeat))
        ended = run(_request(options, suite, number))
        statuses.append(ended.status)
        if ended.final:
            return ended.status
    return max(statuses, key=_severity)


def _request(options: RunOptions, suite: Suite, number: int) -> Request:
    federation = options.federation or deploy_folder() / "federations" / suite.federation
    shipped = [scenarios_folder() / path for path in suite.scenarios]
    paths = [str(path) for path in options.scenarios or shipped]
    keyword = ("-k", options.keyword) if options.keyword else ()
    return Request(
        federation=federation,
        runtime=options.runtime,
        out=options.out,
        lang=options.lang,
        suite="own" if options.scenarios else options.suite,
        pytest_arguments=("-c", str(_CONFIGURATION), *keyword, *options.pytest_args, *paths),
        quiet=True,
        plain=options.plain,
        drivers=options.drivers,
        fork=options.fork,
        number=number,
        of=options.repeat,
    )


def _suite(name: str) -> Suite:
    known = suites()
    if name not in known:
        raise UsageError(
            f"there is no suite `{name}`", where="--suite", cure=f"use one of: {', '.join(known)}"
        )
    return known[name]


def _severity(status: int) -> int:
    return (0, 3, 1, 2, 4).index(status) if status in (0, 1, 2, 3, 4) else 5
