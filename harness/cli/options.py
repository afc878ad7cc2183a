"""What somebody asked for on the command line, as the commands' inner work takes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

RUNS = Path("results/runs")
"""Where run folders go, from the working folder."""


@dataclass(frozen=True)
class RunOptions:
    """``fedharness run``.

    Args:
        suite: name of a suite, such as ``poc``, ``smoke``, ``nightly`` or ``chat``.
        federation: the federation file; ``None`` for the suite's own.
        runtime: the runtime's name.
        out: the folder that run folders are written to.
        repeat: how often, one run folder each.
        keyword: pytest's ``-k`` expression; "" for all.
        lang: language of the last lines and of the report at first sight, ``en`` or ``sv``.
        plain: plain lines even on a terminal.
        drivers: folders with further drivers.
        scenarios: files and folders of scenarios in the place of the suite's own.
        pytest_args: handed to pytest as they are, after the harness's own.
        fork: fork services of one version from one import, where their driver can.
    """

    suite: str = "poc"
    federation: Path | None = None
    runtime: str = "embedded"
    out: Path = RUNS
    repeat: int = 1
    keyword: str = ""
    lang: str = "en"
    plain: bool = False
    drivers: tuple[Path, ...] = ()
    scenarios: tuple[Path, ...] = ()
    pytest_args: tuple[str, ...] = ()
    fork: bool = True


@dataclass(frozen=True)
class UpOptions:
    """``fedharness up``; the fields mean what they mean for a run."""

    federation: Path | None = None
    runtime: str = "embedded"
    out: Path = RUNS
    lang: str = "en"
    plain: bool = False
    drivers: tuple[Path, ...] = ()
    fork: bool = True
