"""A program's result: printed as a table, and written as JSON beside the others."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.figures import Figure
from bench.machine import Machine, machine
from harness.model.base import Record

RESULTS = Path(__file__).parent / "results"
_WIDTH = 120


class Result(Record):
    """What one run of a program found.

    Args:
        program: the program's name.
        started: seconds since the epoch.
        seconds: how long the whole run took.
        repeat: how many rounds.
        load_after: one-minute load average at the end.
        notes: what a reader of the figures has to know.
    """

    program: str
    started: float
    seconds: float
    repeat: int
    machine: Machine
    load_after: float
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()


class Bench:
    """The frame of a program: its options, its clock, its output.

    Args:
        name: the program's name and that of its result.
        text: one line for ``--help``.
        repeat: rounds where ``--repeat`` is not given.
        flags: further options that are on or off, each with its line of help.
    """

    def __init__(self, name: str, text: str, *, repeat: int, flags: Mapping[str, str] | None = None) -> None:
        self._name = name
        parser = argparse.ArgumentParser(prog=f"python -m bench.{name}", description=text)
        parser.add_argument("--repeat", type=_positive, default=repeat, help=f"rounds; {repeat} by default")
        parser.add_argument("--out", type=Path, default=RESULTS / f"{name}.json", help="where to write")
        for flag, use in (flags or {}).items():
            parser.add_argument(f"--{flag}", action="store_true", help=use)
        self._arguments = parser.parse_args()
        # A table in a file is as wide as it needs to be.
        self._console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
        self._started = time.time()
        self._machine = machine()
        self.repeat: int = self._arguments.repeat

    def flag(self, name: str) -> bool:
        """Say whether an option of ``flags`` was given."""
        return bool(vars(self._arguments)[name])

    def say(self, text: str) -> None:
        """Print one line of progress, with the seconds since the start."""
        self._console.print(f"{time.time() - self._started:7.1f} s  {text}", markup=False, soft_wrap=True)

    def end(self, figures: Sequence[Figure], notes: Sequence[str] = ()) -> None:
        """Print the figures and write the result."""
        result = Result(
            program=self._name,
            started=self._started,
            seconds=round(time.time() - self._started, 1),
            repeat=self.repeat,
            machine=self._machine,
            load_after=machine().load,
            figures=tuple(figures),
            notes=tuple(notes),
        )
        self._console.print(_table(result))
        for note in notes:
            self._console.print(note, markup=False, soft_wrap=True)
        out: Path = self._arguments.out
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
        self._console.print(f"written: {out}", markup=False)


def _table(result: Result) -> Table:
    facts = result.machine
    title = f"{result.program}: {result.repeat} rounds, {facts.processors} processors, load {facts.load}"
    table = Table(title=title)
    for heading in ("figure", "median", "low", "high", "unit", "aim"):
        table.add_column(heading, justify="left" if heading in ("figure", "unit", "aim") else "right")
    for each in result.figures:
        numbers = map(number, (each.median, each.low, each.high))
        table.add_row(each.name, *numbers, each.unit, _aim(each))
    return table


def number(value: float) -> str:
    """Return a value as tables show it."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _aim(each: Figure) -> str:
    if each.aim is None:
        return ""
    sign = "≤" if each.at_most else "≥"
    return f"{sign} {each.aim:g} {'met' if each.met else 'missed'}"


def _positive(text: str) -> int:
    rounds = int(text)
    if rounds < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return rounds
