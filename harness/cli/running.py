"""``fedharness run`` and ``fedharness up``: their options; the inner work lies beside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.console import Lang, Plain
from harness.cli.options import RUNS, RunOptions, UpOptions

SUITES = ("smoke", "chat", "nightly", "poc")
RUNTIMES = ("embedded",)
"""Written out for the help text, which has to come at once; a test holds both to what there is."""

_FILE = ("--federation", "-f")
_Federation = Annotated[Path | None, typer.Option(*_FILE, help="Federation file. Default: the suite's own.")]
_UpFederation = Annotated[
    Path | None, typer.Option(*_FILE, help="Federation file. Default: the three agencies of the suite poc.")
]
_Runtime = Annotated[
    str, typer.Option("--runtime", help=f"What brings hosts and services to life: {', '.join(RUNTIMES)}.")
]
_Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for run folders.")]
_Drivers = Annotated[
    list[Path] | None, typer.Option("--drivers", help="A folder with further drivers; may be repeated.")
]

_Fork = Annotated[
    bool, typer.Option("--fork/--no-fork", help="Fork services of one version from one import, or not.")
]


def run(
    suite: Annotated[str, typer.Option("--suite", "-s", help=f"One of: {', '.join(SUITES)}.")] = "poc",
    federation: _Federation = None,
    runtime: _Runtime = "embedded",
    out: _Out = RUNS,
    repeat: Annotated[int, typer.Option("--repeat", "-n", min=1, help="How often.")] = 1,
    keyword: Annotated[str, typer.Option("-k", help="Only scenarios that this pytest expression fits.")] = "",
    lang: Lang = "en",
    plain: Plain = False,
    drivers: _Drivers = None,
    fork: _Fork = True,
    scenarios: Annotated[
        list[Path] | None,
        typer.Option("--scenarios", exists=True, help="Scenarios in place of the suite's; may be repeated."),
    ] = None,
    pytest_args: Annotated[
        list[str] | None,
        typer.Argument(metavar="-- PYTEST_ARGUMENTS", help="Handed to pytest."),
    ] = None,
) -> int:
    """Bring a federation up, put a suite's questions to it, and write verdicts and reports."""
    from harness.cli.run import run_command

    return run_command(
        RunOptions(
            suite=suite,
            federation=federation,
            runtime=runtime,
            out=out,
            repeat=repeat,
            keyword=keyword,
            lang=lang,
            plain=plain,
            drivers=tuple(drivers or ()),
            scenarios=tuple(scenarios or ()),
            pytest_args=tuple(pytest_args or ()),
            fork=fork,
        )
    )


def up(
    federation: _UpFederation = None,
    runtime: _Runtime = "embedded",
    out: _Out = RUNS,
    lang: Lang = "en",
    plain: Plain = False,
    drivers: _Drivers = None,
    fork: _Fork = True,
) -> int:
    """Bring a federation up and keep it, with addresses and accounts for use by hand."""
    from harness.cli.up import up_command

    return up_command(
        UpOptions(
            federation=federation,
            runtime=runtime,
            out=out,
            lang=lang,
            plain=plain,
            drivers=tuple(drivers or ()),
            fork=fork,
        )
    )
