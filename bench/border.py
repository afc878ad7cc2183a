"""What a border costs, and whether it lists everything at the highest rate there is.

Two parts, each described in its own module: `bench.rate` (connections as fast as the machine
makes them, listed against counted elsewhere) and `bench.load` (a stream at 1 Gbit/s with and
without a border on its way). The cost is one minus what arrived with borders by what arrived
without, pair by pair; its bound is the upper one-sided 95 % bound of the mean by bootstrap.
At a fixed load a machine with time to spare shows no cost, so pairs are also sent without a
limit, where every cycle counts: in the large segments of virtual links, and in packets of a
wire's size, of which there are many more for the same bytes.
"""

from __future__ import annotations

from typing import Any

from bench.figures import Figure, figure, upper_bound
from bench.load import pairs
from bench.rate import BEYOND, WITHIN, connections
from bench.result import Bench

_AIM = 0.05
_FIXED_PAIRS, _OTHER_PAIRS = 8, 3
"""Pairs of each kind for each round of the program."""
_MBIT = 8e-6
_NOTES = (
    f"within: 2 hosts open {WITHIN:,} connections each, each to an address of its own, which the ledgers "
    f"have room for; beyond: 1 host opens {BEYOND:,}, which its ledger has no room for.",
    "declared lost: frames that were dropped because no row could hold them; the run says so, and a "
    "verdict on it would be `unknown`. lost in silence: sent, but neither listed nor declared.",
    "without detail: connections in the ledger that have no record of their own in flows.jsonl.",
)
_LOADS = {
    "fixed": "1 Gbit/s",
    "flat_out": "no limit, segments up to 64 kB",
    "wire": "no limit, packets of 1.5 kB",
}
_COUNTS = {
    "undeclared": ("frames lost in silence", "frames"),
    "passed_difference": ("connections passed: listed against arrived, difference", "packets"),
    "far_difference": ("uplink: packets listed against its far end, difference", "packets"),
    "far_bytes_difference": ("uplink: bytes listed against its far end, difference", "bytes"),
}


def load_figures(kind: str, pairs_of_rates: list[list[float]]) -> list[Figure]:
    """Return the figures of one kind of load of `bench.load`."""
    name = _LOADS[kind]
    costs = [1 - through / past for through, past in pairs_of_rates]
    aim = _AIM if kind == "fixed" else None
    return [
        figure(f"{name}: cost, upper 95 % bound", "ratio", [upper_bound(costs)], aim=aim),
        figure(f"{name}: cost", "ratio", costs),
        figure(f"{name}: arrived with borders", "Mbit/s", [pair[0] * _MBIT for pair in pairs_of_rates]),
        figure(f"{name}: arrived without", "Mbit/s", [pair[1] * _MBIT for pair in pairs_of_rates]),
    ]


def rate_figures(part: str, rounds: list[dict[str, Any]]) -> list[Figure]:
    """Return the figures of one part of `bench.rate`, over all rounds."""

    def column(key: str) -> list[float]:
        return [float(each[part][key]) for each in rounds]

    return [
        figure(f"{part}: connections opened", "1/s", column("rate")),
        *(figure(f"{part}: {text}", unit, column(key), aim=0) for key, (text, unit) in _COUNTS.items()),
        figure(f"{part}: frames listed", "frames", column("listed")),
        figure(f"{part}: frames declared lost", "frames", column("declared")),
        figure(f"{part}: without detail", "connections", column("without_detail")),
    ]


def main() -> None:
    """Measure and write ``border.json``."""
    bench = Bench("border", "what a border costs, and whether it lists everything", repeat=3)
    rounds = []
    for number in range(bench.repeat):
        rounds.append(connections())
        bench.say(f"round {number + 1}: {rounds[-1]['within']['rate']:,.0f} connections a second")
    loads = pairs(_FIXED_PAIRS * bench.repeat, _OTHER_PAIRS * bench.repeat)
    bench.say(f"{len(loads['fixed'])} pairs at a fixed load")
    losses = sorted(
        {name for each in rounds for part in ("within", "beyond") for name in each[part]["losses"]}
    )
    figures = [each for kind in _LOADS for each in load_figures(kind, loads[kind])]
    figures += [each for part in ("within", "beyond") for each in rate_figures(part, rounds)]
    bench.end(figures, [*_NOTES, f"kinds of loss that were declared: {', '.join(losses) or 'none'}."])


if __name__ == "__main__":
    main()
