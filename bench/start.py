"""How long until a federation can be used, in units of one bare homeserver's own start.

Measured from the call of the installed ``fedharness run`` (a new process: its imports, the
federation file, the world, the services) by the run's own evidence, to two moments: when every
service is ready, and when the first message of one agency is seen at another by real clients,
for which two persons log in, make a room and join it. The denominator is `bench.bare`: the
same Synapse with the same configuration, started as a plain process with nothing around it,
until it answers. Every round starts each of them once, in a turning order; a ratio is formed
within its round. The world alone (borders, links, recorders, no product) is shown beside.
Services of one version are forked from one import of it, as is the command's default; with
``--plain`` federations of plain processes are started as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench.bare import bare_start
from bench.command import run_federation
from bench.federations import federation
from bench.figures import Figure, figure, ratios
from bench.inside import install
from bench.result import Bench
from bench.world import world

WORLDS = (2, 4)
SCENARIO = Path(__file__).parent / "scenarios" / "first_message.py"
_NOTE = (
    "ready: every service answers. first message: seen at the other agency by a client there; with one "
    "agency there is no other, so it is seen by its sender. Both from the call of the command on. the run's "
    "beginning: the command and pytest have been loaded, and the scenarios are known."
)


@dataclass(frozen=True)
class Row:
    """A federation that is started once a round.

    Args:
        agencies: how many.
        aim: at most so many bare starts.
        plain: each service a process of its own (``--no-fork``) instead of forked from one import.
    """

    agencies: int
    aim: float | None = None
    plain: bool = False

    @property
    def name(self) -> str:
        """What figures call it."""
        number = "1 agency" if self.agencies == 1 else f"{self.agencies} agencies"
        return f"{number}, plain processes" if self.plain else number


ROWS = (Row(1), Row(2, 1.2), Row(4, 1.7))
PLAIN_ROWS = (Row(2, plain=True), Row(4, plain=True))


@dataclass
class Seconds:
    """What was measured, one value a round: by moment, then by row."""

    bare: list[float] = field(default_factory=list)
    began: dict[Row, list[float]] = field(default_factory=lambda: defaultdict(list))
    ready: dict[Row, list[float]] = field(default_factory=lambda: defaultdict(list))
    message: dict[Row, list[float]] = field(default_factory=lambda: defaultdict(list))
    worlds: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    def start_bare(self) -> None:
        """Start one bare homeserver."""
        self.bare.append(bare_start())

    def start(self, row: Row) -> None:
        """Start a federation by the command."""
        options = ["--no-fork"] if row.plain else []
        run = run_federation(federation(row.agencies), SCENARIO, options)
        self.began[row].append(run.first("run", "start").ts - run.began)
        self.ready[row].append(run.first("scenario", outcome="started").ts - run.began)
        self.message[row].append(run.first("action", "first message").ts - run.began)

    def build(self, agencies: int) -> None:
        """Build a world alone."""
        cost = world(agencies)
        self.worlds[agencies].append(cost.entered + cost.up)


def measure(bench: Bench, rows: Sequence[Row]) -> Seconds:
    """Start everything once a round, each round beginning with another."""
    seconds = Seconds()
    turns: list[Callable[[], None]] = [
        seconds.start_bare,
        *(partial(seconds.start, row) for row in rows),
        *(partial(seconds.build, number) for number in WORLDS),
    ]
    bare_start()  # What the machine has never read it reads only once.
    for number in range(bench.repeat):
        place = number % len(turns)
        for turn in turns[place:] + turns[:place]:
            turn()
        ready = ", ".join(f"{row.name} {values[-1]:.2f} s" for row, values in seconds.ready.items())
        bench.say(f"round {number + 1}: bare {seconds.bare[-1]:.2f} s, ready: {ready}")
    return seconds


def figures(seconds: Seconds, rows: Sequence[Row]) -> list[Figure]:
    """Return the ratios first, then the seconds that they come from."""
    result = []
    for row in rows:
        for what, values in (("ready", seconds.ready), ("first message", seconds.message)):
            in_bare_starts = ratios(values[row], seconds.bare)
            result.append(figure(f"{row.name}: {what} / bare start", "ratio", in_bare_starts, aim=row.aim))
        own = [ready - began for ready, began in zip(seconds.ready[row], seconds.began[row], strict=True)]
        name = f"{row.name}: ready, from the run's beginning / bare start"
        result.append(figure(name, "ratio", ratios(own, seconds.bare)))
    result.append(figure("bare start", "s", seconds.bare))
    for row in rows:
        result += [
            figure(f"{row.name}: until the command began the run", "s", seconds.began[row]),
            figure(f"{row.name}: ready", "s", seconds.ready[row]),
            figure(f"{row.name}: first message", "s", seconds.message[row]),
        ]
    result += [figure(f"world alone, {number} agencies", "s", seconds.worlds[number]) for number in WORLDS]
    return result


def main() -> None:
    """Measure and write ``start.json``."""
    flags = {"plain": "also start every service as a process of its own"}
    bench = Bench("start", "seconds until a federation is ready, in bare starts", repeat=7, flags=flags)
    rows = (*ROWS, *PLAIN_ROWS) if bench.flag("plain") else ROWS
    install(federation(1))
    bench.end(figures(measure(bench, rows), rows), [_NOTE])


if __name__ == "__main__":
    main()
