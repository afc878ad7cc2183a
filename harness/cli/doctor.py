"""``fedharness doctor``: what this machine can run, and the cure for what it cannot."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.console import Plain, console, write
from harness.cli.options import RUNS

if TYPE_CHECKING:
    from rich.table import Table

    from harness.doctor.probe import Outcome


def doctor(
    agencies: Annotated[int, typer.Option(min=1, max=200, help="Size of the run that is meant.")] = 3,
    out: Annotated[Path, typer.Option(help="Where run folders would go.")] = RUNS,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    plain: Plain = False,
) -> int:
    """Try all that a run needs of this machine; say what is lost without it, and the cure."""
    from harness.doctor.diagnose import can_run, diagnose
    from harness.doctor.probe import Question
    from harness.runtimes.packages import cache_folder

    cache = cache_folder().parent
    outcomes = diagnose(Question(agencies=agencies, cache=str(cache), results=str(out.absolute())))
    if as_json:
        write(json.dumps([outcome.model_dump() for outcome in outcomes], indent=2))
    elif plain or not sys.stdout.isatty():
        for outcome in outcomes:
            write_outcome(outcome)
    else:
        console().print(table(outcomes))
    if not as_json:
        write(summary(outcomes))
    return 0 if can_run(outcomes) else 4


def state(outcome: Outcome) -> str:
    """Return one word for an outcome: ``ok``, ``missing`` (needed) or ``absent`` (not needed)."""
    if outcome.there:
        return "ok"
    return "missing" if outcome.needed else "absent"


def write_outcome(outcome: Outcome) -> None:
    """Write an outcome as plain lines."""
    if outcome.there:
        write(f"{'ok':8} {outcome.name}{f' ({outcome.detail})' if outcome.detail else ''}")
        return
    write(f"{state(outcome):8} {outcome.name}: could not {outcome.step}: {outcome.detail}")
    write(f"{'':8}   lost: {outcome.lost}")
    if outcome.cure:
        write(f"{'':8}   cure: {outcome.cure}")


def table(outcomes: Sequence[Outcome]) -> Table:
    """Return the outcomes as a table for a terminal."""
    from rich.table import Table
    from rich.text import Text

    colours = {"ok": "green", "missing": "bold red", "absent": "yellow"}
    shown = Table(box=None, pad_edge=False, show_header=False)
    for outcome in outcomes:
        word = state(outcome)
        text = Text(outcome.detail)
        if not outcome.there:
            text = Text(f"could not {outcome.step}: {outcome.detail}\nlost: {outcome.lost}")
            text.append(f"\ncure: {outcome.cure}" if outcome.cure else "", style="bold")
        shown.add_row(Text(word, style=colours[word]), Text(outcome.name), text)
    return shown


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return the last line: what all of it means."""
    missing = [outcome.name for outcome in outcomes if state(outcome) == "missing"]
    absent = [outcome.name for outcome in outcomes if state(outcome) == "absent"]
    if missing:
        return f"this machine cannot run the embedded runtime: {', '.join(missing)} missing"
    if absent:
        return f"this machine can run the embedded runtime; without: {', '.join(absent)}"
    return "this machine can run everything"
